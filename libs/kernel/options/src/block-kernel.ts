import { columnsOf, openLanes, type Columns, type LaneKernels } from '@plinth/lanes';
import { log } from '@plinth/maths';
import { heaviside } from './greek-columns.ts';
import { hasLimit, isOrdinary } from './ordinary.ts';
import { plainKernel } from './plain-kernel.ts';

/**
 * The steps that value a block of options, each over columns that the one before has filled. Two kernels give
 * the same bits: a plain one, and one that takes two options at a time where the engine can.
 */
export type BlockKernel = Readonly<{ columns: Columns }> & Pick<LaneKernels, Step>;

type Step =
  | 'deviations'
  | 'locate'
  | 'decays'
  | 'tails'
  | 'values'
  | 'linearGreeks'
  | 'inverseGreeks'
  | 'place'
  | 'lowStep'
  | 'middleStep'
  | 'highStep';

export type Settlement = 'linear' | 'inverse';

/** The fastest that the engine has. */
export const blockKernel = (): BlockKernel => (chosen ??= laneKernel() ?? plainKernel);

let chosen: BlockKernel | undefined;

/** Undefined where the engine has no SIMD. */
export const laneKernel = (): BlockKernel | undefined => {
  const kernels = openLanes();
  return kernels === undefined ? undefined : { ...kernels, columns: columnsOf(kernels.memory.buffer) };
};

/** Prices of options given by sign, forward, strike, discount and deviation. */
export const priceBlock = (kernel: BlockKernel, count: number): void => {
  const strays = kernel.locate(count);
  kernel.decays(count);
  kernel.tails(count, false);
  kernel.values(count);
  if (strays !== 0) limitPrices(kernel.columns, count);
};

/** Prices and Greeks of options given by sign, forward, strike, volatility, years and discount. */
export const greekBlock = (kernel: BlockKernel, count: number, settlement: Settlement): void => {
  kernel.deviations(count);
  const strays = kernel.locate(count);
  kernel.decays(count);
  kernel.tails(count, false);
  kernel.values(count);
  if (settlement === 'linear') kernel.linearGreeks(count);
  else kernel.inverseGreeks(count);
  if (strays !== 0) limitGreeks(kernel.columns, count, settlement);
  addInterest(kernel.columns, count);
};

/** The intrinsic value where the formula has only a limit; NaN where there is no option. */
const limitPrices = ({ sign, forward, strike, discount, deviation, price }: Columns, count: number): void => {
  for (let i = 0; i < count; i++) {
    const f = forward[i]!;
    const k = strike[i]!;
    if (isOrdinary(f, k, deviation[i]!)) continue;
    const intrinsic = sign[i]! * (f - k);
    price[i] = hasLimit(f, k, deviation[i]!) ? discount[i]! * (intrinsic > 0 ? intrinsic : 0) : NaN;
  }
};

/** Delta is 1, ½ or 0 times the discount; what depends on a density is 0. */
const limitGreeks = (columns: Columns, count: number, settlement: Settlement): void => {
  limitPrices(columns, count);
  const { sign, forward, strike, years, discount, deviation, price } = columns;
  const { delta, gamma, vega, theta, rho, vanna, volga } = columns;
  for (let i = 0; i < count; i++) {
    const f = forward[i]!;
    const k = strike[i]!;
    if (isOrdinary(f, k, deviation[i]!)) continue;
    const none = hasLimit(f, k, deviation[i]!) ? 0 : NaN;
    const share = discount[i]! * sign[i]! * (none === 0 ? heaviside(sign[i]! * (f - k)) : NaN);
    const isInverse = settlement === 'inverse';
    if (isInverse) price[i] = price[i]! / f;
    delta[i] = isInverse ? (share * (k / f)) / f : share;
    gamma[i] = isInverse ? (-2 * delta[i]!) / f : none;
    vega[i] = none;
    theta[i] = none;
    rho[i] = 0 - years[i]! * price[i]!;
    vanna[i] = none;
    volga[i] = none;
  }
};

/** What passing time earns at the rate −ln(discount)/T. */
const addInterest = ({ years, discount, price, theta }: Columns, count: number): void => {
  for (let i = 0; i < count; i++)
    if (discount[i] !== 1 && years[i]! > 0)
      theta[i] = theta[i]! + (-log(discount[i]!) / years[i]!) * price[i]!;
};
