import type { Catalogue } from './catalogue.ts';
import { refuse } from './checks.ts';
import type { MarketState } from './market-state.ts';
import { optionValue, yearsUntil, type OptionTerms } from './option-terms.ts';

type OptionLine = Readonly<{ catalogue: Catalogue; market: MarketState; i: number }>;

const HIGHEST_VOLATILITY = 100;
/** A mark keeps at least this share of itself: nothing that is listed has a price of 0. */
const LEAST_MARK = 1e-9;

/**
 * New terms and a new time for an option, and a mark that stays as far from its formula as it was, with its
 * conservative pair in proportion. One without terms follows the spot price by itself.
 */
const reprice = (
  { catalogue, market, i }: OptionLine,
  change: (terms: OptionTerms) => OptionTerms,
  atMs = market.atMs,
): void => {
  const { spec } = catalogue.instrumentEntries[i]!;
  const { instruments } = market;
  const mark = instruments.mark[i] ?? 0;
  const before = market.optionTermsOf(i);
  if (spec.kind !== 'option' || before === undefined || mark === 0) return;
  const after = change(before);
  const worth = ({ forward, volatility }: OptionTerms, at: number): number =>
    optionValue(spec, forward, volatility, yearsUntil(spec.expiryMs, at));
  const gained = worth(after, atMs) - worth(before, market.atMs);
  const moved = Math.max(mark * LEAST_MARK, mark + gained);
  const by = moved / mark;
  instruments.mark[i] = moved;
  instruments.low[i]! *= by;
  instruments.high[i]! *= by;
  market.setOptionTerms(spec.id, after);
};

/** Other terms: the mark moves by what they are worth. */
export const moveTerms = (line: OptionLine, terms: OptionTerms): void => reprice(line, () => terms);

/** The part of the forward that no average has fixed, times a factor. */
export const moveForward = (line: OptionLine, factor: number): void => {
  if (factor === 1) return;
  reprice(line, (terms) => {
    const { forward, fixedForward } = terms;
    return { ...terms, forward: fixedForward + (forward - fixedForward) * factor };
  });
};

/** A relative move of the implied volatility of every option on an underlying. */
export const moveImplied = (
  catalogue: Catalogue,
  market: MarketState,
  underlying: string,
  fraction: number,
): void => {
  if (!(fraction > -1 && Number.isFinite(fraction)))
    refuse('impliedMoves.fraction', `Expected more than −1 and finite, was ${fraction}`);
  const u = catalogue.underlyings.indexOf(underlying);
  if (fraction === 0) return;
  const moved = (terms: OptionTerms): OptionTerms => ({
    ...terms,
    volatility: Math.min(HIGHEST_VOLATILITY, terms.volatility * (1 + fraction)),
  });
  catalogue.instrumentEntries.forEach((entry, i) => {
    if (entry.underlying === u) reprice({ catalogue, market, i }, moved);
  });
};

/** Another time of valuation: only options depend on it. */
export const moveTime = (catalogue: Catalogue, market: MarketState, atMs: number): void => {
  catalogue.instrumentEntries.forEach((_, i) => reprice({ catalogue, market, i }, (terms) => terms, atMs));
  market.setTime(atMs);
};
