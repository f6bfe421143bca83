import { assert } from '@plinth/money';
import type { Vote } from './aggregate.ts';

/**
 * Decimal floating point of Pyth's oracle: value · 10^exponent, whole numbers only, every division towards
 * zero, values cut to less than 2²⁸ after each step. Its rounding is part of the published figures.
 */
type Float10 = Readonly<{ value: bigint; exponent: number }>;

/** Sums of an average as they are kept between slots: value · weight and weight. */
type Sums = Readonly<{ numerator: Float10; denominator: Float10 }>;

/** Averages of price and confidence, and the sums that they continue from. */
export type Ema = Readonly<{
  price: bigint;
  confidence: bigint;
  priceSums: Sums;
  confidenceSums: Sums;
}>;

/** More slots than this without a price, and the average starts anew. */
export const EMA_RESET_SLOTS = 4145n;

const VALUE_BOUND = 1n << 28n;
const STORED_BOUND = 1n << 58n;
const STORED_EXPONENT = { min: -16, max: 15 } as const;
const SCALE9 = 1_000_000_000n;
/** −10⁹ · ln 2 / 5921: half of the weight is gone after 5921 slots, in a first-order decay. */
const DECAY_PER_SLOT: Float10 = { value: -117_065n, exponent: -9 };
const ONE: Float10 = { value: 100_000_000n, exponent: -8 };
const NOTHING: Float10 = { value: 0n, exponent: 0 };
const NO_SUMS: Sums = { numerator: NOTHING, denominator: NOTHING };

export const EMPTY_EMA: Ema = { price: 0n, confidence: 0n, priceSums: NO_SUMS, confidenceSums: NO_SUMS };

/**
 * Pyth's exponential average of prices, weighted by 1/confidence, integer-exact: S ← S · (1 − n · ln 2/5921)
 * + p/c and W ← W · (1 − n · ln 2/5921) + 1/c with n slots since the last one; price = S/W. The confidence is
 * averaged the same way with the same weights. After more than 4145 slots both start anew. A confidence of 0
 * weighs 1.
 */
export const nextEma = (ema: Ema, vote: Vote, exponent: number, slots: bigint): Ema => {
  assert(slots >= 0n, () => `Expected slots from 0, was ${slots}`);
  assert(vote.confidence >= 0n, () => `Expected a confidence from 0, was ${vote.confidence}`);
  const confidence = scaled({ value: vote.confidence, exponent });
  const ofPrice = averaged(ema.priceSums, scaled({ value: vote.price, exponent }), confidence, slots);
  const ofConfidence = averaged(ema.confidenceSums, confidence, confidence, slots);
  return {
    price: atExponent(ofPrice.average, exponent),
    confidence: atExponent(ofConfidence.average, exponent),
    priceSums: ofPrice.sums,
    confidenceSums: ofConfidence.sums,
  };
};

const averaged = (
  before: Sums,
  value: Float10,
  confidence: Float10,
  slots: bigint,
): Readonly<{ average: Float10; sums: Sums }> => {
  const weight = confidence.value === 0n ? ONE : divide(ONE, confidence);
  const weighted = multiply(value, weight);
  if (slots > EMA_RESET_SLOTS)
    return { average: value, sums: kept(before, { numerator: weighted, denominator: weight }) };
  const decay = add(multiply(DECAY_PER_SLOT, { value: slots, exponent: 0 }), ONE);
  const numerator = add(multiply(scaled(before.numerator), decay), weighted);
  const denominator = add(multiply(scaled(before.denominator), decay), weight);
  return { average: divide(numerator, denominator), sums: kept(before, { numerator, denominator }) };
};

/**
 * Sums are packed into 64 bits: 59 of value, 5 of exponent. What does not fit leaves the old ones in place.
 */
const kept = (before: Sums, { numerator, denominator }: Sums): Sums => {
  const [n, d] = [packed(numerator), packed(denominator)];
  return n && d ? { numerator: n, denominator: d } : before;
};

const packed = ({ value, exponent }: Float10): Float10 | undefined => {
  let [v, e] = [value, exponent];
  while (v < -STORED_BOUND || v > STORED_BOUND - 1n || e < STORED_EXPONENT.min) [v, e] = [v / 10n, e + 1];
  for (; e > STORED_EXPONENT.max; e -= 1) {
    v *= 10n;
    if (v < -STORED_BOUND || v > STORED_BOUND - 1n) return undefined;
  }
  return { value: v, exponent: e };
};

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const tenTo = (power: number): bigint => 10n ** BigInt(power);

const scaled = ({ value, exponent }: Float10): Float10 => {
  let [v, e] = [value, exponent];
  for (; magnitude(v) >= VALUE_BOUND; e += 1) v /= 10n;
  return { value: v, exponent: e };
};

const multiply = (a: Float10, b: Float10): Float10 =>
  scaled({ value: a.value * b.value, exponent: a.exponent + b.exponent });

const divide = (a: Float10, b: Float10): Float10 => {
  if (a.value === 0n) return a;
  let [v, shift] = [a.value, 0];
  for (; magnitude(v) < VALUE_BOUND; shift += 1) v *= 10n;
  return scaled({ value: (v * SCALE9) / b.value, exponent: a.exponent - b.exponent - shift - 9 });
};

/**
 * Exact up to 8 decimals apart; further apart the smaller number loses digits, beyond 26 it does not count.
 */
const add = (a: Float10, b: Float10): Float10 => {
  const [high, low] = a.exponent >= b.exponent ? [a, b] : [b, a];
  const apart = high.exponent - low.exponent;
  if (apart < 9) return scaled({ value: high.value * tenTo(apart) + low.value, exponent: low.exponent });
  if (apart >= 27) return scaled(high);
  return scaled({
    value: high.value * SCALE9 + low.value / tenTo(apart - 9),
    exponent: high.exponent - 9,
  });
};

const atExponent = ({ value, exponent }: Float10, target: number): bigint =>
  exponent >= target ? value * tenTo(exponent - target) : value / tenTo(target - exponent);
