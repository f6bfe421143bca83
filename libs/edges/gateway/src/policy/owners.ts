import type { accountsMessages, liquidationMessages, routingMessages } from '@plinth/messages';
import type { CellClient } from '@plinth/runtime';
import { BoundedMap } from '../bounded-map.ts';
import type { Cells } from '../cells/cells.ts';
import { LIMITS } from '../limits.ts';

type Kind = 'order' | 'product-order' | 'liquidation';

/**
 * Whose an id is. A client's accounts are asked for by the client, never by the account, so that the question
 * and the time it takes are the same for a foreign account and for one that does not exist. What is a
 * client's own stays so.
 */
export class Owners {
  readonly #cells: Cells;
  readonly #accounts = new BoundedMap<string, ReadonlySet<string>>(LIMITS.cachedClientsMax);
  readonly #own = new BoundedMap<string, true>(LIMITS.cachedOwnersMax);

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  /** Accounts of a client as of `minPosition` at least. */
  async accountsOf(clientId: string, minPosition: bigint, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const answer = await this.#cells
      .ofClient(clientId)
      .client.query('GetClient', { clientId, read: { minPosition } }, signal);
    const ids =
      answer.status === 'answered' ? (answer.response as accountsMessages.ClientInfo).accountIds : [];
    const accounts = new Set(ids);
    this.#accounts.set(clientId, accounts);
    return accounts;
  }

  async ownsAccount(
    clientId: string,
    accountId: string,
    minPosition: bigint,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.#accounts.get(clientId)?.has(accountId) === true) return true;
    return (await this.accountsOf(clientId, minPosition, signal)).has(accountId);
  }

  /** Of an order or a liquidation: the owner of the account that it belongs to. */
  async owns(
    clientId: string,
    kind: Kind,
    id: string,
    minPosition: bigint,
    signal: AbortSignal,
  ): Promise<boolean> {
    const name = `${clientId} ${kind} ${id}`;
    if (this.#own.get(name) === true) return true;
    const accountId = await this.#accountOf(
      this.#cells.ofClient(clientId).client,
      kind,
      id,
      minPosition,
      signal,
    );
    const isOwn = await this.ownsAccount(clientId, accountId ?? '', minPosition, signal);
    if (isOwn) this.#own.set(name, true);
    return isOwn;
  }

  async #accountOf(
    cell: CellClient,
    kind: Kind,
    id: string,
    minPosition: bigint,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const read = { minPosition };
    switch (kind) {
      case 'order': {
        const answer = await cell.query('GetOrder', { orderId: id, read }, signal);
        if (answer.status === 'rejected') return undefined;
        return (answer.response as routingMessages.OrderInfo).accountId;
      }
      case 'product-order': {
        const answer = await cell.query('GetProductOrder', { orderId: id, read }, signal);
        if (answer.status === 'rejected') return undefined;
        return (answer.response as routingMessages.ProductOrderInfo).accountId;
      }
      case 'liquidation': {
        const answer = await cell.query('GetLiquidation', { liquidationId: id, read }, signal);
        if (answer.status === 'rejected') return undefined;
        return (answer.response as liquidationMessages.LiquidationInfo).accountId;
      }
    }
  }
}
