import type { Envelope } from '@plinth/eventing';
import type { Memory } from './memory.ts';

/** An invariant that did not hold. `position` 0n: seen at the end of the log. */
export type Breach = Readonly<{ invariant: string; position: bigint; detail: string }>;

/** One group of invariants, judged from the log alone. */
export interface Audit {
  /** What is checked, one sentence per invariant. */
  readonly invariants: readonly string[];
  readonly memory: Memory;
  /** Breaches seen at this event. */
  apply(event: Envelope): readonly Breach[];
  /** Breaches if the log ended here: what is still under way among them. Changes nothing. */
  finish(): readonly Breach[];
}

export const breach = (invariant: string, position: bigint, detail: string): Breach => ({
  invariant,
  position,
  detail,
});
