import { refuse } from '../../checks.ts';
import { absolute, ceilDivide, MILLION, notional, smaller, type DydxPrice } from './quantums.ts';

/**
 * A liquidity tier, with what its market's open interest is. Caps in quote quantums; an upper cap of 0 means
 * none.
 */
export type DydxTier = Readonly<{
  initialPpm: bigint;
  /** Maintenance margin as a part of the initial one that is not scaled. */
  maintenanceFractionPpm: bigint;
  openInterestLowerCap: bigint;
  openInterestUpperCap: bigint;
}>;

/** What a position asks for, in quote quantums. */
export type DydxMargins = Readonly<{ initial: bigint; maintenance: bigint }>;

export const checkTier = (tier: DydxTier): void => {
  const {
    initialPpm,
    maintenanceFractionPpm,
    openInterestLowerCap: lower,
    openInterestUpperCap: upper,
  } = tier;
  for (const [field, ppm] of Object.entries({ initialPpm, maintenanceFractionPpm }))
    if (ppm < 0n || ppm > MILLION) refuse(field, `Expected from 0 to ${MILLION} ppm, was ${ppm}`);
  if (lower < 0n) refuse('openInterestLowerCap', `Expected at least 0, was ${lower}`);
  if (upper < lower) refuse('openInterestUpperCap', `Expected at least the lower cap ${lower}, was ${upper}`);
};

/**
 * Initial: notional · effective IMF, rounded up; the fraction rises in a straight line from `initialPpm` to 1
 * while the open notional goes from the lower to the upper cap. Maintenance: ⌈⌈notional · initialPpm⌉ ·
 * fraction⌉, never scaled.
 */
export const dydxMargins = (
  quantums: bigint,
  price: DydxPrice,
  tier: DydxTier,
  openInterest: bigint,
): DydxMargins => {
  checkTier(tier);
  const size = notional(absolute(quantums), price);
  const base = ceilDivide(size * tier.initialPpm, MILLION);
  return {
    initial: scaledInitial(size, base, tier, notional(openInterest, price)),
    maintenance: ceilDivide(base * tier.maintenanceFractionPpm, MILLION),
  };
};

const scaledInitial = (size: bigint, base: bigint, tier: DydxTier, openNotional: bigint): bigint => {
  const { initialPpm, openInterestLowerCap: lower, openInterestUpperCap: upper } = tier;
  if (upper === 0n) return base;
  if (openNotional >= upper) return size;
  if (openNotional <= lower) return base;
  // The fraction is cut to whole ppm, as the chain does; only then is the margin rounded up.
  const increasePpm = ((MILLION - initialPpm) * (openNotional - lower)) / (upper - lower);
  return smaller(ceilDivide(size * (initialPpm + increasePpm), MILLION), size);
};
