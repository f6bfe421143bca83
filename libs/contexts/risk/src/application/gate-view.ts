import { refill, type Envelope, type Fold } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import { fields } from '@plinth/views';
import { gate, isGateEvent, type Gate } from '../domain/gate.ts';

type Cause = riskMessages.GateCause;

/** The stream gate-{cell} as the log has it, and what each cause of its being closed was. */
export class GateView implements Fold {
  readonly name = 'gate';
  readonly revision = 1;
  #gate: Gate = gate.initialState();
  readonly #causes = new Map<string, Cause>();

  apply(event: Envelope): void {
    if (!isGateEvent(event)) return;
    this.#gate = gate.evolve(this.#gate, event);
    if (event.type === 'GateOpened') this.#causes.clear();
    if (event.type === 'GateClosed')
      this.#causes.set(event.data.cause, { ...event.data, closedAt: event.position });
  }

  get state(): Gate {
    return this.#gate;
  }

  /** What it is closed for, the first cause first; none when it is open. */
  get causes(): readonly Cause[] {
    return [...this.#causes.values()];
  }

  /** Why nothing is approved; empty when it is open. */
  get closedFor(): string {
    return this.causes[0]?.cause ?? '';
  }

  *entries(): Iterable<readonly [string, string]> {
    const { lastBrokenAt, explainedThrough, proposal } = this.#gate;
    yield ['gate', fields(lastBrokenAt, explainedThrough, proposal?.through, proposal?.reason, proposal?.by)];
    for (const { cause, brokenAt, detail, closedAt } of this.#causes.values())
      yield [`cause:${cause}`, fields(brokenAt, detail, closedAt)];
  }

  dump() {
    return { gate: this.#gate, causes: this.#causes };
  }

  load(state: ReturnType<GateView['dump']>): void {
    this.#gate = state.gate;
    refill(this.#causes, state.causes);
  }

  reset(): void {
    this.#gate = gate.initialState();
    this.#causes.clear();
  }
}
