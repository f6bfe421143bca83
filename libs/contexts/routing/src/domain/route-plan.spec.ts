import { describe, expect, it } from '@jest/globals';
import { executionCost, type BookLevel } from '@plinth/market';
import { bookProblem, costCurveOf, onTick, prepareSplit, type VenueBook, type VenueTerms } from './books.ts';
import { planRoute, type SplitRequest } from './route-plan.ts';

const terms = (venueId: string, change: Partial<VenueTerms> = {}): VenueTerms => ({
  ...{ venueId, takerFeePpm: 0, makerFeePpm: 0, optionFee: undefined, orderCost: '', capacity: Infinity },
  listing: { instrumentId: 'X', lot: '0.1', tick: '0.1', minQuantity: '0.1' },
  ...change,
});

const at = (venue: VenueTerms, asks: readonly BookLevel[], bids: readonly BookLevel[] = []): VenueBook => ({
  terms: venue,
  book: { instrumentId: 'X', bids, asks, atMs: 0 },
});

const request: SplitRequest = {
  ...{ orderId: 'o', instrumentId: 'X', side: 'buy', quantity: '3', worstPrice: '', arrivalPrice: '100' },
  ...{ contractSize: '1', timeInForce: 'ioc', attempt: 1, isLast: false, firstChild: 1 },
};

describe('a route', () => {
  it('carries prices as the venues wrote them', () => {
    const books = [
      at(terms('a'), [
        { price: '100.1', quantity: '1.25' },
        { price: '100.3', quantity: '9' },
      ]),
    ];
    expect(planRoute(request, books, []).children).toMatchObject([{ quantity: '3', limitPrice: '100.3' }]);
  });

  it('gives the whole limit to the last split', () => {
    const books = [at(terms('a'), [{ price: '100.1', quantity: '3' }])];
    const last = { ...request, worstPrice: '101.25', isLast: true };
    expect(planRoute(last, books, []).children).toMatchObject([{ limitPrice: '101.2' }]);
  });

  it('says why something is left over', () => {
    const books = [at(terms('a'), [{ price: '100.1', quantity: '1.05' }])];
    const plan = planRoute(request, books, ['b: unavailable']);
    expect(plan.children).toMatchObject([{ quantity: '1' }]);
    expect(plan.reason).toBe('the books within the worst price had no more; b: unavailable');
  });

  it('rests what is not taken where the maker fee is lowest, in one child per venue', () => {
    const books = [
      at(terms('a', { makerFeePpm: 100 }), [{ price: '99.9', quantity: '1' }]),
      at(terms('b', { makerFeePpm: 10 }), [{ price: '99.8', quantity: '0.5' }]),
    ];
    const resting = { ...request, timeInForce: 'gtc', worstPrice: '100' };
    expect(planRoute(resting, books, []).children).toMatchObject([
      { venueId: 'a', quantity: '1', limitPrice: '100' },
      { venueId: 'b', quantity: '2', limitPrice: '100' },
    ]);
  });

  it('rests an option where a cap makes the maker fee lowest', () => {
    const option = (capPpm: number) => ({ makerFeePpm: 100, optionFee: { indexPrice: 60_000, capPpm } });
    const books = [at(terms('a', option(100_000)), []), at(terms('b', option(50_000)), [])];
    const resting = { ...request, timeInForce: 'gtc', worstPrice: '40' };
    expect(planRoute(resting, books, []).children).toMatchObject([{ venueId: 'b', quantity: '3' }]);
  });

  it('counts the fee of every level: capped on the cheap one, by the underlying on the dear one', () => {
    const books = [
      at(terms('a', { takerFeePpm: 100, optionFee: { indexPrice: 60_000, capPpm: 125_000 } }), [
        { price: '40', quantity: '1' },
        { price: '80', quantity: '9' },
      ]),
    ];
    // (40 + 5) + 2 · (80 + 6) − 3 · 100
    const [child] = planRoute({ ...request, worstPrice: '90' }, books, []).children;
    expect(Number(child?.expectedCost)).toBeCloseTo(45 + 2 * 86 - 300, 9);
  });

  it('avoids a second venue whose fixed cost is not worth it', () => {
    const books = [
      at(terms('a'), [
        { price: '100', quantity: '2' },
        { price: '101', quantity: '9' },
      ]),
      at(terms('b', { orderCost: '5' }), [{ price: '100', quantity: '9' }]),
    ];
    expect(planRoute(request, books, []).children.map(({ venueId }) => venueId)).toEqual(['a']);
    const dear = planRoute({ ...request, quantity: '9' }, books, []);
    expect(dear.children.map(({ venueId }) => venueId)).toContain('b');
  });
});

describe('books', () => {
  it.each([
    [
      [
        { price: '101', quantity: '1' },
        { price: '100', quantity: '1' },
      ],
      [],
      'best first',
    ],
    [[{ price: '-1', quantity: '1' }], [], 'positive'],
    [[{ price: 'NaN', quantity: '1' }], [], 'plain decimal'],
    [[{ price: '100', quantity: '1' }], [{ price: '100', quantity: '1' }], 'below the ask'],
  ])('that are broken are named', (asks, bids, problem) => {
    expect(bookProblem({ instrumentId: 'X', bids, asks, atMs: 0 })).toContain(problem);
  });

  it('become a cost curve after fees', () => {
    const prepared = prepareSplit({
      ...request,
      contractSize: '0.5',
      books: [
        at(terms('a', { takerFeePpm: 10_000 }), [{ price: '100', quantity: '2' }]),
        at(terms('b'), [{ price: '100.5', quantity: '4' }]),
      ],
    });
    const curve = costCurveOf(prepared, 2);
    expect([...curve.prices]).toEqual([201, 202]);
    expect([...curve.quantities]).toEqual([2, 3]);
    expect(executionCost(curve, 2.5, 200, 1).cost).toBeCloseTo(2 * 1 + 0.5 * 2, 12);
  });

  it('put limits on the tick, never worse than allowed', () => {
    expect(onTick('100.19', '0.1', 'buy')).toBe('100.1');
    expect(onTick('100.11', '0.1', 'sell')).toBe('100.2');
  });
});
