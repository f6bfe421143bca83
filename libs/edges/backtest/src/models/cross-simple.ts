import { houseParameters } from '@plinth/margin';
import { grossLines } from '../books/gross-lines.ts';
import type { Sample } from '../run/sample.ts';
import { coinKind, type FlatRates } from './flat-rates.ts';
import { emptyJudged, type Judged } from './judged.ts';

/**
 * Shares of the notional that covered 99.5 % of single positions, long and short, over four hours of the
 * crashes of March 2020 and May 2021, rounded up to whole percents: a flat rate that is as safe as the house.
 */
export const FLAT_RATES: FlatRates = { majors: 0.21, others: 0.24, stables: 0.08 };
/** Initial over maintenance, as the house has it. */
const INITIAL_OVER_MAINTENANCE = houseParameters.imShockMultiplier;

/**
 * Cross margin without offsets: a flat share of every position's notional, and of every coin or stablecoin
 * held or owed, summed; a bought option its value at most. What most venues' default mode does.
 */
export const judgeByFlatRates = (sample: Sample, rates: FlatRates = FLAT_RATES): Judged => {
  const judged = emptyJudged('cross-simple', sample.books.length);
  sample.books.forEach((book, n) => {
    let asked = 0;
    for (const { underlying, dollars, mostLost = Infinity } of grossLines(sample.history, book))
      asked += Math.min(mostLost, rates[coinKind(underlying)] * dollars);
    judged.maintenance[n] = asked;
    judged.initial[n] = asked * INITIAL_OVER_MAINTENANCE;
  });
  return judged;
};
