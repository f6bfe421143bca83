import {
  InvalidNumber,
  assert,
  divideUnits,
  formatUnits,
  powerOfTen,
  textToFloat,
  unitsOf,
  unitsToFloat,
} from '@plinth/money';
import { feeBasis, type Listing } from '@plinth/market';

/** What a venue must know of an instrument to trade it. */
export type SimulatedListing = Listing &
  Readonly<{
    /** Units of the underlying per unit of the instrument; 1 for spot. */
    contractSize: string;
    /** Inverse contracts are worth contractSize / price in the fee asset. */
    inverse: boolean;
    feeAsset: string;
    feeScale: number;
    /** The book closes then, for good; never when absent. */
    expiresAtMs?: number;
  }>;

/** The same in integers: prices in ticks, quantities in lots, all sizes at 18 decimals. */
export type ListingTerms = Readonly<{
  instrumentId: string;
  tick: bigint;
  lot: bigint;
  minLots: bigint;
  contractSize: bigint;
  inverse: boolean;
  feeAsset: string;
  feeScale: number;
}>;

const SCALE = 18;

const positive = (text: string, field: string): bigint => {
  const units = unitsOf(text, SCALE, field);
  assert(units > 0n, () => `Expected ${field} over 0, was ${text}`);
  return units;
};

export const termsOf = (listing: SimulatedListing): ListingTerms => {
  const lot = positive(listing.lot, `${listing.instrumentId}.lot`);
  const least = unitsOf(listing.minQuantity, SCALE, `${listing.instrumentId}.minQuantity`);
  const minLots = divideUnits(least, lot, 'up').quotient;
  return {
    instrumentId: listing.instrumentId,
    tick: positive(listing.tick, `${listing.instrumentId}.tick`),
    lot,
    minLots: minLots > 1n ? minLots : 1n,
    contractSize: positive(listing.contractSize, `${listing.instrumentId}.contractSize`),
    inverse: listing.inverse,
    feeAsset: listing.feeAsset,
    feeScale: listing.feeScale,
  };
};

/** A text as a whole number of steps; undefined when it is no positive number or not a multiple. */
const wholeSteps = (text: string, step: bigint): bigint | undefined => {
  try {
    const units = unitsOf(text, SCALE, 'value');
    return units > 0n && units % step === 0n ? units / step : undefined;
  } catch (error) {
    if (error instanceof InvalidNumber) return undefined;
    throw error;
  }
};

export const ticksOf = (terms: ListingTerms, price: string): bigint | undefined =>
  wholeSteps(price, terms.tick);

export const lotsOf = (terms: ListingTerms, quantity: string): bigint | undefined =>
  wholeSteps(quantity, terms.lot);

/**
 * Outside prices and quantities need not fit the grid: bids go down to a tick, asks up, quantities down to a
 * lot. What is not over 0 gives 0.
 */
export const roundedTicks = (terms: ListingTerms, price: string, rounding: 'floor' | 'ceil'): bigint => {
  const units = unitsOf(price, SCALE, 'price');
  if (units <= 0n) return 0n;
  return rounding === 'floor' ? units / terms.tick : (units + terms.tick - 1n) / terms.tick;
};

export const roundedLots = (terms: ListingTerms, quantity: string): bigint => {
  const units = unitsOf(quantity, SCALE, 'quantity');
  return units <= 0n ? 0n : units / terms.lot;
};

export const priceText = (terms: ListingTerms, ticks: bigint): string =>
  formatUnits(ticks * terms.tick, SCALE);

export const quantityText = (terms: ListingTerms, lots: bigint): string =>
  formatUnits(lots * terms.lot, SCALE);

const PPM = 1_000_000n;

/** How an option is charged where there is a cap, as the journal keeps it beside a book. */
export type ChargedOption = Readonly<{ indexPrice: string; capPpm: number }>;

export const chargedOption = (indexPrice: string | undefined, capPpm: number): ChargedOption | undefined => {
  if (indexPrice === undefined || capPpm === 0) return undefined;
  positive(indexPrice, 'indexPrice');
  return { indexPrice, capPpm };
};

/**
 * fee = quantity · contract size · price · rate (linear), quantity · contract size / price · rate (inverse);
 * the rate in parts per million of the notional, negative for a rebate. An option with a cap is charged by
 * the kernel's formula, on the underlying's price or on its premium, whichever is less. Rounded up to the
 * fee asset's smallest unit.
 */
export const feeText = (
  terms: ListingTerms,
  ticks: bigint,
  lots: bigint,
  ratePpm: number,
  option?: ChargedOption,
): string => {
  const size = lots * terms.lot * terms.contractSize;
  if (terms.inverse) {
    const price = ticks * terms.tick * powerOfTen(SCALE) * PPM;
    const fee = divideUnits(size * BigInt(ratePpm) * powerOfTen(terms.feeScale), price, 'ceil');
    return formatUnits(fee.quotient, terms.feeScale);
  }
  const premium = ticks * terms.tick;
  const { on, ppm } = feeBasis(
    unitsToFloat(premium, SCALE),
    ratePpm,
    option && { indexPrice: textToFloat(option.indexPrice), capPpm: option.capPpm },
  );
  const price = on === 'index' ? unitsOf(option?.indexPrice ?? '', SCALE, 'indexPrice') : premium;
  const exact = size * price * BigInt(ppm) * powerOfTen(terms.feeScale);
  return formatUnits(divideUnits(exact, powerOfTen(3 * SCALE) * PPM, 'ceil').quotient, terms.feeScale);
};
