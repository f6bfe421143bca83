import { assert, formatUnits, powerOfTen, unitsOf } from '@plinth/money';

/**
 * Amounts inside a decision are integers of 10^-18, whatever the asset: exact for every asset (no scale is
 * larger) and independent of reference data, so that a stream alone gives its state.
 */
export const LEDGER_SCALE = 18;

export const amountOf = (text: string, field: string): bigint => unitsOf(text, LEDGER_SCALE, field);

/** Canonical text. */
export const amountText = (amount: bigint): string => formatUnits(amount, LEDGER_SCALE);

/** An amount in the asset's own smallest units. A remainder is a bug: nothing finer is ever posted. */
export const toAssetUnits = (amount: bigint, scale: number): bigint => {
  const step = powerOfTen(LEDGER_SCALE - scale);
  assert(
    amount % step === 0n,
    () => `Expected an amount of at most ${scale} decimals, was ${amountText(amount)}`,
  );
  return amount / step;
};

export const ofAssetUnits = (units: bigint, scale: number): bigint =>
  units * powerOfTen(LEDGER_SCALE - scale);

/** Whether text at ledger scale also fits the asset's scale. */
export const fitsScale = (amount: bigint, scale: number): boolean =>
  amount % powerOfTen(LEDGER_SCALE - scale) === 0n;

export const minAmount = (a: bigint, b: bigint): bigint => (a < b ? a : b);
