import { refuse } from '../../checks.ts';

/** Scales of the chain's integers. */
export const PRICE_SCALE = 1_000_000n;
export const QUOTE_SCALE = 1_000_000n;
export const BASE_SCALE = 1_000_000_000n;
export const FEE_SCALE = 1_000_000n;
export const WEIGHT_SCALE = 10_000n;
const DECIMALS_MAX = 30;

/** What the chain says for "no bound": the whole position, the whole liability, the largest fee. */
export const U64_MAX = (1n << 64n) - 1n;
export const U128_MAX = (1n << 128n) - 1n;

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const atLeastZero = (x: bigint): bigint => (x > 0n ? x : 0n);
/** Of numbers from 0. */
export const ceilingOf = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

export const tenTo = (decimals: number): bigint => {
  if (!(Number.isInteger(decimals) && decimals >= 0 && decimals <= DECIMALS_MAX))
    return refuse('decimals', `Expected from 0 to ${DECIMALS_MAX}, was ${decimals}`);
  return 10n ** BigInt(decimals);
};

export const checkNotNegative = (values: Readonly<Record<string, bigint>>): void => {
  for (const [field, value] of Object.entries(values))
    if (value < 0n) refuse(field, `Expected at least 0, was ${value}`);
};

export const checkAboveZero = (values: Readonly<Record<string, bigint>>): void => {
  for (const [field, value] of Object.entries(values))
    if (value <= 0n) refuse(field, `Expected above 0, was ${value}`);
};

/** ⌊√x⌋ by Newton's method from above. */
export const rootOf = (x: bigint): bigint => {
  if (x < 2n) return x;
  let root = 1n << BigInt((x.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
};
