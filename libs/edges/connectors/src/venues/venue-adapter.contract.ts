import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BookLevel, VenueAdapter, VenueOrder, VenueReport } from '@plinth/market';

/**
 * What a venue's test setup must be able to do, so that the suite can look at the adapter from both sides.
 */
export type VenueBench = Readonly<{
  adapter: VenueAdapter;
  /** A listed instrument with lot 0.001, tick 0.01 and minimum 0.01. */
  instrumentId: string;
  /** Gives the other participants' orders: the book is exactly these and our own resting orders. */
  setOutside(bids: readonly BookLevel[], asks: readonly BookLevel[]): Promise<void>;
  /** From now on requests, or answers, of orders and cancels are lost; `none` ends it. */
  lose(what: 'request' | 'answer' | 'none'): Promise<void>;
  /** From now on the venue cannot be reached, or can again. */
  setReachable(isReachable: boolean): Promise<void>;
  /** A new adapter to the same account at the same venue, as after a crash of ours. */
  reconnect(): Promise<VenueAdapter>;
  close(): Promise<void>;
}>;

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

const level = (price: string, quantity: string): BookLevel => ({ price, quantity });

const fills = (reports: readonly VenueReport[]): readonly (VenueReport & { type: 'filled' })[] =>
  reports.filter((report) => report.type === 'filled');

/** The behaviour that every venue adapter promises to the router. */
export const venueAdapterContract = (name: string, open: () => Promise<VenueBench>): void => {
  describe(`venue adapter contract: ${name}`, () => {
    let bench: VenueBench;

    beforeEach(async () => {
      bench = await open();
      await bench.setOutside([level('99', '5'), level('98', '5')], [level('101', '2'), level('102', '5')]);
    });

    afterEach(() => bench.close());

    const limit = (id: string, more: Partial<VenueOrder> & Record<string, unknown> = {}): VenueOrder => ({
      clientOrderId: id,
      instrumentId: bench.instrumentId,
      side: 'buy',
      quantity: '1',
      type: 'limit',
      limitPrice: '100',
      timeInForce: 'gtc',
      ...(more as object),
    });

    const reportsOf = async (adapter = bench.adapter, after = 0): Promise<readonly VenueReport[]> => {
      const outcome = await adapter.reports(after, 1_000, signal());
      if (outcome.status !== 'reports') throw new Error(`Expected reports, was ${outcome.status}`);
      return outcome.reports;
    };

    const stateOf = async (id: string, adapter = bench.adapter): Promise<string> => {
      const outcome = await adapter.query(id, signal());
      return outcome.status === 'found'
        ? `${outcome.order.status} ${outcome.order.filledQuantity}`
        : outcome.status;
    };

    it('rests a limit order and shows it in the book', async () => {
      expect(await bench.adapter.submit(limit('a1'), signal())).toMatchObject({ status: 'accepted' });
      expect(await stateOf('a1')).toBe('open 0');
      const book = await bench.adapter.orderBook(bench.instrumentId, 2, signal());
      expect(book).toMatchObject({
        status: 'book',
        book: {
          bids: [level('100', '1'), level('99', '5')],
          asks: [level('101', '2'), level('102', '5')],
        },
      });
      expect((await reportsOf()).map((report) => report.type)).toEqual(['accepted']);
    });

    it('fills at the best prices first and never beyond the limit', async () => {
      await bench.adapter.submit(
        limit('a1', { quantity: '4', limitPrice: '101.5', timeInForce: 'ioc' }),
        signal(),
      );
      const reports = await reportsOf();
      expect(fills(reports).map(({ price, quantity, maker }) => [price, quantity, maker])).toEqual([
        ['101', '2', false],
      ]);
      expect(reports.at(-1)).toMatchObject({
        type: 'closed',
        cause: 'expired',
        filledQuantity: '2',
        releasedQuantity: '2',
      });
      expect(await stateOf('a1')).toBe('expired 2');
    });

    it('fills a market order through the levels and lets the rest expire', async () => {
      const order: VenueOrder = {
        clientOrderId: 'm1',
        instrumentId: bench.instrumentId,
        side: 'sell',
        quantity: '11',
        type: 'market',
      };
      await bench.adapter.submit(order, signal());
      expect(fills(await reportsOf()).map(({ price, quantity }) => [price, quantity])).toEqual([
        ['99', '5'],
        ['98', '5'],
      ]);
      expect(await stateOf('m1')).toBe('expired 10');
    });

    it('refuses a post-only order that would take', async () => {
      const crossing = limit('p1', { limitPrice: '101', timeInForce: 'post-only' });
      expect(await bench.adapter.submit(crossing, signal())).toMatchObject({
        status: 'rejected',
        reason: 'would-take',
      });
      const resting = limit('p2', { limitPrice: '100.99', timeInForce: 'post-only' });
      expect(await bench.adapter.submit(resting, signal())).toMatchObject({ status: 'accepted' });
      expect(await stateOf('p1')).toBe('rejected 0');
    });

    it.each([
      ['unknown-instrument', { instrumentId: 'NONE/USD' }],
      ['invalid-id', { clientOrderId: '' }],
      ['invalid-id', { clientOrderId: 'x'.repeat(65) }],
      ['invalid-quantity', { quantity: '0' }],
      ['invalid-quantity', { quantity: '-1' }],
      ['invalid-quantity', { quantity: '1e3' }],
      ['invalid-quantity', { quantity: 'NaN' }],
      ['invalid-quantity', { quantity: '1.0005' }],
      ['below-minimum', { quantity: '0.009' }],
      ['invalid-price', { limitPrice: '100.001' }],
      ['invalid-price', { limitPrice: '0' }],
      ['invalid-price', { limitPrice: 'Infinity' }],
    ])('refuses with %s: %j', async (reason, fields) => {
      const outcome = await bench.adapter.submit(limit('bad1', fields), signal());
      expect(outcome).toMatchObject({ status: 'rejected', reason });
      expect(fills(await reportsOf())).toEqual([]);
    });

    it('answers a repeated client order id from the first order', async () => {
      const first = await bench.adapter.submit(limit('a1', { limitPrice: '101', quantity: '1' }), signal());
      const again = await bench.adapter.submit(limit('a1', { limitPrice: '101', quantity: '1' }), signal());
      expect(again).toEqual(first);
      expect(fills(await reportsOf())).toHaveLength(1);
      const other = await bench.adapter.submit(limit('a1', { limitPrice: '101', quantity: '2' }), signal());
      expect(other).toMatchObject({ status: 'rejected', reason: 'id-reused' });
      expect(await stateOf('a1')).toBe('filled 1');
    });

    it('cancels what is open, once', async () => {
      await bench.adapter.submit(limit('a1'), signal());
      expect(await bench.adapter.cancel('a1', signal())).toEqual({ status: 'cancelled' });
      expect(await bench.adapter.cancel('a1', signal())).toEqual({ status: 'not-open' });
      expect(await bench.adapter.cancel('none', signal())).toEqual({ status: 'not-found' });
      expect((await reportsOf()).at(-1)).toMatchObject({
        type: 'closed',
        cause: 'cancelled',
        releasedQuantity: '1',
      });
    });

    it('fills a resting order as maker when the market comes to it', async () => {
      await bench.adapter.submit(limit('a1', { quantity: '3' }), signal());
      await bench.setOutside([level('99', '5')], [level('99.5', '1'), level('100', '1'), level('101', '2')]);
      expect(fills(await reportsOf()).map(({ price, quantity, maker }) => [price, quantity, maker])).toEqual([
        ['100', '1', true],
        ['100', '1', true],
      ]);
      expect(await stateOf('a1')).toBe('open 2');
    });

    it('numbers its reports from 1 without gaps and reads from any cursor', async () => {
      for (const id of ['a1', 'a2', 'a3']) {
        await bench.adapter.submit(limit(id, { limitPrice: '101', quantity: '0.5' }), signal());
      }
      const all = await reportsOf();
      expect(all.map((report) => report.sequence)).toEqual(all.map((_, index) => index + 1));
      expect(await reportsOf(bench.adapter, 4)).toEqual(all.slice(4));
      expect(await bench.adapter.reports(2, 3, signal())).toEqual({
        status: 'reports',
        reports: all.slice(2, 5),
      });
      expect(await reportsOf(bench.adapter, all.length)).toEqual([]);
      expect(new Set(fills(all).map((fill) => fill.fillId)).size).toBe(3);
    });

    it('says unknown when the request was lost, and the query then says that nothing happened', async () => {
      await bench.lose('request');
      expect(await bench.adapter.submit(limit('a1'), signal())).toMatchObject({ status: 'unknown' });
      await bench.lose('none');
      expect(await stateOf('a1')).toBe('not-found');
      expect(await bench.adapter.submit(limit('a1'), signal())).toMatchObject({ status: 'accepted' });
    });

    it('says unknown when the answer was lost, and the query then finds the order', async () => {
      await bench.lose('answer');
      const order = limit('a1', { limitPrice: '101' });
      expect(await bench.adapter.submit(order, signal())).toMatchObject({ status: 'unknown' });
      await bench.lose('none');
      expect(await stateOf('a1')).toBe('filled 1');
      expect(await bench.adapter.submit(order, signal())).toMatchObject({ status: 'accepted' });
      expect(fills(await reportsOf())).toHaveLength(1);
    });

    it('says unknown when the answer to a cancel was lost', async () => {
      await bench.adapter.submit(limit('a1'), signal());
      await bench.lose('answer');
      expect(await bench.adapter.cancel('a1', signal())).toMatchObject({ status: 'unknown' });
      await bench.lose('none');
      expect(await stateOf('a1')).toBe('cancelled 0');
    });

    it('says unavailable when nothing was sent', async () => {
      await bench.setReachable(false);
      expect(await bench.adapter.submit(limit('a1'), signal())).toMatchObject({ status: 'unavailable' });
      expect(await bench.adapter.cancel('a1', signal())).toMatchObject({ status: 'unavailable' });
      expect(await bench.adapter.query('a1', signal())).toMatchObject({ status: 'unavailable' });
      expect(await bench.adapter.reports(0, 10, signal())).toMatchObject({ status: 'unavailable' });
      expect(await bench.adapter.orderBook(bench.instrumentId, 1, signal())).toMatchObject({
        status: 'unavailable',
      });
      await bench.setReachable(true);
      expect(await bench.adapter.submit(limit('a2'), AbortSignal.abort())).toMatchObject({
        status: 'unavailable',
      });
      expect(await stateOf('a1')).toBe('not-found');
      expect(await stateOf('a2')).toBe('not-found');
    });

    it('remembers everything across a crash of its client', async () => {
      await bench.adapter.submit(limit('a1', { quantity: '3', limitPrice: '101' }), signal());
      const before = await reportsOf();
      const adapter = await bench.reconnect();
      expect(await reportsOf(adapter)).toEqual(before);
      expect(await stateOf('a1', adapter)).toBe('open 2');
      await adapter.submit(limit('a1', { quantity: '3', limitPrice: '101' }), signal());
      expect(await reportsOf(adapter)).toEqual(before);
      expect(await adapter.cancel('a1', signal())).toEqual({ status: 'cancelled' });
    });
  });
};
