import { exp, log, Random } from '@plinth/maths';
import type { Book } from '../book.ts';
import { checkFinite } from '../checks.ts';
import { apply, nearestBreach, type Slack } from '../default-probability/boundary.ts';
import {
  accountFactors,
  checkTails,
  factorLaw,
  houseTails,
  type CorrelationOf,
  type TailParameters,
} from '../default-probability/factors.ts';
import { normalsFrom, uniformsFrom } from '../default-probability/normals.ts';
import { Revaluation } from '../default-probability/revaluation.ts';
import * as at from '../figures.ts';
import type { MarginKernel } from '../margin-kernel.ts';
import type { RiskModel } from '../risk-model.ts';
import { LARGEST, smallestShock } from './box-search.ts';
import { MovableMarket } from './movable-market.ts';

/** What a shock brings an account to: equity at the maintenance margin, or at nothing. */
export type BreachTarget = 'maintenance' | 'zero';
/**
 * How large a shock is: its Mahalanobis norm in standard deviations of the horizon, or its largest move in
 * units of the underlying's own x (of the scenarios' volatility shocks for volatilities).
 */
export type ShockNorm = 'mahalanobis' | 'sup';

export type ShockOf = Readonly<{ underlying: string; of: 'price' | 'volatility'; fraction: number }>;

export type ReverseStress = Readonly<{
  /** Size of the smallest shock found; 0 when the target is met now, undefined when none reaches it. */
  size: number | undefined;
  shock: readonly ShockOf[];
  /** What is left above the target now, USD. */
  slack: number;
  horizonHours: number;
  /** Seeded shocks 1 % smaller than the one found, tried afterwards; and how many reached the target. */
  sampled: number;
  smallerFound: number;
}>;

/** What is left of something when the factors move by these logarithms. */
type SlackOfMoves = (moves: Float64Array) => number;

type Search = Readonly<{
  model: RiskModel;
  underlyings: readonly number[];
  volatile: readonly number[];
  root: Float64Array;
  horizonHours: number;
  slack: SlackOfMoves;
}>;

const SAMPLES = 256;
const ROUNDS = 3;
/** Width of the samples around the shock found. */
const AROUND = 0.3;
/** Samples are this much smaller than the shock found. */
const INSIDE = 0.99;

/** The smallest joint shock that brings an account to its maintenance margin or to nothing. */
export const reverseStress = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  correlation: CorrelationOf,
  target: BreachTarget,
  norm: ShockNorm,
  tails: TailParameters = houseTails,
): ReverseStress => {
  checkTails(tails);
  const { model } = kernel;
  model.refresh();
  const { revaluation, root, horizonHours } = accountFactors(model, book, account, correlation, tails);
  const movable = new MovableMarket(kernel);
  const { underlyings, volatile } = revaluation;
  const slack: SlackOfMoves = (moves) => {
    const shock = shockOf(model, underlyings, volatile, moves);
    const figures = movable
      .move({
        priceMoves: shock.filter(({ of }) => of === 'price'),
        impliedMoves: shock.filter(({ of }) => of === 'volatility'),
      })
      .value(book, account);
    return figures[at.EQUITY]! - (target === 'maintenance' ? figures[at.MAINTENANCE]! : 0);
  };
  return searched({ model, underlyings, volatile, root, horizonHours, slack }, norm);
};

/**
 * The smallest joint shock after which accounts together owe more than the fund has. Deductions from equity
 * are as they are now; contracts are revalued in full.
 */
export const reverseStressHouse = (
  kernel: MarginKernel,
  book: Book,
  correlation: CorrelationOf,
  fund: number,
  norm: ShockNorm,
  tails: TailParameters = houseTails,
): ReverseStress => {
  checkTails(tails);
  checkFinite('fund', fund);
  const { model } = kernel;
  model.refresh();
  const all = Array.from({ length: book.size }, (_, account) => {
    const equity = kernel.value(book, account)[at.EQUITY]!;
    return { equity, revaluation: new Revaluation(model, book, account) };
  });
  const of = (list: (one: Revaluation) => readonly number[]): readonly number[] =>
    [...new Set(all.flatMap(({ revaluation }) => list(revaluation)))].sort((a, b) => a - b);
  const underlyings = of((one) => one.underlyings);
  const volatile = of((one) => one.volatile);
  const placed = all.map(({ equity, revaluation }) => ({
    equity: equity - revaluation.now,
    revaluation,
    moves: new Float64Array(revaluation.factorCount),
    places: [
      ...revaluation.underlyings.map((u) => underlyings.indexOf(u)),
      ...revaluation.volatile.map((u) => underlyings.length + volatile.indexOf(u)),
    ],
  }));
  const slack: SlackOfMoves = (moves) => {
    let left = fund;
    for (const { equity, revaluation, moves: own, places } of placed) {
      places.forEach((place, k) => (own[k] = moves[place]!));
      left -= Math.max(0, -(equity + revaluation.valueAt(own)));
    }
    return left;
  };
  const hours = underlyings.reduce(
    (most, u) => Math.max(most, model.underlyingParameters[u]!.horizonHours),
    0,
  );
  const { root } = factorLaw(model, { underlyings, volatile }, correlation, tails, hours);
  return searched({ model, underlyings, volatile, root, horizonHours: hours, slack }, norm);
};

const searched = (search: Search, norm: ShockNorm): ReverseStress => {
  const { horizonHours, slack, model, underlyings, volatile } = search;
  const n = underlyings.length + volatile.length;
  const now = slack(new Float64Array(n));
  const none = { shock: [], slack: now, horizonHours, sampled: 0, smallerFound: 0 };
  if (now < 0) return { ...none, size: 0 };
  if (n === 0) return { ...none, size: undefined };
  const moves = norm === 'mahalanobis' ? byEllipsoid(search, n) : byBox(search, n);
  if (moves === undefined) return { ...none, size: undefined };
  return { ...none, ...moves.found, shock: shockOf(model, underlyings, volatile, moves.moves) };
};

type Found = Readonly<{
  moves: Float64Array;
  found: Pick<ReverseStress, 'size' | 'sampled' | 'smallerFound'>;
}>;

/** Searched, sampled, and searched again from the samples that were better, three times at most. */
const byEllipsoid = ({ slack, root }: Search, n: number): Found | undefined => {
  const slackAt: Slack = (z) => slack(apply(root, z));
  let starts: readonly Float64Array[] = [];
  for (let round = 1; ; round++) {
    const nearest = nearestBreach(slackAt, n, starts);
    if (nearest === undefined) return undefined;
    const { direction, distance } = nearest;
    const directions = directionsOf(direction, round);
    const better = directions.filter((one) => slackAt(one.map((x) => INSIDE * distance * x)) < 0);
    if (better.length > 0 && round < ROUNDS) {
      starts = better.slice(0, 8);
      continue;
    }
    const moves = apply(
      root,
      direction.map((x) => distance * x),
    );
    return { moves, found: { size: distance, sampled: directions.length, smallerFound: better.length } };
  }
};

/** Half of them anywhere, half around the one found, where a nearer one would most likely be. */
const directionsOf = (found: Float64Array, round: number): readonly Float64Array[] => {
  const normal = normalsFrom(uniformsFrom(Random.of('reverse stress', round)));
  return Array.from({ length: SAMPLES }, (_, sample) => {
    const z = found.map((x) => (sample % 2 === 0 ? 0 : x) + AROUND * normal());
    const length = Math.sqrt(z.reduce((sum, x) => sum + x * x, 0));
    return z.map((x) => x / length);
  });
};

/** The box is a cube in units of x; its corners and edges are searched, its inside is sampled. */
const byBox = ({ slack, model, underlyings, volatile }: Search, n: number): Found | undefined => {
  const movesAt = (s: Float64Array): Float64Array =>
    s.map((value, k) => {
      const u = underlyings[k];
      if (u !== undefined) return logOf(value * model.shockSizes[u]!);
      const { volShockUp, volShockDown } = model.underlyingParameters[volatile[k - underlyings.length]!]!;
      return logOf(value * (value > 0 ? volShockUp : volShockDown));
    });
  const slackAt = (s: Float64Array): number => slack(movesAt(s));
  const found = smallestShock(slackAt, n, LARGEST);
  if (found === undefined) return undefined;
  const { size, shock } = found;
  const random = Random.of('reverse stress', 'box');
  let smallerFound = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const inside = Float64Array.from({ length: n }, () => INSIDE * size * random.between(-1, 1));
    if (slackAt(inside) < 0) smallerFound++;
  }
  return { moves: movesAt(shock), found: { size, sampled: SAMPLES, smallerFound } };
};

/** No price falls by more than 99 %. */
const logOf = (fraction: number): number => log(1 + Math.max(-0.99, fraction));

const shockOf = (
  { catalogue }: RiskModel,
  underlyings: readonly number[],
  volatile: readonly number[],
  moves: Float64Array,
): readonly ShockOf[] =>
  [...underlyings, ...volatile].map((u, k) => ({
    underlying: catalogue.underlyings.ids[u]!,
    of: k < underlyings.length ? 'price' : 'volatility',
    fraction: exp(moves[k]!) - 1,
  }));
