import type { Envelope } from '@plinth/eventing';
import { breach, type Audit, type Breach } from './breach.ts';

const CLOSED =
  'nothing that adds risk and no payout is approved when it was asked for while the gate was closed';

/** The gate of the cell: what is asked for while it is closed is refused, unless it reduces risk. */
export class GateAudit implements Audit {
  readonly invariants = [CLOSED];
  #isClosed = false;
  /** Asked for while it was closed, and not yet answered. */
  readonly #asked = new Set<string>();

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
        return event.data.liquidationId === '' ? this.#ask(`order ${event.data.orderId}`) : [];
      case 'WithdrawalRequested':
      case 'TransferRequested':
        return this.#ask(payout(event.data));
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

  #ask(what: string): readonly Breach[] {
    if (this.#isClosed) this.#asked.add(what);
    return [];
  }

  #refused(what: string): readonly Breach[] {
    this.#asked.delete(what);
    return [];
  }

  #approved(what: string, at: bigint): readonly Breach[] {
    return this.#asked.delete(what) ? [breach(CLOSED, at, what)] : [];
  }
}

type Payout = Readonly<
  { accountId: string; withdrawalId: string } | { accountId: string; transferId: string }
>;

const payout = (data: Payout): string =>
  'withdrawalId' in data
    ? `withdrawal ${data.withdrawalId} of ${data.accountId}`
    : `transfer ${data.transferId} of ${data.accountId}`;
