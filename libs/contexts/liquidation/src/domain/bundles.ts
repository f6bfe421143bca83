import { toSafeInteger } from '@plinth/money';
import { LIMITS } from './limits.ts';
import type { Bundle, LegTerms } from './legs.ts';

const stepLimit = ({ totalLots, stepLots }: LegTerms): number => Math.min(totalLots, stepLots);

/**
 * What a plan may pick from: every leg by itself; a selling and a buying leg of one underlying in equal
 * amounts (closing one side of a hedge alone would make a scenario's loss grow); slices of all derivatives
 * and of the whole book, which shrink every scenario's loss alike, whatever hedges whatever.
 */
export const bundlesOf = (legs: readonly LegTerms[]): readonly Bundle[] => {
  const bundles: Bundle[] = [];
  legs.forEach((leg, n) => {
    const steps = stepLimit(leg);
    if (steps > 0) bundles.push({ name: leg.kind, legs: [n], steps, lotsAt: (step) => [step] });
  });
  for (const pair of pairsOf(legs)) bundles.push(pair);
  const derivatives = [...legs.keys()].filter((n) => (legs[n] as LegTerms).kind === 'close');
  if (derivatives.length > 1) bundles.push(sliceOf(legs, derivatives, 'slice of the derivatives'));
  if (legs.length > 1 && derivatives.length < legs.length) {
    bundles.push(sliceOf(legs, [...legs.keys()], 'slice of the book'));
  }
  // Slices are last and always stay: they are what can be done when nothing else may.
  return bundles.length <= LIMITS.bundlesMax
    ? bundles
    : [...bundles.slice(0, LIMITS.bundlesMax - 2), ...bundles.slice(-2)];
};

const pairsOf = (legs: readonly LegTerms[]): readonly Bundle[] => {
  const pairs: Bundle[] = [];
  legs.forEach((sell, s) => {
    if (sell.side !== 'sell') return;
    legs.forEach((buy, b) => {
      if (buy.side !== 'buy' || buy.underlying !== sell.underlying) return;
      const step = leastCommonMultiple(sell.lotUnderlying, buy.lotUnderlying);
      const [sellLots, buyLots] = [smallRatio(step, sell.lotUnderlying), smallRatio(step, buy.lotUnderlying)];
      const steps = Math.min(Math.floor(stepLimit(sell) / sellLots), Math.floor(stepLimit(buy) / buyLots));
      if (steps < 1) return;
      pairs.push({
        name: 'hedged pair',
        legs: [s, b],
        steps,
        lotsAt: (k) => [k * sellLots, k * buyLots],
      });
    });
  });
  return pairs;
};

const sliceOf = (legs: readonly LegTerms[], members: readonly number[], name: string): Bundle => {
  const limits = members.map((n) => legs[n] as LegTerms);
  // All legs shrink by one fraction, so the leg that may shrink least bounds the slice.
  const fraction = Math.min(
    1,
    ...limits.map((leg) => (leg.totalLots > 0 ? stepLimit(leg) / leg.totalLots : 1)),
  );
  return {
    name,
    legs: members,
    steps: LIMITS.slices,
    lotsAt: (step) =>
      limits.map(({ totalLots }) => Math.floor((totalLots * fraction * step) / LIMITS.slices + 1e-9)),
  };
};

const greatestCommonDivisor = (a: bigint, b: bigint): bigint =>
  b === 0n ? a : greatestCommonDivisor(b, a % b);

const leastCommonMultiple = (a: bigint, b: bigint): bigint => (a / greatestCommonDivisor(a, b)) * b;

/** a / b where b divides a; Infinity when it is too large to be of use. */
const smallRatio = (a: bigint, b: bigint): number => {
  const ratio = a / b;
  return ratio > 1_000_000_000n ? Infinity : toSafeInteger(ratio);
};
