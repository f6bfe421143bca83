import { isRecord } from './fields.ts';
import { LIMITS } from './limits.ts';

/** A number passes when |got − expected| ≤ max(absolute, relative · |expected|). */
export type Tolerance = Readonly<{ relative: number; absolute: number }>;

export const EXACT: Tolerance = { relative: 0, absolute: 0 };

/** Several values that a key may mean, where a format does not say which. One of them has to agree. */
export class OneOf {
  readonly values: readonly unknown[];
  constructor(...values: readonly unknown[]) {
    this.values = values;
  }
}

export type Difference = Readonly<{ path: string; expected: unknown; got: unknown; error?: number }>;

export type Comparison = Readonly<{
  /** Numbers, texts and flags that were compared. */
  compared: number;
  differences: readonly Difference[];
  /** Keys of `expected` that nothing was computed for. */
  notCompared: readonly string[];
  /** Largest |got − expected| / |expected| of the numbers above the absolute tolerance; 0 when exact. */
  worstRelativeError: number;
  worstAbsoluteError: number;
  worstPath: string;
}>;

type Tally = {
  compared: number;
  differences: Difference[];
  notCompared: string[];
  worstRelativeError: number;
  worstAbsoluteError: number;
  worstPath: string;
};

/** Keys inside `expected` that say how to compare, and are not compared. */
const DIRECTIONS = new Set(['abs_tol', 'rel_tol', 'tolerance_rel', 'tolerance', 'note', 'notes', 'comment']);

/** Walks `expected`, whatever subset of the keys it holds, and compares each leaf with what was computed. */
export const compare = (expected: unknown, got: unknown, tolerance: Tolerance): Comparison => {
  const tally: Tally = {
    compared: 0,
    differences: [],
    notCompared: [],
    worstRelativeError: 0,
    worstAbsoluteError: 0,
    worstPath: '',
  };
  walk('', expected, got, tolerance, tally, 0);
  return tally;
};

const walk = (
  path: string,
  expected: unknown,
  got: unknown,
  tolerance: Tolerance,
  tally: Tally,
  depth: number,
): void => {
  if (depth > LIMITS.depth) {
    differ(tally, { path, expected: `at most ${LIMITS.depth} levels`, got: 'more' });
  } else if (got === undefined) {
    tally.notCompared.push(path === '' ? 'expected' : path);
  } else if (got instanceof OneOf) {
    walk(path, expected, closest(expected, got, tolerance), tolerance, tally, depth);
  } else if (isRecord(expected)) {
    for (const [key, value] of Object.entries(expected)) {
      if (DIRECTIONS.has(key)) continue;
      const inner = isRecord(got) && Object.hasOwn(got, key) ? got[key] : undefined;
      walk(path === '' ? key : `${path}.${key}`, value, inner, tolerance, tally, depth + 1);
    }
  } else if (Array.isArray(expected)) {
    walkList(path, expected, got, tolerance, tally, depth);
  } else {
    compareLeaf(path, expected, got, tolerance, tally);
  }
};

const walkList = (
  path: string,
  expected: readonly unknown[],
  got: unknown,
  tolerance: Tolerance,
  tally: Tally,
  depth: number,
): void => {
  const list: readonly unknown[] = ArrayBuffer.isView(got) ? Array.from(got as Float64Array) : asList(got);
  if (list.length !== expected.length) {
    tally.compared += 1;
    differ(tally, { path, expected: `${expected.length} items`, got: `${list.length} items` });
    return;
  }
  expected.forEach((value, i) => walk(`${path}[${i}]`, value, list[i], tolerance, tally, depth + 1));
};

const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as readonly unknown[]) : [];

const closest = (expected: unknown, { values }: OneOf, tolerance: Tolerance): unknown =>
  values.find((value) => compare(expected, value, tolerance).differences.length === 0) ?? values[0];

type Numeric = number | bigint;
const isNumeric = (value: unknown): value is Numeric =>
  typeof value === 'number' || typeof value === 'bigint';
/** Text that writes an integer stands for it where the other side is a number. */
const numeric = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value;

const compareLeaf = (
  path: string,
  expected: unknown,
  got: unknown,
  tolerance: Tolerance,
  tally: Tally,
): void => {
  tally.compared += 1;
  const [want, have] =
    isNumeric(expected) || isNumeric(got) ? [numeric(expected), numeric(got)] : [expected, got];
  if (!isNumeric(want) || !isNumeric(have)) {
    if (want !== have) differ(tally, { path, expected, got });
    return;
  }
  const distance = distanceOf(want, have);
  const size = Math.abs(Number(want));
  const error = size > tolerance.absolute && distance > 0 ? distance / size : 0;
  if (error > tally.worstRelativeError) [tally.worstRelativeError, tally.worstPath] = [error, path];
  if (distance > tally.worstAbsoluteError) tally.worstAbsoluteError = distance;
  const isClose = distance <= Math.max(tolerance.absolute, tolerance.relative * size);
  // Not `distance > …`: a NaN is a difference.
  if (!isClose) differ(tally, { path, expected, got, error: size > 0 ? distance / size : distance });
};

/** Exact between integers, however large. */
const distanceOf = (a: Numeric, b: Numeric): number => {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b);
  if (Number.isInteger(Number(a)) && Number.isInteger(Number(b))) {
    const gap = BigInt(a) - BigInt(b);
    return Number(gap < 0n ? -gap : gap);
  }
  return Math.abs(Number(a) - Number(b));
};

const differ = (tally: Tally, difference: Difference): void => {
  tally.differences.push(difference);
};

/** Size of the largest number in an expected value. */
export const largestOf = (expected: unknown): number => {
  if (typeof expected === 'number') return Math.abs(expected);
  const inner = isRecord(expected) ? Object.values(expected) : asList(expected);
  return inner.reduce<number>((most, value) => Math.max(most, largestOf(value)), 0);
};
