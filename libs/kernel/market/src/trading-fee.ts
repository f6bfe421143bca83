import type { InstrumentKind } from './nouns.ts';

const PPM = 1_000_000;

/**
 * How a venue with a cap charges options: its rate on the price of the underlying, at most a part of the
 * premium.
 */
export type OptionFee = Readonly<{
  /** Price of the underlying in the asset of the premium; Infinity when not known: the cap binds then. */
  indexPrice: number;
  /** Parts per million of the premium, over 0. */
  capPpm: number;
}>;

/** A fee as a rate on one of two prices, so that who must be exact can multiply it out himself. */
export type FeeBasis = Readonly<{ on: 'price' | 'index'; ppm: number }>;

/**
 * Fee of one unit of the underlying. Without a cap rate · price; an option where there is one:
 * sign(rate) · min(|rate| · index, cap · premium), as Deribit, OKX and Derive charge it. The cap bounds a
 * rebate as well. `price` ≥ 0 is the premium of an option; rates in signed parts per million, negative for
 * a rebate.
 */
export const feeBasis = (price: number, ratePpm: number, option: OptionFee | undefined): FeeBasis => {
  if (option === undefined || ratePpm === 0) return { on: 'price', ppm: ratePpm };
  const isCapped = Math.abs(ratePpm) * option.indexPrice >= option.capPpm * price;
  return isCapped ? { on: 'price', ppm: Math.sign(ratePpm) * option.capPpm } : { on: 'index', ppm: ratePpm };
};

/** The fee of `feeBasis` in the asset of the price, per unit of the underlying; negative for a rebate. */
export const feePerUnit = (price: number, ratePpm: number, option: OptionFee | undefined): number => {
  const { on, ppm } = feeBasis(price, ratePpm, option);
  return ((on === 'index' ? (option as OptionFee).indexPrice : price) * ppm) / PPM;
};

/** The same as parts per million of the price; the cap at a price of 0. */
export const feePpmAt = (price: number, ratePpm: number, option: OptionFee | undefined): number => {
  const { on, ppm } = feeBasis(price, ratePpm, option);
  return on === 'index' ? (ppm * (option as OptionFee).indexPrice) / price : ppm;
};

/**
 * What `feeBasis` asks of an instrument at a venue; undefined for anything but an option where options are
 * capped. Prices in USD; a price that is not known gives the cap.
 */
export const optionFeeOf = (
  kind: InstrumentKind,
  optionFeeCapPpm: number,
  underlyingUsd: number | undefined,
  quoteUsd: number | undefined,
): OptionFee | undefined => {
  if (kind !== 'option' || optionFeeCapPpm === 0) return undefined;
  const isKnown = underlyingUsd !== undefined && quoteUsd !== undefined && quoteUsd > 0;
  return { indexPrice: isKnown ? underlyingUsd / quoteUsd : Infinity, capPpm: optionFeeCapPpm };
};
