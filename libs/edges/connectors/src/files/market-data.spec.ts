import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from './limits.ts';
import { MARKET_DATA_LIMITS, mergeByTime, openMarketData, parsePair, seriesOf } from './index.ts';
import type { MarketData, MarketRow } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'plinth-data-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A data set of the given files, read to its end. */
const read = (
  files: Readonly<Record<string, string>>,
): MarketData & { readonly all: readonly MarketRow[] } => {
  const folder = mkdtempSync(join(root, 'set-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const data = openMarketData(folder);
  return { ...data, all: [...data.rows()] };
};

const HEADER = 'ts_ms,open,high,low,close,volume_base';

describe('names of files', () => {
  it.each([
    ['BTCUSDT', 'BTC/USDT'],
    ['BTCUSDC', 'BTC/USDC'],
    ['BTCUSD', 'BTC/USD'],
    ['USDCUSD', 'USDC/USD'],
    ['USDTUSD', 'USDT/USD'],
    ['USDCUSDT', 'USDC/USDT'],
    ['ADAUSDT', 'ADA/USDT'],
  ])('%s is %s', (name, instrumentId) => {
    expect(parsePair(name)?.instrumentId).toBe(instrumentId);
  });

  it.each(['USDT', 'USD', '', 'BTCEUR', 'BTC', 'AUSD', 'btcusd', 'BTC/USD'])(
    '%j is no known pair',
    (name) => {
      expect(parsePair(name)).toBeUndefined();
    },
  );

  it.each([
    ['kraken-BTCUSDC-1m.csv', 'bar', 'kraken', 'BTC/USDC', 60_000],
    ['binance-ETHUSDT-1h.csv', 'bar', 'binance', 'ETH/USDT', 3_600_000],
    ['coingecko-multi-token-1h.csv', 'price', 'coingecko', '', 3_600_000],
    ['binance-spot-BTCUSDT-top20-1s.jsonl', 'book', 'binance', 'BTC/USDT', 1_000],
    ['binance-um-ETHUSDT-top20-1s.jsonl', 'book', 'binance', 'ETH-PERP', 1_000],
    ['binance-cm-BTCUSD_PERP-snapshot.json', 'book', 'binance', 'BTC-USD-PERP', 0],
    ['chainlink-eth-mainnet-BTC-USD-dec8.csv', 'price', 'chainlink', 'BTC/USD', 0],
    ['ethereum-USDC-WETH-005-events-2024-01-05.csv', 'price', 'pool005', 'WETH/USDC', 60_000],
    ['dydx-BTC-perp-funding.csv', 'funding', 'dydx', 'BTC-PERP', 0],
    ['aave-USDC-2023-08-14_17-1m.csv', 'lending', 'aave', 'USDC', 60_000],
  ])('%s holds %s of %s %s', (file, kind, venueId, instrumentId, intervalMs) => {
    expect(seriesOf(file)).toEqual({ file, kind, venueId, instrumentId, intervalMs });
  });

  it.each(['README.md', 'kraken-BTCUSDC-5m.csv', 'kraken-BTCEUR-1m.csv', 'Kraken-BTCUSD-1m.csv', 'x.csv'])(
    '%s is not read, and said so',
    (file) => {
      expect(seriesOf(file)).toBeUndefined();
      expect(read({ [file]: 'a,b\n1,2\n' })).toMatchObject({ unread: [file], series: [], all: [] });
    },
  );
});

describe('bars', () => {
  it('are known when they end; columns are found by name', () => {
    const { all, broken } = read({
      'kraken-BTCUSD-1m.csv':
        'trades,volume_quote,close,low,high,open,ts_ms,volume_base\r\n' +
        '7,,2.5,1.0,3,2,60000,6.24e-05\r\n,,3,3,3,3,120000,',
    });
    expect(broken.total).toBe(0);
    expect(all).toEqual([
      {
        kind: 'bar',
        atMs: 120_000,
        startMs: 60_000,
        venueId: 'kraken',
        instrumentId: 'BTC/USD',
        open: '2',
        high: '3',
        low: '1',
        close: '2.5',
        volume: '0.0000624',
      },
      expect.objectContaining({ startMs: 120_000, volume: '' }),
    ]);
  });

  it.each([
    ['ts_ms', '60001,1,1,1,1,1'],
    ['ts_ms', '0,1,1,1,1,1'],
    ['ts_ms', '-60000,1,1,1,1,1'],
    ['ts_ms', '1e5,1,1,1,1,1'],
    ['ts_ms', ',1,1,1,1,1'],
    ['open', '60000,,1,1,1,1'],
    ['open', '60000,NaN,1,1,1,1'],
    ['open', '60000,3,2,1,1,1'],
    ['high', '60000,1,Infinity,1,1,1'],
    ['low', '60000,1,1,0,1,1'],
    ['close', '60000,1,1,1,-1,1'],
    ['close', '60000,2,2,1,0.5,1'],
    ['volume_base', '60000,1,1,1,1,-1'],
    ['volume_base', '60000,1,1,1,1,"1"'],
    ['row', '60000,1,1,1,1'],
    ['row', '60000,1,1,1,1,1,1'],
    ['row', ''],
    ['row', `60000,1,1,1,1,${'1'.repeat(LIMITS.lineBytesMax)}`],
  ])('a row with a broken %s is reported by file and line, the others are read: %s', (field, row) => {
    const file = 'kraken-BTCUSD-1m.csv';
    const { all, broken } = read({ [file]: `${HEADER}\n0,1,1,1,1,1\n${row}\n180000,1,1,1,1,1\n` });
    expect(all.map((bar) => bar.atMs)).toEqual([60_000, 240_000]);
    expect(broken.total).toBe(1);
    expect(broken.listed[0]).toMatchObject({
      file,
      line: 3,
      field,
      message: expect.stringMatching(/^Expected /),
    });
  });

  it.each([
    ['', 'empty file'],
    ['ts_ms,open,high,low,volume_base\n1,1,1,1,1\n', 'close'],
    [`${HEADER},open\n0,1,1,1,1,1,1\n`, 'open twice'],
    [`${HEADER},${'x,'.repeat(300)}\n`, '200 columns'],
  ])('a header that is not what it must be makes the file one broken row: %j', (text, message) => {
    const { all, broken } = read({ 'kraken-BTCUSD-1m.csv': text });
    expect(all).toEqual([]);
    expect(broken.listed).toEqual([expect.objectContaining({ line: 1, field: 'header' })]);
    expect(broken.listed[0]?.message).toContain(message);
  });

  it('lists the first thousand broken rows and counts all', () => {
    const rows = Array.from({ length: 1_500 }, (_, index) => `${index * 60_000},x,1,1,1,1`).join('\n');
    const { broken } = read({
      'kraken-BTCUSD-1m.csv': `${HEADER}\n${rows}\n`,
      'kraken-ETHUSD-1m.csv': HEADER,
    });
    expect(broken.total).toBe(1_500);
    expect(broken.listed).toHaveLength(MARKET_DATA_LIMITS.brokenListedMax);
    expect([...broken.perFile]).toEqual([['kraken-BTCUSD-1m.csv', 1_500]]);
  });
});

describe('the other layouts', () => {
  it('reads irregular prices of many tokens', () => {
    const { all, broken } = read({
      'coingecko-multi-token-1h.csv':
        'ts_ms,symbol,USD_price\n5,LINK,43.3\n7,stETH,1780.9\n7,USDC,1\n6,UNI,5\n8,,1\n9,UNI,0\n',
    });
    expect(all).toEqual([
      { kind: 'price', atMs: 5, venueId: 'coingecko', instrumentId: 'LINK/USD', price: '43.3' },
      { kind: 'price', atMs: 7, venueId: 'coingecko', instrumentId: 'STETH/USD', price: '1780.9' },
      { kind: 'price', atMs: 7, venueId: 'coingecko', instrumentId: 'USDC/USD', price: '1' },
    ]);
    expect(broken.listed.map(({ line, field }) => [line, field])).toEqual([
      [5, 'ts_ms'],
      [6, 'symbol'],
      [7, 'USD_price'],
    ]);
  });

  it('reads funding and lending', () => {
    const { all, broken } = read({
      'dydx-BTC-perp-funding.csv': 'ts_ms,funding_rate\n3600000,-0.0000150157\n7200000,0.\n7200000,0.1\n',
      'aave-USDC-2024-01-06-1m.csv':
        'ts_ms,liquidity_rate,variable_borrow_rate,liquidity_index,variable_borrow_index,other\n' +
        '60000,0.048602666889132299337496032,0.06,1.023969313696843928663736399,1.0376,x\n',
    });
    expect(all).toEqual([
      {
        kind: 'lending',
        atMs: 60_000,
        poolId: 'aave',
        asset: 'USDC',
        supplyRate: '0.048602666889132299337496032',
        borrowRate: '0.06',
        supplyIndex: '1.023969313696843928663736399',
        borrowIndex: '1.0376',
      },
      { kind: 'funding', atMs: 3_600_000, venueId: 'dydx', instrumentId: 'BTC-PERP', rate: '-0.0000150157' },
      { kind: 'funding', atMs: 7_200_000, venueId: 'dydx', instrumentId: 'BTC-PERP', rate: '0' },
    ]);
    expect(broken.listed).toMatchObject([{ file: 'dydx-BTC-perp-funding.csv', line: 4, field: 'ts_ms' }]);
  });

  const book = (more: object): string =>
    JSON.stringify({
      event_ms: 5,
      bids: [
        ['99.0', '1.50'],
        ['98', '2'],
      ],
      asks: [['101', '1']],
      ...more,
    });

  it('reads books, one a line, and snapshots', () => {
    const { all, broken } = read({
      'binance-um-BTCUSDT-top20-1s.jsonl': `${book({})}\n${book({ event_ms: 6, bids: [] })}\n`,
      'binance-spot-BTCUSDT-snapshot.json': book({ recv_ns: 1_723_161_254_206_652_067 }),
    });
    expect(broken.total).toBe(0);
    expect(all).toEqual([
      {
        kind: 'book',
        atMs: 5,
        venueId: 'binance',
        instrumentId: 'BTC-PERP',
        bids: [
          { price: '99', quantity: '1.5' },
          { price: '98', quantity: '2' },
        ],
        asks: [{ price: '101', quantity: '1' }],
      },
      expect.objectContaining({ atMs: 6, bids: [] }),
      expect.objectContaining({ atMs: 1_723_161_254_206, instrumentId: 'BTC/USDT' }),
    ]);
  });

  it.each([
    ['row', '{"event_ms":5,'],
    ['row', '[]'],
    ['row', ''],
    ['event_ms', book({ event_ms: 3 })],
    ['event_ms', book({ event_ms: '5' })],
    ['bids', book({ bids: 'none' })],
    ['bids', book({ bids: [['101', '1']] })],
    [
      'bids[1]',
      book({
        bids: [
          ['98', '1'],
          ['99', '1'],
        ],
      }),
    ],
    ['bids[0]', book({ bids: [[99, 1]] })],
    ['asks[0]', book({ asks: [['101', '0']] })],
    ['asks[0]', book({ asks: [['NaN', '1']] })],
  ])('a book with a broken %s is reported: %s', (field, line) => {
    const { all, broken } = read({
      'binance-um-BTCUSDT-top20-1s.jsonl': `${book({})}\n${line}\n${book({})}\n`,
    });
    expect(all).toHaveLength(2);
    expect(broken.listed).toMatchObject([{ line: 2, field }]);
  });
});

describe('many series', () => {
  it('merge in the order of time, at one time in the order of the series', () => {
    const list = fc.array(fc.nat(20), { maxLength: 30 }).map((times) => [...times].sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(list, { maxLength: 8 }), (series) => {
        const rows = series.map((times, rank) => times.map((atMs, index) => ({ atMs, rank, index })));
        const expected = rows.flat().sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.index - b.index);
        expect([...mergeByTime(rows)]).toEqual(expected);
      }),
    );
  });

  it('closes every file when the reader stops early', () => {
    let open = 0;
    function* rows(): Generator<{ atMs: number }> {
      open++;
      try {
        for (let atMs = 0; ; atMs++) yield { atMs };
      } finally {
        open--;
      }
    }
    for (const row of mergeByTime([rows(), rows()])) if (row.atMs === 3) break;
    expect(open).toBe(0);
  });

  it('reads the same rows again from the start', () => {
    const data = read({
      'kraken-BTCUSD-1m.csv': `${HEADER}\n0,1,1,1,1,1\n`,
      'kraken-ETHUSD-1m.csv': `${HEADER}\n0,2,2,2,2,1`,
    });
    expect(data.all.map((row) => (row.kind === 'bar' ? row.instrumentId : ''))).toEqual([
      'BTC/USD',
      'ETH/USD',
    ]);
    expect([...data.rows()]).toEqual(data.all);
  });
});

describe('rounds of an oracle', () => {
  it('are prices with the decimals of the file’s name', () => {
    const { all, broken } = read({
      'chainlink-eth-mainnet-stETH-ETH-dec18.csv':
        'round_id,updated_at_s,answer_raw\n1,100,996316981209140000\n2,200,0\n3,50,1\n' +
        '4,300,1000000000000000000\n',
    });
    expect(all).toEqual([
      {
        kind: 'price',
        atMs: 100_000,
        venueId: 'chainlink',
        instrumentId: 'STETH/ETH',
        price: '0.99631698120914',
      },
      { kind: 'price', atMs: 300_000, venueId: 'chainlink', instrumentId: 'STETH/ETH', price: '1' },
    ]);
    expect(broken.listed.map(({ line, field }) => [line, field])).toEqual([
      [3, 'answer_raw'],
      [4, 'updated_at_s'],
    ]);
  });
});

describe('events of a pool', () => {
  const HEAD = 'block_timestamp,tx_type,sqrtPriceX96';
  const file = 'ethereum-USDC-WETH-030-events-2024-01-05.csv';

  it('are prices where they are swaps, cut to twelve decimals', () => {
    const swap = '2024-01-05 00:00:23,SWAP,1662995104975155420368771254341874';
    const { all, broken } = read({ [file]: `${HEAD}\n${swap}\n2024-01-05 00:00:24,MINT,\n` });
    expect(broken.total).toBe(0);
    expect(all).toEqual([
      {
        ...{ kind: 'price', venueId: 'pool030', instrumentId: 'WETH/USDC', isTraded: true },
        ...{ atMs: Date.UTC(2024, 0, 5, 0, 0, 23), price: '2269.74582399845' },
      },
    ]);
  });

  it('are broken without a price or a time', () => {
    const rows = ['2024-01-05 00:00:23,SWAP,0', '2024-01-05 00:00:23,SWAP,x', '2024-13-05,SWAP,7'];
    const { all, broken } = read({ [file]: [HEAD, ...rows].join('\n') });
    expect(all).toEqual([]);
    expect(broken.listed.map(({ line, field }) => [line, field])).toEqual([
      [2, 'sqrtPriceX96'],
      [3, 'sqrtPriceX96'],
      [4, 'block_timestamp'],
    ]);
  });
});
