import { exp } from '@plinth/maths';
import type { Book } from '../book.ts';
import * as at from '../figures.ts';
import type { MarginKernel } from '../margin-kernel.ts';
import { apply, boundaryQuadratic, nearestBreach, type NearestBreach } from './boundary.ts';
import {
  accountFactors,
  checkTails,
  houseTails,
  slackOf,
  type AccountFactors,
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
  const { horizonHours } = factors;
  const { probability, nearest } = defaultProbabilityAt(factors, equity, tails);
  return {
    ...{ probability, horizonHours, equity },
    distance: nearest?.distance,
    nearest: nearest === undefined ? [] : factorMoves(model.catalogue.underlyings.ids, factors, nearest),
  };
};

/** The same for an account of these factors with any equity; `nearest` in standard factors. */
export const defaultProbabilityAt = (
  factors: AccountFactors,
  equity: number,
  tails: TailParameters,
): Readonly<{ probability: number; nearest: NearestBreach | undefined }> => {
  const n = factors.revaluation.factorCount;
  const here = { direction: new Float64Array(n), distance: 0 };
  if (equity < 0) return { probability: 1, nearest: here };
  // At exactly nothing one side of every move is below it.
  if (equity === 0) return { probability: n === 0 ? 0 : 0.5, nearest: here };
  const slack = slackOf(factors, equity);
  const nearest = nearestBreach(slack, n);
  if (nearest === undefined) return { probability: 0, nearest };
  const form = boundaryQuadratic(slack, nearest);
  return { probability: studentBelowZero(form, studentMixture(tails.degreesOfFreedom)), nearest };
};

const factorMoves = (
  ids: readonly string[],
  { revaluation, deviations, root }: AccountFactors,
  { direction, distance }: NearestBreach,
): readonly FactorMove[] => {
  const moves = apply(
    root,
    direction.map((x) => distance * x),
  );
  return [...revaluation.underlyings, ...revaluation.volatile].map((u, k) => ({
    underlying: ids[u]!,
    of: k < revaluation.underlyings.length ? 'price' : 'volatility',
    fraction: exp(moves[k]!) - 1,
    deviations: deviations[k]! > 0 ? moves[k]! / deviations[k]! : 0,
  }));
};
