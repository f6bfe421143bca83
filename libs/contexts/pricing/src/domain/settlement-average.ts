import { assert, divideUnits } from '@plinth/money';
import { PRICE_ONE } from './price-units.ts';

const MINUTE_MS = 60_000;

/** The settlement price is the average of the index over this long before expiry. */
export const AVERAGE_MS = 30 * MINUTE_MS;

/** Of the window, at least this much must have live marks; otherwise the settlement waits for the rest. */
export const MIN_COVERED_MS = 15 * MINUTE_MS;

/** USD prices of the underlying and of what its price is expressed in; undefined while one is not live. */
export type LivePrices = Readonly<{ index: bigint; priceAsset: bigint }> | undefined;

/** Σ price · milliseconds since the window began, at 1e-12. */
export type SettlementAverage = Readonly<{
  expiresAtMs: number;
  /** Everything before is counted. */
  countedToMs: number;
  indexIntegral: bigint;
  priceAssetIntegral: bigint;
  coveredMs: number;
  /** Published marks of the index in the window that were live. */
  samples: number;
  /** The latest of them, or the beginning of the window. */
  sampledToMs: number;
  /** Longest time between two of them. */
  gapMs: number;
}>;

/** Nothing is counted of what was before the listing. */
export const emptyAverage = (expiresAtMs: number, listedAtMs = 0): SettlementAverage => {
  const fromMs = Math.max(expiresAtMs - AVERAGE_MS, listedAtMs);
  return {
    ...{ expiresAtMs, countedToMs: fromMs, sampledToMs: fromMs },
    ...{ indexIntegral: 0n, priceAssetIntegral: 0n, coveredMs: 0, samples: 0, gapMs: 0 },
  };
};

/** A live mark of the index was published at the moment to which the average is counted. */
export const withSample = (average: SettlementAverage): SettlementAverage => ({
  ...average,
  samples: average.samples + 1,
  gapMs: widestGapOf(average),
  sampledToMs: average.countedToMs,
});

/** Longest part of the window so far without a live mark of the index, its ends included. */
export const widestGapOf = ({ gapMs, sampledToMs, countedToMs }: SettlementAverage): number =>
  Math.max(gapMs, countedToMs - sampledToMs);

/** An average rests on one live mark a minute at least, and never on one alone for more than two. */
export const SAMPLE_EVERY_MS = MINUTE_MS;
export const GAP_MAX_MS = 2 * MINUTE_MS;

/**
 * Why an average over a window is thin; empty when it is not. It is a warning: how much of the window was
 * live decides whether the contract settles.
 */
export const thinness = (
  window: Readonly<{ fromMs: number; toMs: number; samples: number; widestGapMs: number }>,
): string => {
  const { fromMs, toMs, samples, widestGapMs } = window;
  const least = Math.floor((toMs - fromMs) / SAMPLE_EVERY_MS);
  const seconds = (ms: number): string => `${Math.floor(ms / 1_000)} s`;
  return [
    ...(samples < least ? [`${samples} live marks, expected at least ${least}`] : []),
    ...(widestGapMs > GAP_MAX_MS
      ? [`no live mark for ${seconds(widestGapMs)}, expected at most ${seconds(GAP_MAX_MS)}`]
      : []),
  ].join('; ');
};

/** Nothing more is counted: the expiry is past, and enough of the window had live marks. */
export const isComplete = ({ countedToMs, expiresAtMs, coveredMs }: SettlementAverage): boolean =>
  countedToMs >= expiresAtMs && coveredMs >= MIN_COVERED_MS;

const count = (average: SettlementAverage, prices: LivePrices, toMs: number): SettlementAverage => {
  if (prices === undefined) return { ...average, countedToMs: toMs };
  const ms = toMs - average.countedToMs;
  return {
    ...average,
    countedToMs: toMs,
    indexIntegral: average.indexIntegral + prices.index * BigInt(ms),
    priceAssetIntegral: average.priceAssetIntegral + prices.priceAsset * BigInt(ms),
    coveredMs: average.coveredMs + ms,
  };
};

/**
 * These prices stood until `toMs`. The window ends at expiry when enough of it was live; otherwise it goes on
 * to the very millisecond at which enough is.
 */
export const countUntil = (
  average: SettlementAverage,
  prices: LivePrices,
  toMs: number,
): SettlementAverage => {
  if (toMs <= average.countedToMs || isComplete(average)) return average;
  const atExpiry =
    average.countedToMs < average.expiresAtMs
      ? count(average, prices, Math.min(toMs, average.expiresAtMs))
      : average;
  if (toMs <= average.expiresAtMs || isComplete(atExpiry)) return atExpiry;
  const enoughAtMs = atExpiry.countedToMs + MIN_COVERED_MS - atExpiry.coveredMs;
  return count(atExpiry, prices, prices === undefined ? toMs : Math.min(toMs, enoughAtMs));
};

export type SettlementPrices = Readonly<{ price: bigint; index: bigint; priceAsset: bigint }>;

/**
 * Time-weighted arithmetic means over the same moments, at 1e-12: of the index and of the price asset in USD,
 * each to the nearest unit (half to even); the price is their exact quotient to the nearest unit, not that of
 * the rounded means. Undefined when nothing was counted.
 */
export const pricesOf = (average: SettlementAverage): SettlementPrices | undefined => {
  const { indexIntegral, priceAssetIntegral, coveredMs } = average;
  if (coveredMs === 0) return undefined;
  assert(priceAssetIntegral > 0n, 'Expected a price asset with a price over zero');
  const nearest = (dividend: bigint, divisor: bigint): bigint =>
    divideUnits(dividend, divisor, 'half-even').quotient;
  return {
    price: nearest(indexIntegral * PRICE_ONE, priceAssetIntegral),
    index: nearest(indexIntegral, BigInt(coveredMs)),
    priceAsset: nearest(priceAssetIntegral, BigInt(coveredMs)),
  };
};
