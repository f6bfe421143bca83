import { logRatio } from '@plinth/maths';
import { checkPositive, refuse } from './checks.ts';
import { LIMITS } from './limits.ts';
import {
  calendarArbitrage,
  checkSvi,
  sliceArbitrage,
  totalVariance,
  type Arbitrage,
  type SviSlice,
} from './svi.ts';
import { fitSlice, type SliceFit, type VolatilityQuote } from './svi-fit.ts';

/** One expiry of a surface; checked for arbitrage between the log-moneynesses `low` and `high`. */
export type SurfaceSlice = Readonly<{ years: number; svi: SviSlice; low: number; high: number }>;

/** Volatilities of one underlying, by expiry and log-moneyness; free of arbitrage. */
export type VolatilitySurface = Readonly<{ slices: readonly SurfaceSlice[] }>;

/** Why there is no surface: which expiry, and what could be won there. */
export type SurfaceRefusal = Readonly<{
  status: 'refused';
  years: number;
  arbitrage: Arbitrage;
  reason: string;
}>;

export type SurfaceVerdict<T = unknown> =
  Readonly<{ status: 'accepted'; surface: VolatilitySurface } & T> | SurfaceRefusal;

/** Accepts slices as a surface, or says where they allow arbitrage. */
export const surfaceOf = (slices: readonly SurfaceSlice[]): SurfaceVerdict => {
  if (slices.length < 1 || slices.length > LIMITS.slices)
    refuse('slices', `Expected 1 to ${LIMITS.slices}, was ${slices.length}`);
  const ordered = slices.toSorted((a, b) => a.years - b.years);
  let before: SurfaceSlice | undefined;
  for (const slice of ordered) {
    checkPositive('years', slice.years, LIMITS.years);
    checkSvi(slice.svi);
    if (!(slice.low < slice.high)) refuse('low', `Expected less than high ${slice.high}, was ${slice.low}`);
    if (before?.years === slice.years)
      refuse('years', `Expected each expiry once, ${slice.years} is there twice`);
    const found = arbitrageOf(slice, before);
    if (found) return refusal(slice, found);
    before = slice;
  }
  return { status: 'accepted', surface: { slices: ordered } };
};

const arbitrageOf = (slice: SurfaceSlice, before: SurfaceSlice | undefined): Arbitrage | undefined =>
  sliceArbitrage(slice.svi, slice.low, slice.high) ??
  (before && calendarArbitrage(before.svi, slice.svi, before.low, before.high));

const refusal = ({ years }: SurfaceSlice, arbitrage: Arbitrage): SurfaceRefusal => ({
  status: 'refused',
  years,
  arbitrage,
  reason: `The expiry in ${years} years allows ${arbitrage.kind} arbitrage: ${arbitrage.message}`,
});

/** Quotes of one expiry, as volatilities at log-moneynesses. */
export type ExpiryQuotes = Readonly<{ years: number; quotes: readonly VolatilityQuote[] }>;

/** Share of the quoted range by which a slice is held to be free of arbitrage beyond it, on each side. */
const BEYOND = 0.25;

/**
 * Fits every expiry and accepts the whole only when nothing can be won from it. From the last expiry to the
 * first: the later one is quoted further out, so that the wings of the earlier one, where it has no quotes,
 * stay below it.
 */
export const fitSurface = (
  expiries: readonly ExpiryQuotes[],
): SurfaceVerdict<Readonly<{ fits: readonly SliceFit[] }>> => {
  const fits: SliceFit[] = [];
  const slices: SurfaceSlice[] = [];
  for (const { years, quotes } of expiries.toSorted((a, b) => b.years - a.years)) {
    if (quotes.length === 0) refuse('quotes', `Expected quotes of the expiry in ${years} years, was none`);
    const ks = quotes.map(({ k }) => k);
    const [least, most] = [Math.min(...ks), Math.max(...ks)];
    const beyond = BEYOND * (most - least);
    const [low, high] = [least - beyond, most + beyond];
    const fit = fitSlice(years, quotes, low, high, slices[0]?.svi);
    fits.unshift(fit);
    slices.unshift({ years, svi: fit.svi, low, high });
  }
  const verdict = surfaceOf(slices);
  return verdict.status === 'accepted' ? { ...verdict, fits } : verdict;
};

/**
 * Total variance at k = ln(K/F): linear in time at the same k between two expiries, and at the volatility of
 * the first or the last one outside of them. It never falls with time: where the earlier expiry is not quoted
 * and its wing would stand above the later one's, the later one counts.
 */
export const surfaceVariance = ({ slices }: VolatilitySurface, years: number, k: number): number => {
  checkPositive('years', years, LIMITS.years);
  const after = slices.findIndex((slice) => slice.years >= years);
  const [first, last] = [slices[0]!, slices.at(-1)!];
  if (after === 0) return totalVariance(first.svi, k) * (years / first.years);
  if (after < 0) return totalVariance(last.svi, k) * (years / last.years);
  const [earlier, later] = [slices[after - 1]!, slices[after]!];
  const share = (years - earlier.years) / (later.years - earlier.years);
  const to = totalVariance(later.svi, k);
  const from = Math.min(totalVariance(earlier.svi, k), to);
  return from + share * (to - from);
};

/** Volatility per √year of an option of this surface. */
export const surfaceVolatility = (
  surface: VolatilitySurface,
  years: number,
  forward: number,
  strike: number,
): number => {
  checkPositive('forward', forward, LIMITS.price);
  checkPositive('strike', strike, LIMITS.price);
  return Math.sqrt(surfaceVariance(surface, years, logRatio(strike, forward)) / years);
};
