import { assert } from './assert.ts';
import { MAX_SCALE, MAX_TEXT_LENGTH, MAX_UNITS_DIGITS } from './limits.ts';

/**
 * A number from outside that is refused. `field` is the path of the offending field; the message says what to
 * send instead.
 */
export class InvalidNumber extends Error {
  override readonly name = 'InvalidNumber';
  readonly field: string;
  constructor(field: string, expected: string, was: unknown) {
    super(`Expected ${field} to be ${expected}, was ${excerpt(was)}`);
    this.field = field;
  }
}

const EXCERPT_LENGTH = 48;

const excerpt = (was: unknown): string => {
  if (typeof was !== 'string') return was === null ? 'null' : `a ${typeof was}`;
  return was.length <= EXCERPT_LENGTH
    ? JSON.stringify(was)
    : `${JSON.stringify(was.slice(0, EXCERPT_LENGTH))}… (${was.length} characters)`;
};

// ASCII digits only, no plus sign, no exponent, no blanks, no leading zeros, no bare point. `$` without the m
// flag does not match before a final line feed.
const PLAIN_DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** Throws unless `text` is a plain decimal number; returns the number of its decimals. */
export const decimalsOf = (text: string, field: string): number => {
  if (typeof text !== 'string' || text.length > MAX_TEXT_LENGTH) {
    throw new InvalidNumber(field, `a decimal number of at most ${MAX_TEXT_LENGTH} characters`, text);
  }
  const match = PLAIN_DECIMAL.exec(text);
  if (match === null) {
    throw new InvalidNumber(
      field,
      'a plain decimal number such as 12.5 (no exponent, plus sign or blanks)',
      text,
    );
  }
  return match[1]?.length ?? 0;
};

/**
 * The canonical text of any plain decimal text: no trailing zeros, no `-0`. Throws `InvalidNumber` naming
 * `field`.
 */
export const canonicalText = (text: string, field: string): string => {
  const decimals = decimalsOf(text, field);
  let end = text.length;
  if (decimals > 0) {
    const point = end - decimals - 1;
    while (end > point + 1 && text.charCodeAt(end - 1) === 48) end--;
    if (end === point + 1) end = point;
  }
  const canonical = end === text.length ? text : text.slice(0, end);
  return canonical === '-0' ? '0' : canonical;
};

const POWERS_OF_TEN: readonly bigint[] = Array.from(
  { length: 2 * MAX_UNITS_DIGITS + 1 },
  (_, n) => 10n ** BigInt(n),
);

/** 10^n as a bigint, n ≥ 0. */
export const powerOfTen = (n: number): bigint => POWERS_OF_TEN[n] ?? 10n ** BigInt(n);

const UNITS_LIMIT = powerOfTen(MAX_UNITS_DIGITS);

export const isWithinUnitsLimit = (units: bigint): boolean => units < UNITS_LIMIT && units > -UNITS_LIMIT;

/** Throws when an amount has left the range that is stored and hashed: never wraps, never loses digits. */
export const checkedUnits = (units: bigint): bigint => {
  assert(units < UNITS_LIMIT && units > -UNITS_LIMIT, () => `Expected fewer than 10^38 units, was ${units}`);
  return units;
};

export const checkedScale = (scale: number): number => {
  assert(
    Number.isInteger(scale) && scale >= 0 && scale <= MAX_SCALE,
    () => `Expected a scale from 0 to ${MAX_SCALE}, was ${scale}`,
  );
  return scale;
};

const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Integers of so many digits are exact in float64. */
const EXACT_DIGITS = 15;

/**
 * `unitsOf` for what nearly every amount looks like, several times faster: plain, in canonical form before
 * the point and at most 15 digits long. Undefined for everything else, good or bad: that goes the long way.
 */
const shortUnits = (text: string, scale: number): bigint | undefined => {
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const end = text.length;
  if (end === start || end - start > EXACT_DIGITS) return undefined;
  let value = 0;
  let point = end;
  for (let n = start; n < end; n += 1) {
    const digit = text.charCodeAt(n) - ZERO;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === POINT - ZERO && point === end) point = n;
    else return undefined;
  }
  const decimals = point === end ? 0 : end - point - 1;
  const isPlain = point > start && (text.charCodeAt(start) !== ZERO || point === start + 1);
  if (!isPlain || point === end - 1 || decimals > scale) return undefined;
  return BigInt(start === 0 ? value : -value) * powerOfTen(scale - decimals);
};

/** Plain decimal text to an integer of 10^-scale. Refuses more decimals than the scale has, even zeros. */
export const unitsOf = (text: string, scale: number, field: string): bigint => {
  const short = typeof text === 'string' ? shortUnits(text, scale) : undefined;
  if (short !== undefined && isWithinUnitsLimit(short)) return short;
  const decimals = decimalsOf(text, field);
  if (decimals > scale) throw new InvalidNumber(field, `a number with at most ${scale} decimals`, text);
  const digits = decimals === 0 ? text : text.slice(0, -decimals - 1) + text.slice(-decimals);
  const units = BigInt(digits) * powerOfTen(scale - decimals);
  if (!isWithinUnitsLimit(units)) {
    throw new InvalidNumber(
      field,
      `a number of at most ${MAX_UNITS_DIGITS - scale} digits before the point`,
      text,
    );
  }
  return units;
};

/** The canonical text of units · 10^-scale: no trailing zeros, no `-0`, no exponent. */
export const formatUnits = (units: bigint, scale: number): string => {
  if (units === 0n) return '0';
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  let end = digits.length;
  const point = end - scale;
  while (end > point && digits.charCodeAt(end - 1) === 48) end--;
  const whole = sign + digits.slice(0, point);
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`;
};
