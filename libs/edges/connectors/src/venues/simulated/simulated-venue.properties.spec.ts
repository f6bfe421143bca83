import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BookLevel, VenueOrder } from '@plinth/market';
import { addQuantity, compareQuantity, quantityOf, zeroQuantity } from '@plinth/money';
import { fillsOf, limit, reportsOf, setup, signal } from './simulated-venue.fixture.ts';
import type { SimulatedVenue } from './simulated-venue.ts';
import { memoryJournal } from './venue-journal.ts';

type Step =
  | Readonly<{ do: 'submit'; id: number; side: 'buy' | 'sell'; ticks: number; lots: number; how: number }>
  | Readonly<{ do: 'cancel'; id: number }>
  | Readonly<{ do: 'liquidity'; mid: number; bids: readonly number[]; asks: readonly number[] }>
  | Readonly<{ do: 'condition'; condition: 'up' | 'down' | 'timeouts' | 'halted' }>;

const ids = fc.integer({ min: 1, max: 60 });
const ticks = fc.integer({ min: 95, max: 105 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      id: ids,
      side: fc.constantFrom('buy' as const, 'sell' as const),
      ticks,
      lots: fc.integer({ min: 10, max: 40 }),
      how: fc.integer({ min: 0, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), id: ids }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('liquidity' as const),
      mid: ticks,
      bids: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
      asks: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('condition' as const),
      condition: fc.constantFrom(
        'up' as const,
        'up' as const,
        'down' as const,
        'timeouts' as const,
        'halted' as const,
      ),
    }),
  },
);

const orderOf = (s: Step & { do: 'submit' }): VenueOrder => {
  const base = {
    clientOrderId: `c${s.id}`,
    instrumentId: 'BTC/USD',
    side: s.side,
    quantity: `0.0${s.lots}`,
  };
  const timeInForce = (['gtc', 'gtc', 'ioc', 'post-only'] as const)[s.how];
  return timeInForce === undefined
    ? { ...base, type: 'market' }
    : { ...base, type: 'limit', limitPrice: `${s.ticks}`, timeInForce };
};

const outside = (mid: number, sizes: readonly number[], sign: 1 | -1): readonly BookLevel[] =>
  sizes.map((size, i) => ({
    price: `${mid + sign * (i + 1)}`,
    quantity: `0.0${String(size).padStart(2, '0')}`,
  }));

const perform = async (venue: SimulatedVenue, s: Step, atMs: number): Promise<void> => {
  switch (s.do) {
    case 'submit':
      await venue.submit(orderOf(s), signal());
      return;
    case 'cancel':
      await venue.cancel(`c${s.id}`, signal());
      return;
    case 'liquidity':
      venue.setLiquidity('BTC/USD', outside(s.mid, s.bids, -1), outside(s.mid, s.asks, 1), atMs);
      return;
    case 'condition':
      venue.setCondition(s.condition);
  }
};

const quantity = (text: string): ReturnType<typeof quantityOf> => quantityOf(3, text);

const checkConservation = async (venue: SimulatedVenue): Promise<void> => {
  const reports = await reportsOf(venue);
  const filled = new Map<string, ReturnType<typeof quantityOf>>();
  const net = new Map<string, bigint>();
  for (const [index, report] of reports.entries()) {
    expect(report.sequence).toBe(index + 1);
    if (report.type !== 'filled') continue;
    filled.set(
      report.clientOrderId,
      addQuantity(filled.get(report.clientOrderId) ?? zeroQuantity(3), quantity(report.quantity)),
    );
    const key = report.maker ? 'maker' : 'taker';
    net.set(key, (net.get(key) ?? 0n) + quantity(report.quantity).units);
  }
  for (const report of reports) {
    const outcome = await venue.query(report.clientOrderId, signal());
    if (outcome.status !== 'found') throw new Error('Expected a reported order to be found');
    const done = filled.get(report.clientOrderId) ?? zeroQuantity(3);
    expect(quantity(outcome.order.filledQuantity)).toEqual(done);
    expect(compareQuantity(done, quantity(outcome.order.quantity))).not.toBe(1);
    if (report.type !== 'closed') continue;
    // What was filled and what was released are the whole order, when it closed.
    const whole = addQuantity(quantity(report.filledQuantity), quantity(report.releasedQuantity));
    expect(whole).toEqual(quantity(outcome.order.quantity));
  }
};

describe('any sequence of operations', () => {
  it('fills nothing beyond its quantity, never crosses, and replays to the same state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const journal = memoryJournal();
        const { venue, setNow } = setup(journal);
        for (const [index, s] of steps.entries()) {
          setNow(1_000 + index);
          await perform(venue, s, 1_000 + index);
          const book = venue
            .describe('all')
            .filter((line) => line.startsWith('BTC/USD ') && !line.includes('halted'));
          const best = (side: string): number =>
            Number(book.find((l) => l.includes(` ${side} `))?.split(' ')[2]);
          expect(best('buy') >= best('sell')).toBe(false);
        }
        venue.setCondition('up');
        await checkConservation(venue);
        const again = setup(memoryJournal(journal.kept)).venue;
        expect(again.describe()).toEqual(venue.describe());
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same result when it crashes and every call is repeated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          step.filter((s) => s.do !== 'condition'),
          { minLength: 1, maxLength: 40 },
        ),
        fc.nat(),
        async (steps, crash) => {
          const calm = setup();
          for (const [index, s] of steps.entries()) {
            calm.setNow(1_000 + index);
            await perform(calm.venue, s, 1_000 + index);
          }
          let { venue, setNow } = setup();
          let journal = memoryJournal();
          ({ venue, setNow } = setup(journal));
          const at = crash % steps.length;
          for (const [index, s] of steps.entries()) {
            setNow(1_000 + index);
            await perform(venue, s, 1_000 + index);
            if (index !== at) continue;
            journal = memoryJournal(journal.kept);
            ({ venue, setNow } = setup(journal));
            setNow(1_000 + index);
            // The client does not know what it had done: it gives the latest data and the latest call again.
            const data = steps.slice(0, index + 1).findLastIndex((one) => one.do === 'liquidity');
            if (data >= 0) await perform(venue, steps[data] as Step, 1_000 + data);
            await perform(venue, s, 1_000 + index);
          }
          expect(venue.describe('all')).toEqual(calm.venue.describe('all'));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('honours price–time priority among our own orders', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(ticks, fc.integer({ min: 10, max: 40 })), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 10, max: 99 }),
        async (makers, lots) => {
          const { venue } = setup();
          for (const [index, [price, size]] of makers.entries()) {
            await venue.submit(limit(`s${index}`, 'sell', `${price}`, `0.0${size}`), signal());
          }
          const market: VenueOrder = {
            clientOrderId: 'taker',
            instrumentId: 'BTC/USD',
            side: 'buy',
            quantity: `0.0${lots}`,
            type: 'market',
          };
          await venue.submit(market, signal());
          const served = (await fillsOf(venue))
            .filter((fill) => fill.maker)
            .map((fill) => fill.clientOrderId);
          const fair = makers
            .map(([price], index) => ({ price, index }))
            .sort((a, b) => a.price - b.price || a.index - b.index)
            .map(({ index }) => `s${index}`);
          expect(served).toEqual(fair.slice(0, served.length));
        },
      ),
    );
  });
});
