import { refill, type Envelope, type Fold, type Instant } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';

/** A transfer that left this cell for another one. */
export type Transfer = Readonly<{
  sent: EventData<'TransferSent'>;
  position: bigint;
  sentAtMs: Instant;
}>;

export type EndedTransfer = Transfer &
  Readonly<{ outcome: 'delivered' | 'returned'; endedAtMs: Instant; code: string; reason: string }>;

const keyOf = (accountId: string, transferId: string): string => `${accountId} ${transferId}`;

/**
 * Transfers to other cells: those in flight, and the latest that have ended; and how far the log of each
 * other cell has been taken over.
 */
export class TransfersView implements Fold {
  readonly name = 'accounts-transfers';
  readonly revision = 1;
  readonly #inFlight = new Map<string, Transfer>();
  /** In the order of their ends. */
  readonly #ended = new Map<string, EndedTransfer>();
  /** By cell. */
  readonly #through = new Map<string, bigint>();

  apply(event: Envelope): void {
    switch (event.type) {
      case 'TransferSent': {
        const { data: sent, position, occurredAt: sentAtMs } = event;
        if (sent.toCell === '') return;
        this.#inFlight.set(keyOf(sent.accountId, sent.transferId), { sent, position, sentAtMs });
        return;
      }
      case 'TransferReturned':
        return this.#explain(event.data);
      case 'TransferAcknowledged':
        return this.#end(event.data, event.occurredAt);
      case 'TransferArrived':
      case 'TransferDeclined':
        this.#through.set(event.data.fromCell, event.data.sourcePosition);
        return;
      default:
        return;
    }
  }

  /** Transfers of the account, or of all, in the order in which they left. */
  *all(accountId = ''): Iterable<Transfer | EndedTransfer> {
    for (const transfers of [this.#ended, this.#inFlight]) {
      for (const one of transfers.values())
        if (accountId === '' || one.sent.accountId === accountId) yield one;
    }
  }

  inFlight(accountId: string, transferId: string): Transfer | undefined {
    return this.#inFlight.get(keyOf(accountId, transferId));
  }

  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /** Place in another cell's log up to which everything that concerns this cell has been taken over. */
  through(cell: string): bigint {
    return this.#through.get(cell) ?? 0n;
  }

  #end(data: EventData<'TransferAcknowledged'>, endedAtMs: Instant): void {
    const { toCell, sourcePosition, accountId, transferId, outcome } = data;
    this.#through.set(toCell, sourcePosition);
    const key = keyOf(accountId, transferId);
    const transfer = this.#inFlight.get(key);
    assert(transfer !== undefined, () => `Expected transfer ${transferId} of ${accountId} to be in flight`);
    this.#inFlight.delete(key);
    const end = { outcome: outcome as EndedTransfer['outcome'], endedAtMs, code: '', reason: '' };
    this.#ended.set(key, { ...transfer, ...end });
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= LIMITS.endedTransfersMax) break;
      this.#ended.delete(oldest);
    }
  }

  /** Comes in the same append as the end of the transfer, behind it. */
  #explain({ accountId, transferId, code, reason }: EventData<'TransferReturned'>): void {
    const key = keyOf(accountId, transferId);
    const ended = this.#ended.get(key);
    assert(ended !== undefined, () => `Expected transfer ${transferId} of ${accountId} to have ended`);
    this.#ended.set(key, { ...ended, code, reason });
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const [cell, position] of this.#through) yield [`through:${cell}`, fields(position)];
    for (const [key, { sent, position, sentAtMs }] of this.#inFlight)
      yield [`in-flight:${key}`, fields(sent.toCell, sent.asset, sent.amount, position, sentAtMs)];
    for (const [key, { position, outcome, endedAtMs, code, reason }] of this.#ended)
      yield [`ended:${key}`, fields(position, outcome, endedAtMs, code, reason)];
  }

  dump() {
    return {
      inFlight: this.#inFlight,
      ended: this.#ended,
      through: this.#through,
    };
  }

  load(state: ReturnType<TransfersView['dump']>): void {
    refill(this.#inFlight, state.inFlight);
    refill(this.#ended, state.ended);
    refill(this.#through, state.through);
  }

  reset(): void {
    this.#inFlight.clear();
    this.#ended.clear();
    this.#through.clear();
  }
}
