import type { Envelope } from '@plinth/eventing';
import { breach, type Audit, type Breach } from './breach.ts';
import { AUDIT_LIMITS, Memory } from './memory.ts';

const CLOSED =
  'nothing that adds risk and no payout is approved when it was asked for while the gate was closed';

/** Most requests behind the gate that may wait for an answer: risk answers within moments. */
const ASKED_MAX = 1_000_000;

/** The gate of the cell: what is asked for while it is closed is refused, unless it reduces risk. */
export class GateAudit implements Audit {
  readonly invariants = [CLOSED];
  /** Nothing of this is forgotten: one request too many is a breach. */
  readonly memory = new Memory(AUDIT_LIMITS);
  #isClosed = false;
  /** Asked for while it was closed, and not yet answered. */
  readonly #asked = new Set<string>();
  readonly #askedMax: number;
  /** More was asked for than is kept, and that was said. */
  #isOverfull = false;

  constructor(askedMax = ASKED_MAX) {
    this.#askedMax = askedMax;
  }

  apply(event: Envelope): readonly Breach[] {
    switch (event.type) {
      case 'GateClosed':
        this.#isClosed = true;
        return [];
      case 'GateOpened':
        this.#isClosed = false;
        return [];
      case 'OrderPlaced':
        // A liquidation's orders are not asked for.
        return event.data.liquidationId === ''
          ? this.#ask(`order ${event.data.orderId}`, event.position)
          : [];
      case 'WithdrawalRequested':
      case 'TransferRequested':
        return this.#ask(payout(event.data), event.position);
      case 'OrderApproved':
        return event.data.riskReducing
          ? this.#refused(`order ${event.data.orderId}`)
          : this.#approved(`order ${event.data.orderId}`, event.position);
      case 'WithdrawalApproved':
      case 'TransferApproved':
        return this.#approved(payout(event.data), event.position);
      case 'OrderRefused':
        return this.#refused(`order ${event.data.orderId}`);
      case 'WithdrawalRefused':
      case 'TransferRefused':
        return this.#refused(payout(event.data));
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [];
  }

  /** One too many to be kept is a breach by itself: from then on the invariant cannot be shown to hold. */
  #ask(what: string, at: bigint): readonly Breach[] {
    if (!this.#isClosed) return [];
    if (this.#asked.size < this.#askedMax) {
      this.#asked.add(what);
      return [];
    }
    if (this.#isOverfull) return [];
    this.#isOverfull = true;
    const detail = `${what}: more than ${this.#askedMax} wait for an answer, what follows is not judged`;
    return [breach(CLOSED, at, detail)];
  }

  #refused(what: string): readonly Breach[] {
    this.#answered(what);
    return [];
  }

  #approved(what: string, at: bigint): readonly Breach[] {
    return this.#answered(what) ? [breach(CLOSED, at, what)] : [];
  }

  /** Whether it was asked for behind the gate. Once there is room again a next overflow is said again. */
  #answered(what: string): boolean {
    const wasAsked = this.#asked.delete(what);
    if (wasAsked) this.#isOverfull = false;
    return wasAsked;
  }
}

type Payout = Readonly<
  { accountId: string; withdrawalId: string } | { accountId: string; transferId: string }
>;

const payout = (data: Payout): string =>
  'withdrawalId' in data
    ? `withdrawal ${data.withdrawalId} of ${data.accountId}`
    : `transfer ${data.transferId} of ${data.accountId}`;
