import type { RiskParameters } from '@plinth/margin';
import { CUSTODY, type DrawnBook } from '../books/drawn-book.ts';
import type { Line } from '../data/series.ts';
import type { Sample } from '../run/sample.ts';
import { stageOf } from '../run/world.ts';
import { judgeByHouse } from './house.ts';
import { emptyJudged, type Judged } from './judged.ts';

/**
 * What venues would ask that all had the house's own model and knew nothing of one another: as safe for each
 * leg as the house is. Collateral in custody stands with the first of them.
 */
export const judgeVenuesApart = (sample: Sample, parameters: RiskParameters): Judged => {
  const owners: number[] = [];
  const books = sample.books.flatMap((book, n) => {
    const parts = partsOf(sample, book);
    owners.push(...parts.map(() => n));
    return parts;
  });
  const apart = judgeByHouse(stageOf({ ...sample, books }), parameters);
  const judged = emptyJudged('house by venue', sample.books.length);
  for (const column of ['maintenance', 'initial', 'unwinding', 'placement'] as const) {
    judged[column].fill(0);
    owners.forEach((owner, n) => {
      judged[column][owner] = (judged[column][owner] as number) + (apart[column][n] as number);
    });
  }
  return judged;
};

const partsOf = ({ history }: Sample, book: DrawnBook): readonly DrawnBook[] => {
  const venueOf = (line: number): string => (history.lines[line] as Line).venue;
  const venues = [
    ...new Set([...book.legs.map(({ line }) => venueOf(line)), ...book.options.map(({ venue }) => venue)]),
  ];
  if (venues.length < 2) return [book];
  return venues.map((venue, n) => ({
    ...book,
    legs: book.legs.filter(({ line }) => venueOf(line) === venue),
    options: book.options.filter((leg) => leg.venue === venue),
    balances: book.balances.filter(({ location }) => location === venue || (n === 0 && location === CUSTODY)),
    debts: n === 0 ? book.debts : [],
  }));
};
