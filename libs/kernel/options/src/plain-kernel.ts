import { plainColumns } from '@plinth/lanes';
import { exp, logRatio } from '@plinth/maths';
import type { BlockKernel } from './block-kernel.ts';
import { isOrdinary } from './ordinary.ts';
import { NEGATIVE_ENOUGH, tails } from './plain-tails.ts';
import { highStep, lowStep, middleStep, place } from './plain-volatility.ts';

const ONE_OVER_SQRT_TWO_PI = 0.3989422804014327;
/** e^x counts as 0 below: what it would be the weight of is below the smallest double. */
const LOWEST = -708;

const columns = plainColumns();

/** v = σ·√T. */
const deviations = (count: number): void => {
  const { volatility, years, deviation } = columns;
  for (let i = 0; i < count; i++) deviation[i] = volatility[i]! * Math.sqrt(years[i]!);
};

/**
 * ln(F/K)/v, and in place of the decay its exponent −(c² + h²)/2, with c = |ln(F/K)|/v and h = v/2. Not 0
 * when an option is not ordinary: its figures mean nothing then.
 */
const locate = (count: number): number => {
  const { forward, strike, deviation, moneyness, decay } = columns;
  let strays = 0;
  for (let i = 0; i < count; i++) {
    const v = deviation[i]!;
    const m = logRatio(forward[i]!, strike[i]!) / v;
    const h = 0.5 * v;
    moneyness[i] = m;
    decay[i] = -0.5 * (m * m + h * h);
    if (!isOrdinary(forward[i]!, strike[i]!, v)) strays++;
  }
  return strays;
};

const decays = (count: number): void => {
  const { decay } = columns;
  for (let i = 0; i < count; i++) {
    const x = decay[i]!;
    decay[i] = x < LOWEST ? 0 : exp(x);
  }
};

/**
 * Discounted values. The weight √(F·K)·e^(−(c²+h²)/2) takes the place of the decay. The option that is out of
 * the money is worth weight·[m(c−h) − m(c+h)], or, which is the same, min(F,K) − weight·[m(h−c) + m(h+c)].
 */
const values = (count: number): void => {
  const { sign, forward, strike, discount, deviation, moneyness, decay, first, second, gap, price } = columns;
  for (let i = 0; i < count; i++) {
    const f = forward[i]!;
    const k = strike[i]!;
    const between = Math.abs(moneyness[i]!) - 0.5 * deviation[i]!;
    const weight = Math.sqrt(f) * Math.sqrt(k) * decay[i]!;
    const time =
      between < NEGATIVE_ENOUGH ? (k < f ? k : f) - weight * (first[i]! + second[i]!) : weight * gap[i]!;
    const intrinsic = sign[i]! * (f - k);
    decay[i] = weight;
    price[i] = discount[i]! * ((intrinsic < 0 ? 0 : intrinsic) + time);
  }
};

/**
 * Sensitivities in quote units, FORMULAS.md. All share weight = √(F·K)·e^(−(c²+h²)/2) = F·√2π·φ(d₁), so that
 * Φ(−|d₁|) = weight/F · m(|d₁|); `tail` is that of the side on which the tails were taken.
 */
const linearGreeks = (count: number): void => {
  const { sign, forward, volatility, years, discount, deviation, moneyness, decay } = columns;
  const { first, second, price, delta, gamma, vega, theta, rho, vanna, volga } = columns;
  for (let i = 0; i < count; i++) {
    const m = moneyness[i]!;
    const v = deviation[i]!;
    const weight = decay[i]!;
    const root = Math.sqrt(years[i]!);
    const perForward = 1 / forward[i]!;
    const perV = 1 / v;
    const h = 0.5 * v;
    const isUp = m >= 0;
    const tail = weight * perForward * (isUp ? second[i]! : first[i]!);
    const isTailUp = !(isUp || Math.abs(m) - h < NEGATIVE_ENOUGH);
    const share = sign[i]! > 0 === isTailUp ? tail : 1 - tail;
    const perVolatility = root * perV;
    const common = discount[i]! * weight * ONE_OVER_SQRT_TWO_PI;
    const density = common * perForward;
    const slope = common * root;
    delta[i] = discount[i]! * sign[i]! * share;
    gamma[i] = density * (perForward * perV);
    vega[i] = slope;
    theta[i] = -0.5 * common * (volatility[i]! * volatility[i]! * perV);
    rho[i] = 0 - years[i]! * price[i]!;
    vanna[i] = 0 - density * (m - h) * perVolatility;
    volga[i] = slope * (m + h) * (m - h) * perVolatility;
  }
};

/** Value and sensitivities in coins, FORMULAS.md: Φ(−|d₂|) = weight/K · m(|d₂|). */
const inverseGreeks = (count: number): void => {
  const { sign, forward, strike, volatility, years, discount, deviation, moneyness, decay } = columns;
  const { first, second, price, delta, gamma, vega, theta, rho, vanna, volga } = columns;
  for (let i = 0; i < count; i++) {
    const m = moneyness[i]!;
    const v = deviation[i]!;
    const root = Math.sqrt(years[i]!);
    const perForward = 1 / forward[i]!;
    const perV = 1 / v;
    const h = 0.5 * v;
    const isUp = m >= 0;
    const tail = decay[i]! * perForward * (isUp ? first[i]! : second[i]!);
    const isTailUp = !(isUp && !(Math.abs(m) - h < NEGATIVE_ENOUGH));
    const share = sign[i]! > 0 === isTailUp ? tail : strike[i]! * perForward - tail;
    const perVolatility = root * perV;
    const density = discount[i]! * decay[i]! * ONE_OVER_SQRT_TWO_PI * perForward;
    const slope = density * root;
    const move = discount[i]! * sign[i]! * share * perForward;
    const value = price[i]! / forward[i]!;
    price[i] = value;
    delta[i] = move;
    gamma[i] = (density * perV - 2 * move * forward[i]!) * (perForward * perForward);
    vega[i] = slope;
    theta[i] = -0.5 * density * (volatility[i]! * volatility[i]! * perV);
    rho[i] = 0 - years[i]! * value;
    vanna[i] = 0 - density * (m + h) * perForward * perVolatility;
    volga[i] = slope * (m + h) * (m - h) * perVolatility;
  }
};

/** One option at a time, for engines without SIMD and for single options. Every step is a loop of its own. */
export const plainKernel: BlockKernel = {
  columns,
  deviations,
  locate,
  decays,
  tails: (count, isApart) => {
    tails(columns, count, isApart);
  },
  values,
  linearGreeks,
  inverseGreeks,
  place: (count) => {
    place(columns, count);
  },
  lowStep: (count) => {
    lowStep(columns, count);
  },
  middleStep: (count) => {
    middleStep(columns, count);
  },
  highStep: (count) => {
    highStep(columns, count);
  },
};
