import { accountFactors, defaultProbabilityAt, houseTails, simulatedProbabilities } from '@plinth/margin';
import { referenceBooks, referenceCorrelation } from './reference-books.ts';

export type CheckedProbability = Readonly<{
  book: string;
  equity: number;
  simulated: number;
  /** Standard error of the simulation, relative. */
  simulatedError: number;
  saddlepoint: number;
  /** saddlepoint / simulated − 1. */
  difference: number;
  /** Time of one answer of the saddlepoint, first calls included. */
  milliseconds: number;
}>;

/** Equities tried; those whose probability lies within the range are rows. */
const EQUITIES = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000] as const;
const RANGE = { from: 1e-4, to: 0.5 } as const;

/** The saddlepoint beside a simulation with full revaluation: every reference book, several equities. */
export function* checkProbabilities(
  paths: number,
  seed: number,
  now: () => number,
): Generator<CheckedProbability> {
  const { kernel, book, names } = referenceBooks();
  const tails = houseTails;
  for (const [account, name] of names.entries()) {
    const factors = accountFactors(kernel.model, book, account, referenceCorrelation, tails);
    const estimates = simulatedProbabilities(factors, EQUITIES, tails.degreesOfFreedom, paths, seed);
    for (const [n, { probability: simulated, error }] of estimates.entries()) {
      if (simulated < RANGE.from || simulated > RANGE.to) continue;
      const equity = EQUITIES[n] as number;
      const start = now();
      const { probability: saddlepoint } = defaultProbabilityAt(factors, equity, tails);
      yield {
        ...{ book: name, equity, simulated, simulatedError: error / simulated, saddlepoint },
        difference: saddlepoint / simulated - 1,
        milliseconds: now() - start,
      };
    }
  }
}
