import { refuse } from '../../checks.ts';
import { notional, type DydxPrice } from './quantums.ts';

/** A funding rate is for this long. */
const FUNDING_PERIOD_SECONDS = 28_800n;

/** How the change of an index is rounded. */
export const DYDX_FUNDING_ROUNDING = 'toward zero';

/**
 * Change of the funding index, in 10⁻⁶ quote quantums per base quantum: rate (ppm of 8 hours) · elapsed / 8 h
 * · price. Multiplied first, then divided towards zero.
 */
export const fundingIndexDelta = (price: DydxPrice, rate8hPpm: bigint, elapsedSeconds: bigint): bigint => {
  if (elapsedSeconds < 0n) refuse('elapsedSeconds', `Expected at least 0, was ${elapsedSeconds}`);
  return notional(rate8hPpm * elapsedSeconds, price) / FUNDING_PERIOD_SECONDS;
};

/**
 * What a position receives, in 10⁻⁶ quote quantums: −(index of the market − index of the position) ·
 * quantums.
 */
export const fundingSettlementPpm = (quantums: bigint, marketIndex: bigint, positionIndex: bigint): bigint =>
  -(marketIndex - positionIndex) * quantums;
