import { refuse } from '../../checks.ts';
import {
  atLeastZero,
  BASE_SCALE,
  ceilingOf,
  checkAboveZero,
  checkNotNegative,
  FEE_SCALE,
  least,
  most,
  PRICE_SCALE,
  QUOTE_SCALE,
  tenTo,
  U128_MAX,
  U64_MAX,
  WEIGHT_SCALE,
} from './units.ts';

/** Margin ratios have four decimals, fees six. */
const RATIO_TO_FEE = FEE_SCALE / WEIGHT_SCALE;

/**
 * Base to close so that the account is above its margin again: shortage / (price · quotePrice · (ratio − fee)
 * − price · insurance fee), in 10⁻⁹, rounded down step by step as on chain. No bound (2⁶⁴ − 1) where closing
 * frees nothing.
 */
export const baseToCoverShortage = (at: {
  readonly marginShortage: bigint;
  readonly marginRatio: bigint;
  readonly liquidatorFee: bigint;
  readonly insuranceFee: bigint;
  readonly oraclePrice: bigint;
  readonly quoteOraclePrice: bigint;
}): bigint => {
  checkNotNegative(at);
  const ratio = at.marginRatio * RATIO_TO_FEE;
  if (at.oraclePrice === 0n || ratio <= at.liquidatorFee) return U64_MAX;
  const price = (at.oraclePrice * at.quoteOraclePrice) / PRICE_SCALE;
  const freed = (price * (ratio - at.liquidatorFee)) / FEE_SCALE;
  const freedAfterFee = freed - (at.oraclePrice * at.insuranceFee) / FEE_SCALE;
  checkAboveZero({ freedAfterFee });
  return (at.marginShortage * ((PRICE_SCALE * BASE_SCALE) / QUOTE_SCALE)) / freedAfterFee;
};

/** One side of a transfer between tokens: multipliers in 10⁻⁶, prices in 10⁻⁶. */
export type TransferSide = Readonly<{ multiplier: bigint; decimals: number; price: bigint }>;

const checkSide = (name: string, { multiplier, price }: TransferSide): void =>
  checkAboveZero({ [`${name}.multiplier`]: multiplier, [`${name}.price`]: price });

/**
 * Liability to take over so that the account is above its margin again, in its smallest units. No bound (2¹²⁸
 * − 1) where the asset weighs no less than the liability: then no transfer frees anything.
 */
export const liabilityToCoverShortage = (at: {
  readonly marginShortage: bigint;
  readonly assetWeight: bigint;
  readonly assetMultiplier: bigint;
  readonly liabilityWeight: bigint;
  readonly liability: TransferSide;
  readonly insuranceFee: bigint;
}): bigint => {
  const { marginShortage, assetWeight, assetMultiplier, liabilityWeight, liability, insuranceFee } = at;
  checkNotNegative({ marginShortage, assetWeight, assetMultiplier, liabilityWeight, insuranceFee });
  checkSide('liability', liability);
  if (assetWeight >= liabilityWeight) return U128_MAX;
  const [up, down] =
    liability.decimals > 6 ? [tenTo(liability.decimals - 6), 1n] : [1n, tenTo(6 - liability.decimals)];
  // Ten times the weights, for one digit more.
  const weight = liabilityWeight * 10n - (assetWeight * 10n * assetMultiplier) / liability.multiplier;
  const fee = ((liability.price * insuranceFee) / FEE_SCALE) * liabilityWeight * 10n;
  const freed = liability.price * weight - fee;
  checkAboveZero({ freed });
  return (marginShortage * up * PRICE_SCALE * WEIGHT_SCALE * 10n) / freed / down;
};

/** Liability that an amount of the asset pays for, in its smallest units, rounded up. */
export const liabilityImpliedByAsset = (
  assetAmount: bigint,
  asset: TransferSide,
  liability: TransferSide,
): bigint => {
  checkNotNegative({ assetAmount });
  checkSide('asset', asset);
  checkSide('liability', liability);
  const [up, down] =
    liability.decimals > asset.decimals
      ? [tenTo(liability.decimals - asset.decimals), 1n]
      : [1n, tenTo(asset.decimals - liability.decimals)];
  const value = assetAmount * up * asset.price * liability.multiplier;
  return ceilingOf(ceilingOf(value, liability.price * asset.multiplier), down);
};

/**
 * Asset that a liability costs, in its smallest units; the whole asset when less than a dollar would remain.
 */
export const assetForLiability = (
  assetAmount: bigint,
  asset: TransferSide,
  liabilityAmount: bigint,
  liability: TransferSide,
): bigint => {
  checkNotNegative({ assetAmount, liabilityAmount });
  checkSide('asset', asset);
  checkSide('liability', liability);
  const [up, down] =
    asset.decimals > liability.decimals
      ? [tenTo(asset.decimals - liability.decimals), 1n]
      : [1n, tenTo(liability.decimals - asset.decimals)];
  const cost =
    (liabilityAmount * up * liability.price * asset.multiplier) / (asset.price * liability.multiplier);
  const transfer = most(cost / down, 1n);
  const rest = transfer > assetAmount ? transfer - assetAmount : assetAmount - transfer;
  return remainderValue(rest, asset) < QUOTE_SCALE ? assetAmount : transfer;
};

/** As the chain counts a remainder: scaled by the decimals beyond six, not down to them. */
const remainderValue = (amount: bigint, { decimals, price }: TransferSide): bigint => {
  const value = (amount * price) / PRICE_SCALE;
  return decimals > 6 ? value * tenTo(decimals - 6) : value / tenTo(6 - decimals);
};

/**
 * Fee of the insurance fund that a liquidation leaves room for, in 10⁻⁶: min(max, 19/20 · (ratio − fee −
 * shortage / notional)), 0 where nothing is left.
 */
export const perpInsuranceFee = (at: {
  readonly marginShortage: bigint;
  readonly baseAmount: bigint;
  readonly marginRatio: bigint;
  readonly liquidatorFee: bigint;
  readonly oraclePrice: bigint;
  readonly quoteOraclePrice: bigint;
  readonly insuranceFeeMax: bigint;
}): bigint => {
  checkNotNegative(at);
  const ratio = at.marginRatio * RATIO_TO_FEE;
  const price = (at.oraclePrice * at.quoteOraclePrice) / PRICE_SCALE;
  if (price === 0n || ratio <= at.liquidatorFee || at.baseAmount === 0n) return 0n;
  const short = (((at.marginShortage * BASE_SCALE) / at.baseAmount) * PRICE_SCALE) / price;
  const room = atLeastZero(ratio - at.liquidatorFee - short);
  return least(at.insuranceFeeMax, (room * 19n) / 20n);
};

/**
 * Change of the deposits' index (10⁻¹⁰) that takes a loss from all depositors, rounded up; 0 without
 * deposits.
 */
export const socialisedDepositIndexDelta = (loss: bigint, deposits: bigint, index: bigint): bigint => {
  checkNotNegative({ loss, deposits, index });
  return deposits === 0n ? 0n : ceilingOf(index * loss, deposits);
};

/** Change of the funding index (10⁻⁹ quote per base) that takes a loss from all positions, rounded up. */
export const socialisedFundingDelta = (loss: bigint, baseLong: bigint, baseShort: bigint): bigint => {
  const size = (baseLong < 0n ? -baseLong : baseLong) + (baseShort < 0n ? -baseShort : baseShort);
  if (size === 0n) return refuse('base', 'Expected positions that can bear the loss, was 0');
  return ceilingOf((loss < 0n ? -loss : loss) * BASE_SCALE, size) * 1_000n;
};
