import { borrowRate, compoundGrowth, linearGrowth, YEAR_SECONDS } from '@plinth/interest';
import { rateCurve } from '@plinth/messages';
import {
  decimalOf,
  decimalToFloat,
  divide,
  floatToText,
  fromFloat,
  multiply,
  ONE,
  subtractDecimal,
  ZERO,
  compareDecimal,
  type Decimal,
} from '@plinth/money';
import { LIMITS } from './limits.ts';

/**
 * A recorded reserve of a lending pool, minute by minute, judged by the interest that the broker computes.
 */
export type LendingCheck = Readonly<{
  file: string;
  minutes: number;
  /**
   * Minutes whose indices moved, and those of them with one update: both indices give the same whole
   * seconds.
   */
  updates: number;
  singles: number;
  /** Largest relative errors over the single updates: of the index, and of what it grew by. */
  indexError: number;
  growthError: number;
  /**
   * Growth from the first to the last update against Σ rate · 60 s. Suppliers earn the fees of flash loans
   * too, which no rate says.
   */
  supplySpanError: number;
  borrowSpanError: number;
  /**
   * Largest relative error of a borrow rate on the curve through two of them, from the utilisation that both
   * rates imply; undefined where the rates do not imply one (loans at a fixed rate pay suppliers too).
   */
  rateError: number | undefined;
  rates: number;
  note: string;
}>;

export class LendingFileError extends Error {
  override readonly name = 'LendingFileError';
}

type Row = Readonly<{ supply: Decimal; borrow: Decimal; supplyIndex: Decimal; borrowIndex: Decimal }>;

const COLUMNS = [
  'liquidity_rate',
  'variable_borrow_rate',
  'liquidity_index',
  'variable_borrow_index',
] as const;
const DIGITS = 36;
const SECONDS_PER_ROW = 60;
/** Both indices of one update give its whole seconds this closely. */
const WHOLE_WITHIN = 1e-5;
/** Rates that lie on a curve lie on it this closely; others are not a function of these rates alone. */
const ON_CURVE_WITHIN = 1e-6;

export const checkLendingFile = (file: string, text: string): LendingCheck => {
  const rows = readRows(file, text);
  const steps = stepsOf(rows);
  const singles = steps.flatMap((step) => singleOf(step));
  // From update to update: an index says nothing about the time since the last one.
  const span = rows.slice(...updatedSpan(rows));
  const first = span[0] ?? rows[0]!;
  const last = span[span.length - 1] ?? first;
  const spanError = (rate: 'supply' | 'borrow', index: 'supplyIndex' | 'borrowIndex'): number => {
    let sum = 0;
    for (const row of span.slice(0, -1)) sum += (decimalToFloat(row[rate]) * SECONDS_PER_ROW) / YEAR_SECONDS;
    return Math.abs(sum / Math.log1p(growthOf(first[index], last[index])) - 1);
  };
  return {
    file,
    minutes: rows.length,
    updates: steps.length,
    singles: singles.length,
    indexError: largest(singles.map(({ indexError }) => indexError)),
    growthError: largest(singles.map(({ growthError }) => growthError)),
    supplySpanError: spanError('supply', 'supplyIndex'),
    borrowSpanError: spanError('borrow', 'borrowIndex'),
    ...ratesOnCurve(rows),
  };
};

/** Places of the first and behind the last row whose indices have just moved. */
const updatedSpan = (rows: readonly Row[]): readonly [number, number] => {
  const isUpdated = ({ borrowIndex }: Row, n: number): boolean =>
    n > 0 && compareDecimal(rows[n - 1]!.borrowIndex, borrowIndex) !== 0;
  return [rows.findIndex(isUpdated), rows.findLastIndex(isUpdated) + 1];
};

const largest = (values: readonly number[]): number => values.reduce((most, one) => Math.max(most, one), 0);

const readRows = (file: string, text: string): readonly Row[] => {
  const lines = text.trim().split(/\r?\n/);
  if (lines.length - 1 > LIMITS.lendingRowsMax)
    throw new LendingFileError(`${file}: Expected at most ${LIMITS.lendingRowsMax} rows`);
  const header = (lines[0] ?? '').split(',');
  const places = COLUMNS.map((name) => header.indexOf(name));
  const missing = COLUMNS.find((_, n) => places[n] === -1);
  if (missing !== undefined) throw new LendingFileError(`${file}: Expected a column ${missing}`);
  if (lines.length < 3) throw new LendingFileError(`${file}: Expected at least two rows`);
  return lines.slice(1).map((line, n) => {
    const cells = line.split(',');
    const [supply, borrow, supplyIndex, borrowIndex] = places.map((place, m) => {
      try {
        return decimalOf(cells[place] ?? '', COLUMNS[m]);
      } catch (error) {
        throw new LendingFileError(`${file}: row ${n + 2}: ${(error as Error).message}`);
      }
    }) as [Decimal, Decimal, Decimal, Decimal];
    for (const index of [supplyIndex, borrowIndex])
      if (compareDecimal(index, ZERO) <= 0)
        throw new LendingFileError(`${file}: row ${n + 2}: Expected an index over 0`);
    return { supply, borrow, supplyIndex, borrowIndex };
  });
};

type Step = Readonly<{ before: Row; after: Row }>;

/** Neighbouring minutes between which the pool was touched: only then its indices move. */
const stepsOf = (rows: readonly Row[]): readonly Step[] =>
  rows.flatMap((after, n) => {
    const before = rows[n - 1];
    const moved = before !== undefined && compareDecimal(before.borrowIndex, after.borrowIndex) !== 0;
    return moved ? [{ before, after }] : [];
  });

const growthOf = (from: Decimal, to: Decimal): number =>
  decimalToFloat(subtractDecimal(divide(to, from, DIGITS, 'half-even').quotient, ONE));

/**
 * Time since the update before, from either index; when one update moved both they agree on whole seconds.
 * Nothing when the pool was touched more than once in the minute: the rates in between were not recorded.
 */
const singleOf = ({
  before,
  after,
}: Step): readonly Readonly<{ indexError: number; growthError: number }>[] => {
  const [earned, paid] = [before.supply, before.borrow].map((rate) => decimalToFloat(rate)) as [
    number,
    number,
  ];
  if (earned === 0 || paid === 0) return [];
  const supplied = (growthOf(before.supplyIndex, after.supplyIndex) * YEAR_SECONDS) / earned;
  const borrowed = (Math.log1p(growthOf(before.borrowIndex, after.borrowIndex)) * YEAR_SECONDS) / paid;
  const seconds = Math.round(supplied);
  if (Math.abs(supplied - seconds) > WHOLE_WITHIN || Math.abs(borrowed - seconds) > WHOLE_WITHIN) return [];
  const compare = (from: Decimal, to: Decimal, growth: Decimal) => ({
    indexError: Math.abs(growthOf(to, multiply(from, growth))),
    growthError: Math.abs(decimalToFloat(subtractDecimal(growth, ONE)) / growthOf(from, to) - 1),
  });
  return [
    compare(before.supplyIndex, after.supplyIndex, linearGrowth(before.supply, seconds)),
    compare(before.borrowIndex, after.borrowIndex, compoundGrowth(before.borrow, seconds)),
  ].reduce<{ indexError: number; growthError: number }[]>(
    ([most], one) => [
      {
        indexError: Math.max(most?.indexError ?? 0, one.indexError),
        growthError: Math.max(most?.growthError ?? 0, one.growthError),
      },
    ],
    [],
  );
};

type OnCurve = Pick<LendingCheck, 'rateError' | 'rates' | 'note'>;

/**
 * Suppliers earn borrow rate · U · (1 − reserve factor), so the ratio of the rates is the utilisation up to a
 * constant. Below the kink the borrow rate is a straight line in it: the line through the lowest and the
 * highest rate is made a curve of ours, and every other rate is computed from its utilisation.
 */
const ratesOnCurve = (rows: readonly Row[]): OnCurve => {
  const pairs = new Map<string, readonly [share: number, rate: number]>();
  for (const { supply, borrow } of rows) {
    const rate = decimalToFloat(borrow);
    if (rate > 0) pairs.set(`${supply.toFixed()} ${borrow.toFixed()}`, [decimalToFloat(supply) / rate, rate]);
  }
  const sorted = [...pairs.values()].sort((a, b) => a[1] - b[1]);
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const none = (note: string): OnCurve => ({ rateError: undefined, rates: sorted.length, note });
  if (sorted.length < 3 || low === undefined || high === undefined) return none('fewer than three rates');
  const slope = (high[1] - low[1]) / (high[0] - low[0]);
  const base = low[1] - slope * low[0];
  if (!(slope > 0 && base >= 0 && slope <= 100)) return none('the ratio of the rates is no utilisation');
  const curve = rateCurve({
    ...{ kind: 'kinked', base: floatToText(base, 18), slope1: floatToText(slope, 18) },
    ...{ slope2: '0', kink: '1' },
  });
  const errors = sorted.map(([share, rate]) =>
    Math.abs(decimalToFloat(borrowRate(curve, fromFloat(Math.min(1, share), 18))) / rate - 1),
  );
  const error = largest(errors);
  return error <= ON_CURVE_WITHIN
    ? { rateError: error, rates: sorted.length, note: '' }
    : none('the rates are no function of one utilisation: loans at fixed rates pay suppliers too');
};
