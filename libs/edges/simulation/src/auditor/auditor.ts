import type { Envelope } from '@plinth/eventing';
import type { Audit, Breach } from './breach.ts';
import { CreditAudit } from './credit-audit.ts';
import { DepthAudit } from './depth-audit.ts';
import { GateAudit } from './gate-audit.ts';
import { LedgerAudit } from './ledger-audit.ts';
import { LogAudit } from './log-audit.ts';
import { MarginAudit } from './margin-audit.ts';
import { OrdersAudit } from './orders-audit.ts';
import { SettlementAudit } from './settlement-audit.ts';

const BREACHES_KEPT = 1_000;

export type AuditReport = Readonly<{
  events: number;
  invariants: readonly string[];
  breaches: number;
  /** The first thousand. */
  found: readonly Breach[];
}>;

/**
 * Checks the invariants of the broker at every position, from the log alone and with arithmetic of its own:
 * it shares no formula with the services that it judges.
 */
export class Auditor {
  readonly #audits: readonly Audit[] = [
    new LogAudit(),
    new LedgerAudit(),
    new OrdersAudit(),
    new CreditAudit(),
    new MarginAudit(),
    new GateAudit(),
    new SettlementAudit(),
    new DepthAudit(),
  ];
  readonly #found: Breach[] = [];
  #events = 0;
  #breaches = 0;

  get breaches(): number {
    return this.#breaches;
  }

  /** What is checked, one sentence per invariant. */
  get invariants(): readonly string[] {
    return this.#audits.flatMap(({ invariants }) => invariants);
  }

  /** Breaches seen at this event. */
  apply(event: Envelope): readonly Breach[] {
    this.#events += 1;
    const found = this.#audits.flatMap((audit) => audit.apply(event));
    this.#keep(found);
    return found;
  }

  /** What would be a breach if the log ended here: a fill that is not booked yet, say. */
  unfinished(): readonly Breach[] {
    return this.#audits.flatMap((audit) => audit.finish());
  }

  finish(): AuditReport {
    this.#keep(this.unfinished());
    return {
      events: this.#events,
      invariants: this.invariants,
      breaches: this.#breaches,
      found: this.#found,
    };
  }

  #keep(found: readonly Breach[]): void {
    this.#breaches += found.length;
    this.#found.push(...found.slice(0, BREACHES_KEPT - this.#found.length));
  }
}
