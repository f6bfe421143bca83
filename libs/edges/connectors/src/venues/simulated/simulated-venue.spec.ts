import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { VenueOrder } from '@plinth/market';
import { venueAdapterContract } from '../venue-adapter.contract.ts';
import type { SimulatedListing } from './listing-terms.ts';
import { fillsOf, limit, listing, setup, signal } from './simulated-venue.fixture.ts';
import type { Fate, SimulatedVenue } from './simulated-venue.ts';
import { fileJournal, memoryJournal } from './venue-journal.ts';
import type { VenueJournal } from './venue-journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'plinth-venue-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const kind of ['memory', 'file'] as const) {
  let count = 0;
  venueAdapterContract(`simulated venue, ${kind} journal`, async () => {
    let journal: VenueJournal =
      kind === 'file' ? fileJournal(join(folder, `${++count}.jsonl`)) : memoryJournal();
    let fate: Fate = 'request-lost';
    let at = 1_000;
    let venue = setup(journal, { fate: () => fate }).venue;
    const reopen = (): SimulatedVenue => {
      if (kind === 'file') {
        venue.close();
        journal = fileJournal(join(folder, `${count}.jsonl`));
      }
      venue = setup(journal, { fate: () => fate }).venue;
      return venue;
    };
    return {
      adapter: venue,
      instrumentId: 'BTC/USD',
      setOutside: async (bids, asks) => void venue.setLiquidity('BTC/USD', bids, asks, ++at),
      lose: async (what) => {
        fate = what === 'answer' ? 'answer-lost' : 'request-lost';
        venue.setCondition(what === 'none' ? 'up' : 'timeouts');
      },
      setReachable: async (isReachable) => venue.setCondition(isReachable ? 'up' : 'down'),
      reconnect: async () => reopen(),
      close: async () => venue.close(),
    };
  });
}

describe('fees', () => {
  const tradeOnce = async (more: Partial<SimulatedListing>): Promise<readonly string[]> => {
    const { venue } = setup(memoryJournal(), { listings: [listing(more)] });
    await venue.submit(limit('maker', 'sell', '61800.31', '0.333'), signal());
    await venue.submit(limit('taker', 'buy', '61800.31', '0.333'), signal());
    return (await fillsOf(venue)).map((fill) => `${fill.clientOrderId} ${fill.fee} ${fill.feeAsset}`);
  };

  it('charges the taker rounded up and pays the maker rounded down', async () => {
    // 0.333 · 61800.31 = 20579.50323; · 500 ppm = 10.289751615; · −20 ppm = −0.4115900646
    expect(await tradeOnce({})).toEqual(['taker 10.289752 USD', 'maker -0.41159 USD']);
  });

  it('knows contract sizes and inverse contracts', async () => {
    expect(await tradeOnce({ contractSize: '0.1' })).toEqual(['taker 1.028976 USD', 'maker -0.041159 USD']);
    // 0.333 · 100 / 61800.31 = 0.000538832249…; · 500 ppm = 2.694161…e-7 BTC; · −20 ppm = −1.0776…e-8 BTC
    const inverse = { contractSize: '100', inverse: true, feeAsset: 'BTC', feeScale: 8 };
    expect(await tradeOnce(inverse)).toEqual(['taker 0.00000027 BTC', 'maker -0.00000001 BTC']);
  });
});

describe('the fee of an option with a cap', () => {
  const OPTION = { listings: [listing({ instrumentId: 'CALL' })], optionFeeCapPpm: 125_000 };
  const level = (price: string) => [{ price, quantity: '5' }];
  const buy = (id: string, price: string) => ({ ...limit(id, 'buy', price, '0.333'), instrumentId: 'CALL' });
  const feesOf = async (venue: SimulatedVenue): Promise<readonly string[]> =>
    (await fillsOf(venue)).map(({ fee }) => fee);

  it('is charged on the underlying up to a part of the premium, also after a restart', async () => {
    const journal = memoryJournal();
    const { venue } = setup(journal, OPTION);
    venue.setLiquidity('CALL', [], level('9000'), 1, '61800.31');
    await venue.submit(buy('deep', '9000'), signal());
    venue.setLiquidity('CALL', [], level('40.07'), 2, '61800.31');
    await venue.submit(buy('cheap', '40.07'), signal());
    // What rests is a maker's when the market comes to it: −20 ppm of the underlying, then the cap.
    await venue.submit(buy('rests', '39'), signal());
    venue.setLiquidity('CALL', [], level('39'), 3, '61000');
    await venue.submit(buy('small', '0.03'), signal());
    venue.setLiquidity('CALL', [], level('0.03'), 4, '61000');
    // 0.333 · 61800.31 · 500 ppm; 0.333 · 40.07 · 12.5 %; −0.333 · 61000 · 20 ppm; −0.333 · 0.03 · 12.5 %
    const fees = ['10.289752', '1.667914', '-0.40626', '-0.001248'];
    expect(await feesOf(venue)).toEqual(fees);
    expect(await feesOf(setup(memoryJournal(journal.kept), OPTION).venue)).toEqual(fees);
  });

  it('keeps what a journal was charged before there was a cap', async () => {
    const journal = memoryJournal();
    const { venue } = setup(journal, { listings: OPTION.listings });
    venue.setLiquidity('CALL', [], level('40.07'), 1, '61800.31');
    await venue.submit(buy('before', '40.07'), signal());
    // 0.333 · 40.07 · 500 ppm
    expect(await feesOf(venue)).toEqual(['0.006672']);
    const { venue: later } = setup(memoryJournal(journal.kept), OPTION);
    later.setLiquidity('CALL', [], level('40.07'), 2, '61800.31');
    await later.submit(buy('after', '40.07'), signal());
    expect(await feesOf(later)).toEqual(['0.006672', '1.667914']);
  });

  it('leaves alone what has no underlying price: futures and spot', async () => {
    const { venue } = setup(memoryJournal(), OPTION);
    venue.setLiquidity('CALL', [], level('40.07'), 1);
    await venue.submit(buy('plain', '40.07'), signal());
    expect(await feesOf(venue)).toEqual(['0.006672']);
    expect(() => venue.setLiquidity('CALL', [], level('40'), 2, '0')).toThrow('Expected indexPrice over 0');
  });
});

describe('price–time priority', () => {
  it('fills better prices first and equal prices in the order in which they came', async () => {
    const { venue } = setup();
    await venue.submit(limit('s1', 'sell', '101', '1'), signal());
    await venue.submit(limit('s2', 'sell', '100', '1'), signal());
    await venue.submit(limit('s3', 'sell', '100', '1'), signal());
    await venue.submit(limit('b1', 'buy', '101', '2.5'), signal());
    const makers = (await fillsOf(venue)).filter((fill) => fill.maker);
    expect(makers.map(({ clientOrderId, price, quantity }) => [clientOrderId, price, quantity])).toEqual([
      ['s2', '100', '1'],
      ['s3', '100', '1'],
      ['s1', '101', '0.5'],
    ]);
  });

  it('keeps our place among the outside orders of a level', async () => {
    const { venue } = setup();
    venue.setLiquidity('BTC/USD', [{ price: '100', quantity: '5' }], [], 1);
    await venue.submit(limit('b1', 'buy', '100', '1'), signal());
    // 5 stand before us, 4 come behind us. 6 leave, the last first, so that 3 stand before us; then 6 come
    // behind us.
    venue.setLiquidity('BTC/USD', [{ price: '100', quantity: '9' }], [], 2);
    venue.setLiquidity('BTC/USD', [{ price: '100', quantity: '3' }], [], 3);
    venue.setLiquidity('BTC/USD', [{ price: '100', quantity: '9' }], [], 4);
    await venue.submit({ ...limit('s1', 'sell', '100', '3.5'), timeInForce: 'ioc' } as VenueOrder, signal());
    const makers = (await fillsOf(venue)).filter((fill) => fill.maker);
    expect(makers.map((fill) => fill.quantity)).toEqual(['0.5']);
  });

  it('rounds outside prices away from each other and refuses a crossed market', () => {
    const { venue } = setup();
    venue.setLiquidity(
      'BTC/USD',
      [{ price: '99.999', quantity: '1.0009' }],
      [{ price: '100.001', quantity: '1' }],
      1,
    );
    expect(venue.describe('all')).toEqual(
      expect.arrayContaining([expect.stringContaining('buy 9999 *:1000')]),
    );
    expect(venue.describe('all')).toEqual(
      expect.arrayContaining([expect.stringContaining('sell 10001 *:1000')]),
    );
    const crossed = { price: '100', quantity: '1' };
    expect(() => venue.setLiquidity('BTC/USD', [crossed], [crossed], 2)).toThrow('uncrossed');
  });
});

describe('halts', () => {
  it('takes no orders and does not match, but cancels', async () => {
    const { venue } = setup();
    await venue.submit(limit('b1', 'buy', '100', '1'), signal());
    venue.setHalted('BTC/USD', true);
    expect(venue.setLiquidity('BTC/USD', [], [{ price: '99', quantity: '1' }], 5)).toBe(false);
    expect(await venue.submit(limit('b2', 'buy', '100', '1'), signal())).toMatchObject({ reason: 'halted' });
    expect(await venue.cancel('b1', signal())).toEqual({ status: 'cancelled' });
    venue.setHalted('BTC/USD', false);
    expect(await venue.submit(limit('b3', 'buy', '100', '1'), signal())).toMatchObject({
      status: 'accepted',
    });
    venue.setCondition('halted');
    expect(await venue.submit(limit('b4', 'buy', '100', '1'), signal())).toMatchObject({ reason: 'halted' });
    expect(await fillsOf(venue)).toEqual([]);
  });
});

describe('latency', () => {
  it('gives up at the deadline while the order goes on', async () => {
    const steps: (() => void)[] = [];
    const wait = (): Promise<void> => new Promise((resolve) => steps.push(resolve));
    const { venue } = setup(memoryJournal(), { latencyMs: 50, wait });
    const deadline = new AbortController();
    const answer = venue.submit(limit('b1', 'buy', '100', '1'), deadline.signal);
    deadline.abort();
    expect(await answer).toMatchObject({ status: 'unknown' });
    expect(venue.describe()).not.toEqual(expect.arrayContaining([expect.stringContaining('b1')]));
    steps.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(venue.describe()).toEqual(expect.arrayContaining([expect.stringContaining('b1')]));
  });

  it('answers after there and back', async () => {
    let waited = 0;
    const wait = async (ms: number): Promise<void> => void (waited += ms);
    const { venue } = setup(memoryJournal(), { latencyMs: 50, wait });
    expect(await venue.submit(limit('b1', 'buy', '100', '1'), signal())).toMatchObject({
      status: 'accepted',
    });
    expect(waited).toBe(100);
  });
});

describe('the journal', () => {
  it('drops a line that a crash cut off, and goes on after it', async () => {
    const path = join(folder, 'torn.jsonl');
    const first = setup(fileJournal(path)).venue;
    await first.submit(limit('b1', 'buy', '100', '1'), signal());
    const state = first.describe();
    first.close();
    appendFileSync(path, '{"op":"submit","atMs":1000,"ord');
    const second = setup(fileJournal(path)).venue;
    expect(second.describe()).toEqual(state);
    await second.submit(limit('b2', 'buy', '100', '1'), signal());
    const after = second.describe();
    second.close();
    const third = setup(fileJournal(path)).venue;
    expect(third.describe()).toEqual(after);
    third.close();
  });

  it('reads lines of any length across its buffers', () => {
    const path = join(folder, 'long.jsonl');
    const lines = ['a', 'é'.repeat(70_000), '', 'b'.repeat(65_535), 'c'];
    const journal = fileJournal(path);
    lines.forEach((line) => journal.append(line));
    expect([...journal.lines()]).toEqual(lines);
    journal.close();
    const again = fileJournal(path);
    again.append('d');
    expect([...again.lines()]).toEqual([...lines, 'd']);
    again.close();
    expect(readFileSync(path, 'utf8')).toBe([...lines, 'd', ''].join('\n'));
  });

  it('stops at a damaged line and at another venue’s journal', () => {
    const path = join(folder, 'damaged.jsonl');
    setup(fileJournal(path)).venue.close();
    const header = readFileSync(path, 'utf8');
    writeFileSync(path, `${header}not an operation\n`);
    expect(() => setup(fileJournal(path))).toThrow('line 2');
    writeFileSync(path, `${header}{"op":"surprise"}\n`);
    expect(() => setup(fileJournal(path))).toThrow('line 2');
    writeFileSync(path, header);
    expect(() => setup(fileJournal(path), { takerFeePpm: 501 })).toThrow('same venue');
  });

  it('writes market data only when an order depends on it', async () => {
    const journal = memoryJournal();
    const { venue } = setup(journal);
    const ask = [{ price: '101', quantity: '2' }];
    for (let at = 1; at <= 100; at++) venue.setLiquidity('BTC/USD', [], ask, at);
    expect(journal.kept).toHaveLength(1);
    await venue.submit({ ...limit('b1', 'buy', '101', '1'), timeInForce: 'ioc' } as VenueOrder, signal());
    expect(journal.kept).toHaveLength(3);
  });

  it('takes the same data again after a crash without giving consumed liquidity back', async () => {
    const journal = memoryJournal();
    const ask = [{ price: '101', quantity: '2' }];
    const before = setup(journal).venue;
    before.setLiquidity('BTC/USD', [], ask, 7);
    await before.submit(limit('b1', 'buy', '101', '1.5'), signal());
    const after = setup(journal).venue;
    expect(after.setLiquidity('BTC/USD', [], ask, 7)).toBe(false);
    expect(after.describe('all')).toEqual(before.describe('all'));
    expect(after.setLiquidity('BTC/USD', [], ask, 8)).toBe(true);
  });
});

describe('an expiry', () => {
  const dated = { listings: [listing(), listing({ instrumentId: 'BTC-20270326', expiresAtMs: 5_000 })] };
  const order = (id: string, side: 'buy' | 'sell', price: string) => ({
    ...limit(id, side, price, '1'),
    instrumentId: 'BTC-20270326',
  });

  it('closes the book for good: nothing rests, nothing trades, and a restart knows it', async () => {
    const journal = memoryJournal();
    const { venue, setNow } = setup(journal, dated);
    await venue.submit(order('rests', 'buy', '100'), signal());
    venue.setLiquidity('BTC-20270326', [], [{ price: '120', quantity: '5' }], 2_000);
    setNow(5_000);
    const late = await venue.submit(order('late', 'buy', '120'), signal());
    expect(late).toMatchObject({ status: 'rejected', reason: 'halted', message: 'BTC-20270326 has expired' });
    expect(await venue.query('rests', signal())).toMatchObject({ order: { status: 'expired' } });
    expect(venue.setLiquidity('BTC-20270326', [], [{ price: '1', quantity: '1' }], 6_000)).toBe(false);
    const book = await venue.orderBook('BTC-20270326', 10, signal());
    expect(book).toMatchObject({ book: { bids: [], asks: [] } });
    expect(await fillsOf(venue)).toEqual([]);
    const again = setup(journal, dated);
    again.setNow(6_000);
    expect(again.venue.describe()).toEqual(venue.describe());
    const other = await venue.submit(limit('other', 'buy', '100', '1'), signal());
    expect(other.status).toBe('accepted');
  });
});
