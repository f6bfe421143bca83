import { rateCurve } from '@plinth/messages';
import {
  borrowRate,
  cometCurve,
  compoundGrowth,
  compoundGrowthPerSecond,
  deriveCurve,
  EULER_YEAR_SECONDS,
  eulerRatePerSecond,
  eulerUtilisation,
  linearGrowth,
  stretchedRate,
  YEAR_SECONDS,
} from '@plinth/interest';
import { decimalToFloat, fromFloat, multiply, ONE, subtractDecimal, ZERO, type Decimal } from '@plinth/money';
import { CaseError, fieldsAt, integerAt, numberAt, textAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

/** Decimals that a float of a case keeps. */
const DIGITS = 18;
const MODELS: Readonly<Record<string, (input: Fields) => Fields>> = {
  'kink-slope': (input) => {
    const rate = stretchedRate(
      deriveCurve({
        minRate: decimalAt(input, 'min_rate'),
        multiplier: decimalAt(input, 'mult'),
        highMultiplier: decimalAt(input, 'high_mult'),
        kink: decimalAt(input, 'kink'),
      }),
      utilisationOf(input),
    );
    const growth = compoundGrowth(rate, secondsAt(input, 'elapsed_seconds', 0));
    return {
      borrow_rate: decimalToFloat(rate),
      interest_factor: decimalToFloat(subtractDecimal(growth, ONE)),
    };
  },
  'comet-dual-kink': (input) => ({
    supply_apr: cometRate(input, 'supply'),
    borrow_apr: cometRate(input, 'borrow'),
  }),
  'aave-v3-kink': (input) => {
    const utilisation = utilisationOf(input);
    const [base, slope1, slope2, kink] = ['base', 'slope1', 'slope2', 'optimal'].map((key) =>
      decimalAt(input, key).toFixed(),
    ) as [string, string, string, string];
    const rate = borrowRate(rateCurve({ kind: 'kinked', base, slope1, slope2, kink }), utilisation);
    const earned = multiply(rate, utilisation);
    const kept = subtractDecimal(ONE, decimalAt(input, 'reserve_factor', ZERO));
    return {
      variable_borrow_rate: decimalToFloat(rate),
      liquidity_rate_before_reserve_factor: decimalToFloat(earned),
      liquidity_rate: decimalToFloat(multiply(earned, kept)),
    };
  },
  'linear-interest': (input) => ({
    factor: decimalToFloat(linearGrowth(decimalAt(input, 'rate'), elapsedOf(input))),
  }),
  'compound-interest': (input) => {
    const factor = decimalToFloat(compoundGrowth(decimalAt(input, 'rate'), elapsedOf(input)));
    return { factor, factor_exact: factor };
  },
  'euler-linear-kink': (input) => {
    const terms = {
      base: integerAt(input, 'base', 0n),
      slope1: integerAt(input, 'slope1'),
      slope2: integerAt(input, 'slope2'),
      kink: integerAt(input, 'kink'),
    };
    const rate = eulerRatePerSecond(terms, eulerUtilisation(utilisationOf(input)));
    const year = compoundGrowthPerSecond(rate, EULER_YEAR_SECONDS);
    return { rate_per_second: decimalToFloat(rate), apy: decimalToFloat(subtractDecimal(year, ONE)) };
  },
};

/**
 * Rates of lending pools, per `model`. Utilisation is `utilization`, or `borrows` / `supply` (0 without
 * supply). Optional keys: `reserve_factor` 0, `elapsed_seconds` 0, Euler's `base` 0; time is `years` of 365
 * days or `elapsed_seconds`. Wider tolerances of a case (`rel_tol`, `tolerance_rel`) count.
 */
export const interestRates: CaseFormat = {
  name: '04-interest-rates',
  keys: ['model', 'input'],
  tolerance: ({ expected }) => {
    const own = fieldsAt({ expected }, 'expected');
    const relative = Math.max(1e-6, numberAt(own, 'rel_tol', 0), numberAt(own, 'tolerance_rel', 0));
    return { relative, absolute: Math.max(1e-12, numberAt(own, 'abs_tol', 0)) };
  },
  evaluate: (item) => {
    const model = MODELS[textAt(item, 'model')];
    if (!model)
      throw new CaseError(
        `model: Expected one of ${Object.keys(MODELS).join(', ')}, was ${textAt(item, 'model')}`,
      );
    return model(fieldsAt(item, 'input'));
  },
  notes: [
    'Interest compounds per second; figures that compound continuously differ by less than 1e-8 of it',
    'Euler: the published yields at a quarter and three quarters of use are 1.9e-6 and 5e-7 off the ' +
      'published slopes, however they compound; each of these cases allows 1e-4',
  ],
};

const cometRate = (input: Fields, side: 'supply' | 'borrow'): number =>
  decimalToFloat(
    stretchedRate(
      cometCurve({
        base: decimalAt(input, `${side}_base`),
        slopeLow: decimalAt(input, `${side}_low`),
        slopeHigh: decimalAt(input, `${side}_high`),
        kink: decimalAt(input, `${side}_kink`),
      }),
      utilisationOf(input),
    ),
  );

const decimalAt = (input: Fields, key: string, fallback?: Decimal): Decimal =>
  fallback !== undefined && (input[key] ?? undefined) === undefined
    ? fallback
    : fromFloat(numberAt(input, key), DIGITS);

const utilisationOf = (input: Fields): Decimal => {
  if (input['utilization'] !== undefined) return decimalAt(input, 'utilization');
  const supply = numberAt(input, 'supply');
  return supply === 0 ? ZERO : fromFloat(numberAt(input, 'borrows') / supply, DIGITS);
};

const secondsAt = (input: Fields, key: string, fallback?: number): number => {
  const seconds = Math.round(numberAt(input, key, fallback));
  if (seconds < 0) throw new CaseError(`${key}: Expected seconds from 0, was ${seconds}`);
  return seconds;
};

const elapsedOf = (input: Fields): number =>
  input['elapsed_seconds'] === undefined
    ? secondsAt({ years: numberAt(input, 'years') * YEAR_SECONDS }, 'years')
    : secondsAt(input, 'elapsed_seconds');
