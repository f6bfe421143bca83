import { assert } from '@plinth/money';
import type { VenueOrder } from '@plinth/market';
import type { ChargedOption } from './listing-terms.ts';
import type { LevelTotal } from './matching-book.ts';

/**
 * What is done to a simulated venue from outside: `timeouts` loses requests or answers, `down` cannot be
 * reached, `halted` answers but takes no orders.
 */
export type VenueCondition = 'up' | 'down' | 'timeouts' | 'halted';

/** One line of the journal. Replaying the lines gives the same exchange. */
export type Operation =
  | Readonly<{ op: 'open'; format: 1; venueId: string; terms: string }>
  | Readonly<{ op: 'submit'; atMs: number; order: VenueOrder }>
  | Readonly<{ op: 'cancel'; atMs: number; clientOrderId: string }>
  | Readonly<{
      op: 'liquidity';
      atMs: number;
      instrumentId: string;
      bids: readonly LevelTotal[];
      asks: readonly LevelTotal[];
      /** Absent but for an option where options are capped. */
      option?: ChargedOption;
    }>
  | Readonly<{ op: 'condition'; atMs: number; condition: VenueCondition }>
  | Readonly<{ op: 'halt'; atMs: number; instrumentId: string; isHalted: boolean }>
  | Readonly<{ op: 'expire'; atMs: number; instrumentId: string }>;

const KNOWN: readonly Operation['op'][] = [
  'open',
  'submit',
  'cancel',
  'liquidity',
  'condition',
  'halt',
  'expire',
];

export const encodeOperation = (operation: Operation): string =>
  JSON.stringify(operation, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

const levelsOf = (levels: readonly Readonly<{ ticks: string; lots: string }>[]): readonly LevelTotal[] =>
  levels.map(({ ticks, lots }) => ({ ticks: BigInt(ticks), lots: BigInt(lots) }));

/** The line was written by `encodeOperation`; anything else is a damaged journal and stops. */
export const decodeOperation = (line: string, number: number): Operation => {
  let parsed: Operation;
  try {
    parsed = JSON.parse(line) as Operation;
  } catch {
    throw new Error(`Expected an operation in line ${number} of the venue journal, was ${line.slice(0, 80)}`);
  }
  assert(
    KNOWN.includes(parsed?.op),
    () => `Expected a known operation in line ${number} of the venue journal`,
  );
  if (parsed.op !== 'liquidity') return parsed;
  return { ...parsed, bids: levelsOf(parsed.bids as never), asks: levelsOf(parsed.asks as never) };
};
