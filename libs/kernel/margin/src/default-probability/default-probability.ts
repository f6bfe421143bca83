import { exp } from '@plinth/maths';
import type { Book } from '../book.ts';
import * as at from '../figures.ts';
import type { MarginKernel } from '../margin-kernel.ts';
import { apply, boundaryQuadratic, nearestBreach } from './boundary.ts';
import {
  accountFactors,
  checkTails,
  houseTails,
  slackOf,
  type CorrelationOf,
  type TailParameters,
} from './factors.ts';
import { studentBelowZero, studentMixture } from './saddlepoint.ts';

/** A factor's move in the nearest breach. */
export type FactorMove = Readonly<{
  underlying: string;
  of: 'price' | 'volatility';
  /** Relative: −0.2 = a fall by 20 %. */
  fraction: number;
  /** In standard deviations of the factor over the horizon. */
  deviations: number;
}>;

export type DefaultProbability = Readonly<{
  /** P(equity after the horizon < 0), 0 to 1; 1 when it is below 0 now. */
  probability: number;
  horizonHours: number;
  equity: number;
  /** Standard deviations to the nearest breach; undefined when there is none within 200. */
  distance: number | undefined;
  nearest: readonly FactorMove[];
}>;

/**
 * Probability that an account's equity is negative at the end of its liquidation horizon (finance §7):
 * factors with the market's volatilities and EWMA correlations, jointly Student t; the quadratic that has the
 * account's own boundary; the saddlepoint formula given the mixing variable, summed over it.
 */
export const defaultProbability = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  correlation: CorrelationOf,
  tails: TailParameters = houseTails,
): DefaultProbability => {
  checkTails(tails);
  const { model } = kernel;
  model.refresh();
  const equity = kernel.value(book, account)[at.EQUITY]!;
  const factors = accountFactors(model, book, account, correlation, tails);
  const { horizonHours, revaluation } = factors;
  const none = { horizonHours, equity, distance: undefined, nearest: [] };
  if (!(equity >= 0)) return { ...none, probability: 1, distance: 0 };
  // An empty account, or one that is exactly at nothing and does not move, defaults on nobody.
  if (equity === 0) return { ...none, probability: revaluation.factorCount === 0 ? 0 : 1, distance: 0 };
  const slack = slackOf(factors, equity);
  const nearest = nearestBreach(slack, revaluation.factorCount);
  if (nearest === undefined) return { ...none, probability: 0 };
  const form = boundaryQuadratic(slack, nearest);
  const { direction, distance } = nearest;
  const moves = apply(
    factors.root,
    direction.map((x) => distance * x),
  );
  return {
    ...none,
    probability: studentBelowZero(form, studentMixture(tails.degreesOfFreedom)),
    distance,
    nearest: factorMoves(model.catalogue.underlyings.ids, factors, moves),
  };
};

const factorMoves = (
  ids: readonly string[],
  { revaluation, deviations }: ReturnType<typeof accountFactors>,
  moves: Float64Array,
): readonly FactorMove[] =>
  [...revaluation.underlyings, ...revaluation.volatile].map((u, k) => ({
    underlying: ids[u]!,
    of: k < revaluation.underlyings.length ? 'price' : 'volatility',
    fraction: exp(moves[k]!) - 1,
    deviations: deviations[k]! > 0 ? moves[k]! / deviations[k]! : 0,
  }));
