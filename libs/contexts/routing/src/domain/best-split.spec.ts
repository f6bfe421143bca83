import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bestSingleVenue, bestSplit } from './best-split.ts';
import { assertProblem, type SplitProblem } from './split.ts';

type VenueBook = Readonly<{
  levels: readonly (readonly [price: number, units: number])[];
  feePpm?: number;
  lot?: number;
  minimum?: number;
  capacity?: number;
  fixedCost?: number;
}>;

const problemOf = (
  sign: 1 | -1,
  quantity: number,
  venues: readonly VenueBook[],
  worstPrice = sign > 0 ? Infinity : 0,
): SplitProblem => {
  const levels = venues.flatMap((venue) => venue.levels);
  const offsets = new Int32Array(venues.length + 1);
  venues.forEach((venue, v) => (offsets[v + 1] = (offsets[v] ?? 0) + venue.levels.length));
  const problem: SplitProblem = {
    sign,
    quantity,
    worstPrice,
    venueCount: venues.length,
    offsets,
    prices: Float64Array.from(levels, ([price]) => price),
    quantities: Float64Array.from(levels, ([, units]) => units),
    netPrices: Float64Array.from(
      venues.flatMap((v) => v.levels.map(([price]) => price * (1 + (sign * (v.feePpm ?? 0)) / 1e6))),
    ),
    lots: Float64Array.from(venues, (v) => v.lot ?? 1),
    minimums: Float64Array.from(venues, (v) => v.minimum ?? 0),
    capacities: Float64Array.from(venues, (v) => v.capacity ?? Infinity),
    fixedCosts: Float64Array.from(venues, (v) => v.fixedCost ?? 0),
  };
  assertProblem(problem);
  return problem;
};

/** Cost of taking `units` at one venue by walking its levels; undefined when it cannot be had there. */
const walk = (problem: SplitProblem, v: number, units: number): number | undefined => {
  if (units === 0) return 0;
  if (units % (problem.lots[v] ?? 1) !== 0 || units < (problem.minimums[v] ?? 0)) return undefined;
  if (units > (problem.capacities[v] ?? 0)) return undefined;
  let missing = units;
  let sum = 0;
  for (let n = problem.offsets[v] ?? 0; n < (problem.offsets[v + 1] ?? 0) && missing > 0; n += 1) {
    const price = problem.prices[n] ?? 0;
    if (problem.sign > 0 ? price > problem.worstPrice : price < problem.worstPrice) break;
    const part = Math.min(missing, problem.quantities[n] ?? 0);
    sum += part * (problem.netPrices[n] ?? 0);
    missing -= part;
  }
  if (missing > 0) return undefined;
  return problem.sign * sum + (problem.fixedCosts[v] ?? 0);
};

/** Every allocation there is: the most units, then the least cost. */
const bruteForce = (problem: SplitProblem): Readonly<{ filled: number; cost: number }> => {
  let best = { filled: 0, cost: 0 };
  const visit = (v: number, filled: number, cost: number): void => {
    if (v === problem.venueCount) {
      if (filled > best.filled || (filled === best.filled && cost < best.cost)) best = { filled, cost };
      return;
    }
    for (let units = 0; filled + units <= problem.quantity; units += 1) {
      const here = walk(problem, v, units);
      if (here !== undefined) visit(v + 1, filled + units, cost + here);
    }
  };
  visit(0, 0, 0);
  return best;
};

const book = (sign: 1 | -1): fc.Arbitrary<VenueBook['levels']> =>
  fc
    .array(fc.tuple(fc.integer({ min: 90, max: 110 }), fc.integer({ min: 0, max: 4 })), { maxLength: 4 })
    .map((levels) => [...levels].sort(([a], [b]) => sign * (a - b)));

const venue = (sign: 1 | -1, lot: fc.Arbitrary<number>): fc.Arbitrary<VenueBook> =>
  fc.record({
    levels: book(sign),
    feePpm: fc.constantFrom(-500, 0, 1_000, 30_000),
    lot,
    minimum: fc.constantFrom(0, 0, 0, 3, 5),
    capacity: fc.constantFrom(Infinity, Infinity, 0, 2, 5),
    fixedCost: fc.constantFrom(0, 0, 0, 3, 40),
  });

const problems = (lot: fc.Arbitrary<number>): fc.Arbitrary<SplitProblem> =>
  fc.constantFrom<1 | -1>(1, -1).chain((sign) =>
    fc
      .record({
        venues: fc.array(venue(sign, lot), { minLength: 1, maxLength: 4 }),
        quantity: fc.integer({ min: 0, max: 10 }),
        worst: fc.constantFrom(sign > 0 ? Infinity : 0, 95, 100, 105),
      })
      .map(({ venues, quantity, worst }) => problemOf(sign, quantity, venues, worst)),
  );

describe('optimal split', () => {
  it('equals brute force over every allocation when lots are equal', () => {
    const anyLot = fc.constantFrom(1, 2, 3).chain((lot) => problems(fc.constant(lot)));
    fc.assert(
      fc.property(anyLot, (problem) => {
        const split = bestSplit(problem);
        const best = bruteForce(problem);
        expect(split.filled).toBe(best.filled);
        expect(split.cost).toBeCloseTo(best.cost, 6);
      }),
      { numRuns: 600 },
    );
  });

  it('respects lots, minimums, capacities, the worst price and the quantity, whatever the lots', () => {
    fc.assert(
      fc.property(problems(fc.constantFrom(1, 2, 3, 4)), (problem) => {
        const split = bestSplit(problem);
        let sum = 0;
        let cost = 0;
        for (let v = 0; v < problem.venueCount; v += 1) {
          const units = split.units[v] ?? 0;
          const here = walk(problem, v, units);
          expect(here).toBeDefined();
          sum += units;
          cost += here ?? 0;
          if (units > 0) {
            const worst = split.worstPrices[v] ?? 0;
            expect(problem.sign * worst).toBeLessThanOrEqual(problem.sign * problem.worstPrice);
          }
        }
        expect(sum).toBe(split.filled);
        expect(sum).toBeLessThanOrEqual(problem.quantity);
        expect(split.cost).toBeCloseTo(cost, 6);
      }),
      { numRuns: 600 },
    );
  });

  it('is never worse than any single venue', () => {
    fc.assert(
      fc.property(problems(fc.constantFrom(1, 2, 5)), (problem) => {
        const split = bestSplit(problem);
        for (let v = 0; v < problem.venueCount; v += 1) {
          for (let units = problem.quantity; units > 0; units -= 1) {
            const alone = walk(problem, v, units);
            if (alone === undefined) continue;
            expect(split.filled).toBeGreaterThanOrEqual(units);
            if (split.filled === units) expect(split.cost).toBeLessThanOrEqual(alone + 1e-9);
            break;
          }
        }
        const single = bestSingleVenue(problem, split.filled);
        if (single !== undefined && split.filled > 0)
          expect(split.cost).toBeLessThanOrEqual(single.cost + 1e-9);
      }),
      { numRuns: 600 },
    );
  });

  it('costs more the more is bought, and never gets less from a deeper book', () => {
    fc.assert(
      fc.property(problems(fc.constant(1)), (problem) => {
        const whole = bestSplit(problem);
        const more = bestSplit({ ...problem, quantity: problem.quantity + 1 });
        expect(more.filled).toBeGreaterThanOrEqual(whole.filled);
        const deeper = bestSplit({ ...problem, quantities: problem.quantities.map((units) => units + 1) });
        expect(deeper.filled).toBeGreaterThanOrEqual(whole.filled);
        if (deeper.filled === whole.filled) expect(deeper.cost).toBeLessThanOrEqual(whole.cost + 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it('drops venues with fixed costs greedily when there are too many to enumerate', () => {
    const venues = Array.from({ length: 12 }, (_, n) => ({
      levels: [[100 + n, 10]] as const,
      fixedCost: 50,
    }));
    const split = bestSplit(problemOf(1, 10, venues));
    expect(split.filled).toBe(10);
    expect(split.cost).toBe(1_050);
    expect(split.units[0]).toBe(10);
  });

  it('compares prices after fees', () => {
    const split = bestSplit(
      problemOf(1, 10, [
        { levels: [[100, 10]], feePpm: 2_000 },
        { levels: [[100.1, 10]], feePpm: 0 },
      ]),
    );
    expect([...split.units]).toEqual([0, 10]);
  });

  it('takes one lot across levels at its mean price', () => {
    const split = bestSplit(
      problemOf(1, 4, [
        {
          levels: [
            [100, 3],
            [110, 5],
          ],
          lot: 4,
        },
        { levels: [[102, 4]], lot: 4 },
      ]),
    );
    // (3·100 + 1·110) / 4 = 102.5 > 102
    expect([...split.units]).toEqual([0, 4]);
  });

  it('repairs what unequal lots leave over', () => {
    const split = bestSplit(
      problemOf(1, 4, [
        { levels: [[100, 3]], lot: 3 },
        { levels: [[101, 10]], lot: 2 },
      ]),
    );
    expect([...split.units]).toEqual([0, 4]);
  });
});
