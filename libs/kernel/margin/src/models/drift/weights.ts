import { floatToUnits, unitsToFloat } from '@plinth/money';
import { checkAboveZero, checkNotNegative, FEE_SCALE, least, most, rootOf, WEIGHT_SCALE } from './units.ts';

/** √size with five decimals, of a size with nine. */
const sizeRoot = (size: bigint): bigint => rootOf(size * 10n + 1n);
const ROOT_SCALE = 100_000n;

/** Asset weight of a large holding, in 10⁻⁴: min(w, 1.1 / (1 + imf · √size)). Size in 10⁻⁹, imf in 10⁻⁶. */
export const sizeDiscountAssetWeight = (size: bigint, imfFactor: bigint, weight: bigint): bigint => {
  checkNotNegative({ size, imfFactor, weight });
  if (imfFactor === 0n) return weight;
  const growth = FEE_SCALE + (sizeRoot(size) * imfFactor) / ROOT_SCALE;
  return least(weight, ((FEE_SCALE + FEE_SCALE / 10n) * WEIGHT_SCALE) / growth);
};

/**
 * Liability weight, or margin ratio, of a large position, in 10⁻⁴: max(w, 0.8 · w + imf · √size). Size in
 * 10⁻⁹, imf in 10⁻⁶.
 */
export const sizePremiumLiabilityWeight = (size: bigint, imfFactor: bigint, weight: bigint): bigint => {
  checkNotNegative({ size, imfFactor, weight });
  if (imfFactor === 0n) return weight;
  const premium = (sizeRoot(size) * imfFactor) / ((ROOT_SCALE * FEE_SCALE) / WEIGHT_SCALE);
  return most(weight, weight - weight / 5n + premium);
};

/**
 * Initial asset weight in a large pool, in 10⁻⁴: w · start / deposits from `start` on (0: never). Values in
 * 10⁻⁶.
 */
export const poolScaledAssetWeight = (depositValue: bigint, scaleStart: bigint, weight: bigint): bigint => {
  checkNotNegative({ depositValue, scaleStart, weight });
  if (scaleStart === 0n || depositValue < scaleStart) return weight;
  checkAboveZero({ depositValue });
  return (weight * scaleStart) / depositValue;
};

/** The ratio of a size as a share, by the same integers as the chain's. */
export const driftMarginShare = (size: number, imfFactor: bigint, ratio: bigint): number =>
  unitsToFloat(sizePremiumLiabilityWeight(sizeUnits(size), imfFactor, ratio), WEIGHT_DIGITS);

export const WEIGHT_DIGITS = 4;
const SIZE_DIGITS = 9;

/** A size as the chain counts it, 10⁻⁹, towards zero. */
export const sizeUnits = (size: number): bigint => floatToUnits(Math.abs(size), SIZE_DIGITS, 'down');
