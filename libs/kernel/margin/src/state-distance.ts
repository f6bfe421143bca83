import type { Book } from './book.ts';
import { bisect } from './liquidation-price.ts';
import { MarginKernel } from './margin-kernel.ts';
import { moveImplied } from './option-moves.ts';
import { RiskModel } from './risk-model.ts';
import { thresholdOf, type Severity } from './state.ts';
import * as at from './figures.ts';
import { ACCOUNT_STATES, type AccountState } from './types.ts';
import { aside, movePrices } from './what-if.ts';

/** How far one risk factor may move alone before an account is in a worse state. */
export type StateDistance = Readonly<{
  factor: 'price' | 'volatility';
  underlying: string;
  state: AccountState;
  /** Nearest multiples of today's level, below and above 1; both 1 where the state is reached already. */
  below: number | undefined;
  above: number | undefined;
}>;

/** Levels are searched in steps of 10 %, from a tenth to ten times today's. */
const STEP = 1.1;
const LOWEST = 0.1;
const HIGHEST = 10;
const STATES = [1, 2, 3, 4] as const satisfies readonly Severity[];

/**
 * Distance to each worse state along the price and, where the account holds options, the implied volatility
 * of every underlying (finance §6.6). Found to 1e-9 of the level.
 */
export const stateDistances = (
  kernel: MarginKernel,
  book: Book,
  account: number,
): readonly StateDistance[] => {
  const { model } = kernel;
  const { catalogue } = model;
  model.refresh();
  kernel.value(book, account);
  const { scratch } = kernel;
  const underlyings = [...scratch.underlyings.subarray(0, scratch.underlyingCount)];
  const shapes = [...scratch.shapes.subarray(0, scratch.shapeCount)];
  const withOptions = new Set(
    shapes
      .filter((shape) => model.arrays.expiryMs[shape]! > 0)
      .map((shape) => model.arrays.underlying[shape]!),
  );
  return underlyings.flatMap((u) => {
    const underlying = catalogue.underlyings.ids[u]!;
    const price = distancesAlong(kernel, book, account, 'price', underlying);
    if (!withOptions.has(u)) return price;
    return [...price, ...distancesAlong(kernel, book, account, 'volatility', underlying)];
  });
};

const distancesAlong = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  factor: StateDistance['factor'],
  underlying: string,
): readonly StateDistance[] => {
  const { model } = kernel;
  const { parameters, catalogue } = model;
  const alone = aside(kernel, book, account, {});
  /** What is left above the threshold of each state at a multiple of today's level. */
  const slacksAt = (multiple: number): readonly number[] => {
    const market = model.market.copy();
    const fraction = multiple - 1;
    if (factor === 'price') movePrices(model, market, { underlying, fraction });
    else moveImplied(catalogue, market, underlying, fraction);
    const moved = new MarginKernel(new RiskModel(parameters, catalogue, market));
    const figures = moved.value(alone.book, alone.account);
    return STATES.map((state) => figures[at.EQUITY]! - thresholdOf(figures, 0, state, parameters));
  };
  const now = slacksAt(1);
  const [below, above] = [1 / STEP, STEP].map((step) => crossingsOf(slacksAt, step));
  return STATES.map((state, n) => {
    const isReached = now[n]! < 0;
    return {
      ...{ factor, underlying, state: ACCOUNT_STATES[state] },
      below: isReached ? 1 : below![n],
      above: isReached ? 1 : above![n],
    };
  });
};

/** Where each slack first turns negative on one side. */
const crossingsOf = (
  slacksAt: (multiple: number) => readonly number[],
  step: number,
): readonly (number | undefined)[] => {
  const found: (number | undefined)[] = STATES.map(() => undefined);
  let safe = 1;
  for (let next = step; next >= LOWEST && next <= HIGHEST; next *= step) {
    const slacks = slacksAt(next);
    for (const n of STATES.keys())
      if (found[n] === undefined && slacks[n]! < 0) found[n] = bisect((m) => slacksAt(m)[n]!, safe, next);
    if (!found.includes(undefined)) return found;
    safe = next;
  }
  return found;
};
