import { afterEach, describe, expect, it } from '@jest/globals';
import { openMarketData } from '@plinth/connectors';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordedMarket } from './recorded-market.ts';

const HOUR = 3_600_000;
const START = 1_583_971_200_000;
const folders: string[] = [];

/** Closes by hour; `volume` of every bar. */
const bars = (closes: readonly number[], volume = '100', from = START): string =>
  [
    'ts_ms,open,high,low,close,volume_base',
    ...closes.map(
      (close, i) => `${from + i * HOUR},${close},${close * 1.0001},${close * 0.9999},${close},${volume}`,
    ),
  ].join('\n');

const market = (files: Readonly<Record<string, string>>, everyMs = 0): RecordedMarket => {
  const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return new RecordedMarket('test', openMarketData(folder), everyMs);
};

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('A recorded market', () => {
  const two = {
    'coinbase-BTCUSD-1h.csv': bars([8_000, 7_000, 6_000]),
    'binance-BTCUSDT-1h.csv': bars([8_010, 7_010, 6_010], '900'),
  };

  it('begins when every series has its first bar, and ends with the last', () => {
    const feed = market(two);
    expect(feed.ticks).toBe(3);
    expect([feed.timeOf(0), feed.timeOf(1)]).toEqual([START + HOUR, START + 2 * HOUR]);
    expect(market(two, 2 * HOUR).ticks).toBe(2);
  });

  it('quotes a bar when it has ended, never before', () => {
    const closes = market(two)
      .quotesAt(1)
      .map(({ source, price }) => [source, price]);
    expect(closes).toEqual([
      ['binance:BTC/USDT', '7010'],
      ['coinbase:BTC/USD', '7000'],
      ['assumed:USDT/USD', '1'],
    ]);
  });

  it('says which stablecoin it takes at a dollar', () => {
    expect(market(two).assumptions).toEqual(['USDT = 1 USD: the data never quotes it in USD']);
    const quoted = { ...two, 'kraken-USDTUSD-1h.csv': bars([0.95, 0.95, 0.95]) };
    expect(market(quoted).assumptions).toEqual([]);
  });

  it('lists every base asset in USD, with as many sources as must agree', () => {
    const feed = market(two);
    expect(feed.instruments.map(({ instrumentId, minSources }) => [instrumentId, minSources])).toEqual([
      ['BTC/USD', 2],
      ['USDT/USD', 1],
    ]);
    expect(feed.instruments[0]).toMatchObject({ tick: '0.01', lot: '0.00001', maxAgeMs: 3 * HOUR });
    expect(feed.assets.map(({ symbol }) => symbol)).toEqual(['USD', 'BTC', 'USDT']);
  });

  it('stands a book around the close, in dollars, with a fifth of the volume on each side', () => {
    const [book] = market(two).booksAt(0, 'binance');
    expect(Number(book?.bids[0]?.price)).toBeLessThan(8_010);
    expect(Number(book?.asks[0]?.price)).toBeGreaterThan(8_010);
    const resting = (book?.asks ?? []).reduce((sum, { quantity }) => sum + Number(quantity), 0);
    expect(resting).toBeCloseTo(180, 6);
  });

  it('shows of several pairs the one with the largest volume, at the rate of its quote asset', () => {
    const feed = market({
      'kraken-BTCUSD-1h.csv': bars([20_000, 20_000], '1'),
      'kraken-BTCUSDC-1h.csv': bars([26_000, 26_000], '50'),
      'kraken-USDCUSD-1h.csv': bars([0.8, 0.8], '1000'),
    });
    const book = feed.booksAt(0, 'kraken').find(({ instrumentId }) => instrumentId === 'BTC/USD');
    const [bid, ask] = [Number(book?.bids[0]?.price), Number(book?.asks[0]?.price)];
    expect((bid + ask) / 2).toBeCloseTo(20_800, 0);
    expect(ask - bid).toBeLessThan(200);
  });

  it('keeps the last bar of a series that has ended: its age tells', () => {
    const feed = market({ ...two, 'bitstamp-BTCUSD-1h.csv': bars([8_020]) });
    const old = feed.quotesAt(2).find(({ group }) => group === 'bitstamp');
    expect(old).toMatchObject({ price: '8020', sourceTimeMs: START + HOUR });
  });

  it('is the same whichever way it is asked', () => {
    const [a, b] = [market(two), market(two)];
    b.quotesAt(2);
    expect(b.quotesAt(0)).toEqual(a.quotesAt(0));
    expect(b.booksAt(1, 'coinbase')).toEqual(a.booksAt(1, 'coinbase'));
  });

  it('needs a series of bars, and not more ticks than a run can have', () => {
    expect(() => market({ 'gecko-multi-token-1h.csv': 'ts_ms,symbol,USD_price\n1,BTC,2' })).toThrow(
      'Expected at least one series of bars',
    );
  });

  const books = (prices: readonly number[]): string =>
    prices
      .map((price, i) => {
        const levels = (sign: 1 | -1) => [1, 2].map((n) => [`${price + sign * n}`, '3']);
        return JSON.stringify({ event_ms: START + (i + 1) * 1_000, bids: levels(-1), asks: levels(1) });
      })
      .join('\n');

  it('plays recorded books as they were, a perpetual beside its spot', () => {
    const feed = market({
      'binance-spot-BTCUSDT-top20-1s.jsonl': books([60_000, 60_010]),
      'binance-um-BTCUSDT-top20-1s.jsonl': books([59_990, 60_000]),
    });
    expect(feed.instruments.map(({ instrumentId, kind }) => [instrumentId, kind])).toEqual([
      ['BTC/USD', 'spot'],
      ['USDT/USD', 'spot'],
      ['BTC-PERP', 'perpetual'],
    ]);
    const [spot, perpetual] = feed.booksAt(1, 'binance');
    expect(spot?.asks).toEqual([
      { price: '60011', quantity: '3' },
      { price: '60012', quantity: '3' },
    ]);
    expect(perpetual?.bids[0]).toEqual({ price: '59999', quantity: '3' });
    const quoted = feed
      .quotesAt(1)
      .map(({ instrumentId, price, confidence }) => [instrumentId, price, confidence]);
    expect(quoted).toContainEqual(['BTC-PERP', '60000', '1']);
    expect(feed.assumptions[1]).toMatch(/^BTC-PERP: taken in USD/);
  });

  it('plays recorded funding at the end of its interval, and says what it cannot play', () => {
    const rates = `ts_ms,funding_rate\n${START + 2_000},0.0001`;
    const feed = market({
      'binance-um-BTCUSDT-top20-1s.jsonl': books([60_000, 60_010, 60_020]),
      'binance-BTC-perp-funding.csv': rates,
      'kucoin-BTC-perp-funding.csv': rates,
    });
    expect([0, 1, 2].map((tick) => feed.fundingAt(tick))).toEqual([
      [],
      [{ instrumentId: 'BTC-PERP', venueId: 'binance', rate: '0.0001', indexPrice: '60010' }],
      [],
    ]);
    expect(feed.assumptions.join()).toMatch(/1 funding rates are not played/);
  });
});
