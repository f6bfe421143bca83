import { reject, type Rejection } from '@plinth/eventing';
import type { accountsMessages } from '@plinth/messages';
import {
  rpcMethod,
  type CellClient,
  type CommandAnswer,
  type QueryAnswer,
  type Sender,
} from '@plinth/runtime';

export type Sent = Readonly<{ name: string; request: Readonly<Record<string, unknown>>; sender: Sender }>;

type Request = Readonly<Record<string, unknown>>;

const fields = (value: object): Request => value as Request;

/**
 * Stands for the services of a cell: clients, accounts, orders and keys from tables, through the codecs of
 * the wire.
 */
export class FakeCell implements CellClient {
  readonly keys = new Map<string, accountsMessages.ApiKeyInfo>();
  /** Account to client. */
  readonly accounts = new Map<string, string>();
  /** Order or liquidation to account. */
  readonly orders = new Map<string, string>();
  readonly productOrders = new Map<string, string>();
  readonly liquidations = new Map<string, string>();
  readonly sent: Sent[] = [];
  readonly asked: Readonly<{ name: string; request: Request }>[] = [];
  /** Client to cell; what `PlaceClient` says, when `onPlaced` hears of it. */
  readonly placements = new Map<string, string>();
  onPlaced: ((clientId: string, cell: string) => Promise<bigint>) | undefined;
  /** Whether it says of accounts that it does not know them. */
  isOneOfSeveral = false;
  /** Rows of every list, one a page. */
  rows: readonly string[] = [];
  position = 1n;
  /** What every command, and every query of another kind than for ids, is answered with. */
  refuse: Rejection | undefined;
  /** Stands before every command and query, e.g. to throw or to wait. */
  before: (name: string, signal?: AbortSignal) => Promise<void> = async () => undefined;

  async command(name: string, request: unknown, sender: Sender): Promise<CommandAnswer> {
    const method = rpcMethod(name, 'command');
    const decoded = method.decodeRequest(method.encodeRequest(request)) as Request;
    await this.before(name);
    if (this.refuse !== undefined) return { status: 'rejected', rejection: this.refuse };
    this.sent.push({ name, request: decoded, sender });
    this.position += 1n;
    if (name === 'PlaceClient' && this.onPlaced !== undefined) this.position = await this.#place(decoded);
    return { status: 'accepted', position: this.position, id: 'done' };
  }

  async query(name: string, request: unknown, signal: AbortSignal): Promise<QueryAnswer> {
    const method = rpcMethod(name, 'query');
    const decoded = method.decodeRequest(method.encodeRequest(request)) as Request;
    await this.before(name, signal);
    this.asked.push({ name, request: decoded });
    const response = this.#answer(name, decoded);
    if ('kind' in response && response['kind'] === 'rejection')
      return { status: 'rejected', rejection: response as Rejection };
    const empty = method.decodeResponse(new Uint8Array()) as Request;
    return {
      status: 'answered',
      response: method.decodeResponse(method.encodeResponse({ ...empty, ...response })),
      position: this.position,
    };
  }

  async #place({ clientId, cell, cells }: Request): Promise<bigint> {
    const chosen = String(cell === '' ? (cells as readonly string[]).at(-1) : cell);
    this.placements.set(String(clientId), chosen);
    return (await this.onPlaced?.(String(clientId), chosen)) ?? this.position;
  }

  #answer(name: string, request: Request): Request {
    const missing = (code: string): Rejection => reject(code, `no such thing`, { reason: 'missing' });
    switch (name) {
      case 'GetApiKey':
        return fields(this.keys.get(String(request['keyId'])) ?? missing('API_KEY_UNKNOWN'));
      case 'GetClient': {
        const clientId = String(request['clientId']);
        const keys = [...this.keys.values()].filter((key) => key.clientId === clientId);
        const accountIds = [...this.accounts].flatMap(([id, owner]) => (owner === clientId ? [id] : []));
        return keys.length + accountIds.length === 0
          ? missing('CLIENT_UNKNOWN')
          : { clientId, keys, accountIds };
      }
      case 'GetPlacement': {
        const clientId = String(request['clientId']);
        return { clientId, cell: this.placements.get(clientId) ?? '' };
      }
      case 'GetAccount': {
        const accountId = String(request['accountId']);
        const known = this.accounts.has(accountId) || !this.isOneOfSeveral;
        return known ? { accountId } : missing('ACCOUNT_UNKNOWN');
      }
      case 'ListAccounts': {
        const place = Number(request['pageToken'] || 0);
        const accounts = this.rows.slice(place, place + 1).map((accountId) => ({
          ...{ accountId, clientId: '', name: '', subAccountIds: [] },
        }));
        return { accounts, nextPageToken: place + 1 < this.rows.length ? String(place + 1) : '' };
      }
      case 'GetOrder':
        return this.#belonging(this.orders, 'orderId', request) ?? missing('ORDER_UNKNOWN');
      case 'GetProductOrder':
        return this.#belonging(this.productOrders, 'orderId', request) ?? missing('ORDER_UNKNOWN');
      case 'GetLiquidation':
        return this.#belonging(this.liquidations, 'liquidationId', request) ?? missing('LIQUIDATION_UNKNOWN');
      default:
        if (this.refuse !== undefined) return this.refuse;
        return 'accountId' in request ? { accountId: request['accountId'] } : {};
    }
  }

  #belonging(table: ReadonlyMap<string, string>, field: string, request: Request): Request | undefined {
    const accountId = table.get(String(request[field]));
    return accountId === undefined ? undefined : { [field]: request[field], accountId };
  }
}
