import { Book } from '../book.ts';
import { checkFinite, refuse } from '../checks.ts';
import type { MarginKernel } from '../margin-kernel.ts';
import { unwindCost } from '../contingencies/concentration.ts';
import type { AccountState } from '../types.ts';
import { loadWithoutVenues } from './failed-venues.ts';
import { MovableMarket } from './movable-market.ts';
import { stateIn, stressedHouse, type StressedHouse } from './run-stress.ts';
import { marketMoveOf, type StressScenario } from './scenario.ts';
import { gradientAt } from '../default-probability/boundary.ts';
import { Revaluation } from '../default-probability/revaluation.ts';

export type ContagionParameters = Readonly<{
  /** Share of the cost of forced selling by which the price stays lower, 0 to 1. */
  permanence: number;
  /** Rounds at most: each liquidates at least one account more, so that it ends by itself. */
  roundsMax: number;
}>;

export const houseContagion: ContagionParameters = { permanence: 0.5, roundsMax: 100 };

/** An account that came to a liquidation in this round. */
export type Fallen = Readonly<{
  account: number;
  state: AccountState;
  equity: number;
  /** Expected cost of closing it through the books, USD. */
  cost: number;
}>;

export type ContagionRound = Readonly<{
  round: number;
  fallen: readonly Fallen[];
  /** What everything fallen sells (positive) or buys of each underlying, and what that did to the price. */
  pressure: readonly Readonly<{ underlying: string; sold: number; fraction: number }>[];
}>;

export type Contagion = Readonly<{
  rounds: readonly ContagionRound[];
  /** True when the last round moved nobody else. */
  isSettled: boolean;
  house: StressedHouse;
  /** State and equity of every account in the end, in the order of the book; the fallen after their costs. */
  accounts: readonly Readonly<{ account: number; state: AccountState; equity: number; round: number }>[];
}>;

type Standing = { state: AccountState; equity: number; round: number };

/**
 * What follows when venues fail (or prices move): accounts that are below their maintenance margin are closed
 * through the books; the cost of that selling moves prices for everybody, in every round by all that has been
 * sold so far; who falls then is closed too, until nobody does. The fallen grow only, so it ends.
 */
export const contagion = (
  kernel: MarginKernel,
  book: Book,
  scenario: StressScenario,
  fund: number,
  parameters: ContagionParameters = houseContagion,
): Contagion => {
  checkFinite('fund', fund);
  const { permanence, roundsMax } = parameters;
  if (!(permanence >= 0 && permanence <= 1)) refuse('permanence', `Expected 0 to 1, was ${permanence}`);
  const { model } = kernel;
  model.refresh();
  const before = Array.from({ length: book.size }, (_, account) => stateIn(kernel, book, account).equity);
  const movable = new MovableMarket(kernel);
  const first = marketMoveOf(model, scenario);
  const left = bookWithout(movable.move(first), book, scenario);
  const fallen = new Map<number, Standing>();
  const sold = new Float64Array(model.catalogue.underlyings.size);
  let pressure = new Float64Array(sold.length);
  const rounds: ContagionRound[] = [];
  let isSettled = false;
  while (!isSettled && rounds.length < roundsMax) {
    const round = rounds.length + 1;
    const priceMoves = first.priceMoves.map(({ underlying, fraction }, u) => ({
      underlying,
      fraction: (1 + fraction) * (1 + pressure[u]!) - 1,
    }));
    const moved = movable.move({ ...first, priceMoves });
    const now = fallenNow(moved, left, fallen, round);
    for (const { account } of now) addSold(moved, left, account, sold);
    pressure = pressureOf(moved, sold, permanence);
    rounds.push({ round, fallen: now, pressure: pressureRows(moved, sold, pressure) });
    isSettled = now.length === 0;
  }
  const accounts = before.map((_, account) => {
    const own = fallen.get(account) ?? { ...stateIn(movable.kernel, left, account), round: 0 };
    return { account, state: own.state, equity: own.equity, round: own.round };
  });
  const ends = accounts.map(({ equity, state, account }) => ({
    equity,
    state,
    profit: equity - before[account]!,
  }));
  return { rounds, isSettled, accounts, house: stressedHouse(ends, fund) };
};

/** Every account as the failure leaves it. */
const bookWithout = ({ model }: MarginKernel, book: Book, { failedVenues }: StressScenario): Book => {
  const failed = new Set(failedVenues.map((id) => model.catalogue.locations.indexOf(id)));
  const left = new Book(book.catalogue);
  for (let account = 0; account < book.size; account++) {
    const place = left.addAccount(book.accounts.ids[account]!);
    if (failed.size === 0) left.load(place, book.read(account));
    else loadWithoutVenues(model, book, account, failed, left, place);
  }
  return left;
};

const fallenNow = (
  kernel: MarginKernel,
  book: Book,
  fallen: Map<number, Standing>,
  round: number,
): readonly Fallen[] => {
  const now: Fallen[] = [];
  for (let account = 0; account < book.size; account++) {
    if (fallen.has(account)) continue;
    const { state, equity } = stateIn(kernel, book, account);
    if (state !== 'liquidation' && state !== 'insolvent') continue;
    const cost = closingCost(kernel, book, account);
    now.push({ account, state, equity, cost });
    // What closing costs is taken from what is left; below zero it is the house's loss.
    fallen.set(account, {
      state: equity - cost < 0 ? 'insolvent' : 'liquidation',
      equity: equity - cost,
      round,
    });
  }
  return now;
};

/** USD by which the account's value falls when each underlying falls to nothing, at today's slope. */
const exposuresOf = ({ model }: MarginKernel, book: Book, account: number): ReadonlyMap<number, number> => {
  const revaluation = new Revaluation(model, book, account);
  const slope = gradientAt(
    (moves) => revaluation.valueAt(moves),
    new Float64Array(revaluation.factorCount),
    1e-4,
  );
  return new Map(revaluation.underlyings.map((u, k) => [u, slope[k]!]));
};

const addSold = (kernel: MarginKernel, book: Book, account: number, sold: Float64Array): void => {
  for (const [u, exposure] of exposuresOf(kernel, book, account)) sold[u]! += exposure;
};

const closingCost = (kernel: MarginKernel, book: Book, account: number): number => {
  let cost = 0;
  for (const [u, exposure] of exposuresOf(kernel, book, account)) cost += costOf(kernel, u, exposure);
  return cost;
};

/**
 * Cost of trading a value of an underlying in all books together: the curve of its own asset where one is
 * known, else the law of impact by its daily volume.
 */
const costOf = ({ model }: MarginKernel, underlying: number, exposure: number): number => {
  const { assets, catalogue, parameters } = model;
  const a = catalogue.assetUnderlyings.indexOf(underlying);
  if (a < 0 || assets.price[a] === 0) return parameters.concentration.maxCostFraction * Math.abs(exposure);
  const curve = exposure > 0 ? assets.sell[a] : assets.buy[a];
  const price = assets.price[a]!;
  return unwindCost(
    curve,
    exposure / price,
    price,
    assets.impact[a]!,
    parameters.concentration.maxCostFraction,
  );
};

/** What has been sold so far moves the price by its average cost, as far as that stays. */
const pressureOf = (
  kernel: MarginKernel,
  sold: Float64Array,
  permanence: number,
): Float64Array<ArrayBuffer> =>
  Float64Array.from(sold, (value, u) => {
    if (value === 0) return 0;
    const share = (permanence * costOf(kernel, u, value)) / Math.abs(value);
    return value > 0 ? -share : share;
  });

const pressureRows = (
  { model }: MarginKernel,
  sold: Float64Array,
  pressure: Float64Array,
): ContagionRound['pressure'] =>
  model.catalogue.underlyings.ids.flatMap((underlying, u) =>
    sold[u] === 0 ? [] : [{ underlying, sold: sold[u]!, fraction: pressure[u]! }],
  );
