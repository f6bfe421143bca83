import { describe, expect, it } from '@jest/globals';
import { isRejection, type NewEvent } from '@plinth/eventing';
import { deciderSpec } from '@plinth/eventing/testing';
import type { BookLevel } from '@plinth/market';
import type { EventData, InstrumentDepth } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import fc from 'fast-check';
import { depthDecider, type BookReading, type ObserveDepth } from './depth.ts';
import { DEPTH, LIMITS } from './limits.ts';

const spec = deciderSpec(depthDecider);
const AT = 1_000_000;

const level = (price: string, quantity: string): BookLevel => ({ price, quantity });

/** Middle 1000: the bids 0.5, 1.5 and 600 basis points away, the asks 0.5 and 10. */
const book = (change: Partial<BookReading> = {}): BookReading => ({
  instrumentId: 'BTC-PERP',
  bids: [level('999.95', '1'), level('999.85', '2.5'), level('940', '10')],
  asks: [level('1000.05', '3'), level('1001', '4')],
  ...change,
});
const observe = (atMs: number, books: readonly BookReading[] = [book()], takerFeePpm = 50): ObserveDepth => ({
  ...{ venueId: 'alpha', atMs, takerFeePpm, books },
});

const knots = (...quantities: readonly string[]) =>
  DEPTH.costsPpm.map((costPpm, k) => ({ costPpm, quantity: quantities[k] ?? '' }));
const DEPTH_OF_BOOK: InstrumentDepth = {
  instrumentId: 'BTC-PERP',
  sell: knots('1', '3.5', '3.5', '3.5', '3.5', '3.5', '3.5', '3.5', '3.5', '13.5'),
  buy: knots('3', '3', '3', '3', '7', '7', '7', '7', '7', '7'),
};
const observed = (
  atMs: number,
  books: readonly InstrumentDepth[] = [DEPTH_OF_BOOK],
): NewEvent<'VenueDepthObserved'> => {
  const data: EventData<'VenueDepthObserved'> = {
    ...{ venueId: 'alpha', atMs, goodUntilMs: atMs + DEPTH.goodMs, books: [...books] },
  };
  return { type: 'VenueDepthObserved', data };
};

describe('depth of a book', () => {
  it('is what it takes within each cost, the fee included', () => {
    spec.when(observe(AT)).then([observed(AT)]);
  });

  it('with a fee of 51 ppm has nothing within 100', () => {
    const [event] = spec.when(observe(AT, [book()], 51)).events();
    const { books } = event?.data as EventData<'VenueDepthObserved'>;
    expect(books[0]?.sell.slice(0, 2)).toEqual([
      { costPpm: 100, quantity: '0' },
      { costPpm: 200, quantity: '1' },
    ]);
  });

  it('is nothing on an empty side, and not said of an empty book', () => {
    const [event] = spec.when(observe(AT, [book({ bids: [] })], 0)).events();
    const { books } = event?.data as EventData<'VenueDepthObserved'>;
    expect(books[0]?.sell.every(({ quantity }) => quantity === '0')).toBe(true);
    // Without bids the best ask is all that is known of the price.
    expect(books[0]?.buy[0]).toEqual({ costPpm: 100, quantity: '3' });
    spec.when(observe(AT, [book({ bids: [], asks: [] })])).thenNothing();
  });
});

describe('a further observation', () => {
  const asks = (quantity: string): BookReading =>
    book({ asks: [level('1000.05', quantity), level('1001', '4')] });
  const given = spec.given([observed(AT)]);
  const later = AT + DEPTH.leastMs;

  it('is recorded when depth changed by more than a quarter of the larger', () => {
    // 4 against 3: exactly a quarter of 4.
    given.when(observe(later, [asks('4')])).thenNothing();
    expect(given.when(observe(later, [asks('4.01')])).events()).toHaveLength(1);
    expect(given.when(observe(later, [asks('2.2')])).events()).toHaveLength(1);
  });

  it('is not recorded too soon, or out of time, whatever changed', () => {
    given.when(observe(later - 1, [asks('30')])).thenNothing();
    given.when(observe(AT, [asks('30')])).thenNothing();
    given.when(observe(AT - 1, [asks('30')])).thenNothing();
  });

  it('goes forward in time for the whole venue: another book waits, too, when the clock is set back', () => {
    const other = book({ instrumentId: 'ETH-PERP' });
    spec
      .given([observed(AT)])
      .when(observe(AT - 600_000, [other]))
      .then([]);
    spec
      .given([observed(AT)])
      .when(observe(AT, [other]))
      .then([]);
    const [event] = spec
      .given([observed(AT)])
      .when(observe(AT + 1, [other]))
      .events();
    expect(event?.data).toMatchObject({ atMs: AT + 1, books: [{ instrumentId: 'ETH-PERP' }] });
  });

  it('is recorded unchanged before the record grows old', () => {
    given.when(observe(AT + DEPTH.refreshMs - 1)).thenNothing();
    given.when(observe(AT + DEPTH.refreshMs)).then([observed(AT + DEPTH.refreshMs)]);
    expect(2 * DEPTH.refreshMs).toBeLessThanOrEqual(DEPTH.goodMs);
  });

  it('holds only the books that changed', () => {
    const other = { ...book(), instrumentId: 'ETH-PERP' };
    given
      .when(observe(later, [book(), other]))
      .then([observed(later, [{ ...DEPTH_OF_BOOK, instrumentId: 'ETH-PERP' }])]);
  });
});

describe('a book that is none', () => {
  const many = Array.from({ length: LIMITS.bookDepth + 1 }, (_, n) => level(`${1_000 + n}`, '1'));
  it.each([
    ['is crossed', { bids: [level('1000.05', '1')] }, 'books[1].bids[0].price'],
    ['has rising bids', { bids: [level('900', '1'), level('901', '1')] }, 'books[1].bids[1].price'],
    ['has falling asks', { asks: [level('1002', '1'), level('1001', '1')] }, 'books[1].asks[1].price'],
    ['has a price twice', { asks: [level('1002', '1'), level('1002', '1')] }, 'books[1].asks[1].price'],
    ['has a price of 0', { bids: [level('0', '1')] }, 'books[1].bids[0].price'],
    ['has a negative quantity', { asks: [level('1001', '-1')] }, 'books[1].asks[0].quantity'],
    ['has a quantity of 0', { asks: [level('1001', '0')] }, 'books[1].asks[0].quantity'],
    ['has a price that is no number', { asks: [level('NaN', '1')] }, 'books[1].asks[0].price'],
    ['has an exponent', { asks: [level('1e3', '1')] }, 'books[1].asks[0].price'],
    ['has too many levels', { asks: many }, 'books[1].asks'],
  ] as const)('is refused when it %s, with all that came with it', (_, change, field) => {
    const broken = book({ ...change, instrumentId: 'ETH-PERP' });
    const rejection = spec.when(observe(AT, [book(), broken])).thenRejected('BOOK_INVALID');
    expect(rejection.field).toBe(field);
  });
});

describe('what a book takes', () => {
  const levels = fc.uniqueArray(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 12 });
  const quantity = fc.integer({ min: 1, max: 1_000 });
  const side = fc.array(fc.tuple(levels, quantity), { minLength: 1, maxLength: 1 });

  it('rises with cost, and with every level that is added', () => {
    fc.assert(
      fc.property(side, quantity, fc.integer({ min: 0, max: 150 }), (drawn, more, place) => {
        const [[ticks, each]] = drawn as [[number[], number]];
        const sorted = [...ticks].sort((a, b) => a - b);
        const asksOf = (extra: number): BookLevel[] =>
          sorted.map((tick, n) =>
            level(`${1_000 + tick}`, `${each + (n === place % sorted.length ? extra : 0)}`),
          );
        const buys = (extra: number): readonly number[] => {
          const reading = book({ bids: [level('999', '1')], asks: asksOf(extra) });
          const decided = depthDecider.decide(observe(AT, [reading], 0), {});
          if (isRejection(decided)) throw new Error(decided.message);
          const { books } = decided[0]?.data as EventData<'VenueDepthObserved'>;
          return (books[0]?.buy ?? []).map((knot) => textToFloat(knot.quantity));
        };
        const [before, after] = [buys(0), buys(more)];
        before.forEach((taken, k) => {
          expect(taken).toBeGreaterThanOrEqual(before[k - 1] ?? 0);
          expect(after[k]).toBeGreaterThanOrEqual(taken);
        });
      }),
    );
  });
});
