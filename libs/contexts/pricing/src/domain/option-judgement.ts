import { indexOf, NUMERAIRE, type MarkState } from '@plinth/market';
import type { Mark, Quote } from '@plinth/messages';
import { floatToText, textToFloat } from '@plinth/money';
import { carryOn, judge, type Judgement, type MarkMemory, type SubmittedQuote } from './judgement.ts';
import {
  forwardNow,
  quotedMark,
  surfaceMark,
  type FixedPart,
  type OptionMark,
  type OptionTerms,
  type Reference,
} from './option-marks.ts';
import type { Listed } from './pairs.ts';
import { PRICE_DIGITS, priceText } from './price-units.ts';
import type { Surface, SurfaceAges } from './surface.ts';
import { averageOf } from './twap.ts';

/** What a round knows for options beside quotes. */
export type OptionRound = Readonly<{
  surfaces: ReadonlyMap<string, Surface>;
  ages: SurfaceAges;
  /** By instrument: the settlement average of those that expire within its window, or have. */
  fixed: ReadonlyMap<string, FixedPart>;
  /** Instruments whose settlement price is fixed: nothing prices them any more. */
  settled: ReadonlySet<string>;
}>;

export const NO_OPTIONS: OptionRound = {
  surfaces: new Map(),
  ages: { degradedMs: 0, haltedMs: 0 },
  fixed: new Map(),
  settled: new Set(),
};

type Round = Readonly<{
  atMs: number;
  options: OptionRound;
  haltAfterMs: number;
  /** The mark of another instrument in this round, or its last one. */
  markOf: (instrumentId: string) => Mark | undefined;
}>;

/** No option is worth nothing: its mark is at least one unit of price. */
const LEAST_PRICE = 1e-12;

/**
 * The mark of an option (finance §4): from the surface of its underlying at the forward of now; where there
 * is no surface, from its own quotes alone. Its quotes are recorded either way: the next surface is made
 * from them. Undefined when it was never priced and cannot be now.
 */
export const judgeOption = (
  listed: Listed,
  terms: OptionTerms,
  quotes: readonly SubmittedQuote[],
  memory: MarkMemory | undefined,
  round: Round,
): Judgement | undefined => {
  const { atMs, options } = round;
  if (options.settled.has(listed.instrumentId)) return halted(memory, []);
  // Only what is priced in its own units is taken: no conversion.
  const own = judge(listed, quotes, memory, atMs, () => undefined);
  const rows = own?.quotes ?? [];
  const index = indexReference(listed.underlying, terms.priceAsset, round);
  if (index === undefined) return halted(memory, rows);
  const surface = options.surfaces.get(terms.surface);
  const future = terms.futureId === '' ? undefined : referenceOf(round.markOf(terms.futureId));
  const fixed = options.fixed.get(listed.instrumentId);
  const forward = forwardNow(terms, index, future, surface, fixed);
  const made = (mark: OptionMark): Judgement => ({
    mark: markOf(listed, mark, own?.mark.sources ?? 0, memory, atMs),
    quotes: rows,
  });
  if (surface !== undefined) return made(surfaceMark(terms, surface, forward, atMs, options.ages));
  if (own !== undefined && own.mark.sources > 0) {
    const otherwise = round.markOf(indexOf(listed.underlying))?.volatility ?? 0;
    return made(quotedMark(terms, referenceOf(own.mark) as Reference, forward, atMs, otherwise));
  }
  return memory !== undefined && atMs - memory.atMs > round.haltAfterMs ? halted(memory, rows) : undefined;
};

/** The last price stays as the last word, with the terms it was made with. */
const halted = (memory: MarkMemory | undefined, quotes: readonly Quote[]): Judgement | undefined =>
  memory === undefined || memory.mark.state === 'halted'
    ? undefined
    : {
        mark: { ...memory.mark, state: 'halted', sources: 0, guarded: false, confirming: '' },
        quotes,
      };

const referenceOf = (mark: Mark | undefined): Reference | undefined =>
  mark && {
    price: textToFloat(mark.price),
    confidence: textToFloat(mark.confidence),
    state: mark.state as MarkState,
    guarded: mark.guarded,
  };

const WORST_FIRST = ['halted', 'degraded', 'live'] as const;

/** The underlying in units of the price asset; undefined while one of the two was never priced. */
const indexReference = (
  underlying: string,
  priceAsset: string,
  { markOf: find }: Round,
): Reference | undefined => {
  const index = referenceOf(find(indexOf(underlying)));
  if (index === undefined || priceAsset === NUMERAIRE) return index;
  const unit = referenceOf(find(indexOf(priceAsset)));
  if (unit === undefined) return undefined;
  const price = index.price / unit.price;
  return {
    price,
    confidence: price * (index.confidence / index.price + unit.confidence / unit.price),
    state: WORST_FIRST.find((state) => index.state === state || unit.state === state) ?? 'live',
    guarded: index.guarded || unit.guarded,
  };
};

const markOf = (
  { instrumentId }: Listed,
  made: OptionMark,
  sources: number,
  memory: MarkMemory | undefined,
  atMs: number,
): Mark => {
  const price = floatToText(Math.max(LEAST_PRICE, made.price), PRICE_DIGITS);
  const average = averageOf(carryOn(memory, atMs));
  const { volatility, forward, fixedForward, state, guarded } = made;
  return {
    instrumentId,
    price,
    confidence: floatToText(made.confidence, PRICE_DIGITS, 'ceil'),
    twap: average === undefined ? price : priceText(average),
    ...{ volatility, forward, fixedForward, state, guarded, sources },
    confirming: '',
  };
};
