import { describe, expect, it } from '@jest/globals';
import { houseParameters } from '@plinth/margin';
import { OPTION_STYLES, STYLES, type Style } from '../books/styles.ts';
import { optionMark, type DrawnBook } from '../books/drawn-book.ts';
import { judgeByFlatRates } from '../models/cross-simple.ts';
import { flatRatesFor } from '../models/flat-rates.ts';
import { judgeByHouse } from '../models/house.ts';
import { judgeVenuesApart } from '../models/house-by-venue.ts';
import { judgeByRulebook } from '../models/rulebooks.ts';
import { spanGridParameters } from '../models/span-grid.ts';
import { calm, madeHistory, madeLine } from '../testing/made-history.ts';
import { calibrate, knobsOf, scoreOf, withKnobs } from './calibrate.ts';
import { drawSample, type Sample } from './sample.ts';
import { stageOf } from './world.ts';

const HOUR_MS = 3_600_000;
const LINES = [
  madeLine('BTC/USD', 'one'),
  madeLine('BTC/USD', 'two'),
  madeLine('BTC/USDT', 'one'),
  madeLine('ETH/USD', 'two'),
  madeLine('LINK/USD', 'one'),
];
const prices = (hours: number, percent: number) => ({
  BTC: calm(60_000, hours, percent),
  ETH: calm(3_000, hours, percent * 1.5),
  LINK: calm(15, hours, percent * 2),
  USDT: calm(1, hours, 0.01),
});
const sampleOf = (hours = 40, percent = 0.5, books = 3, styles: readonly Style[] = STYLES): Sample =>
  drawSample(madeHistory(prices(hours, percent), LINES), {
    ...{ seed: 7, booksPerStyle: books, momentsMax: 12, horizonMs: 4 * HOUR_MS, styles },
  });
/** A search values every book many times. */
const PLAIN: readonly Style[] = ['long', 'short', 'pair', 'basis', 'spread', 'gamma'];

/** Calm for thirty hours, then every coin but the smallest falls to a share of its price at once. */
const crashSample = (left: number, booksPerStyle: number): Sample => {
  const before = prices(40, 0.5);
  const fall = (path: readonly number[]): readonly number[] =>
    path.map((price, n) => (n < 30 ? price : price * left));
  const fallen = { ...before, BTC: fall(before.BTC), ETH: fall(before.ETH) };
  return drawSample(madeHistory(fallen, LINES), {
    ...{ seed: 7, booksPerStyle, momentsMax: 40, horizonMs: 4 * HOUR_MS, styles: PLAIN },
  });
};

describe('A sample', () => {
  it('has books of every style, the same for the same seed', () => {
    const [one, again] = [sampleOf(), sampleOf()];
    expect(new Set(one.books.map(({ style }) => style))).toEqual(new Set(STYLES));
    expect(again.books).toEqual(one.books);
    expect(one.horizonSteps).toBe(4);
  });

  it('keeps hedges of one coin nearly without exposure, at two venues', () => {
    const { books, history } = sampleOf();
    const hedges = books.filter(({ style, legs }) => style === 'basis' && legs.length === 2);
    expect(hedges.length).toBeGreaterThan(0);
    for (const { legs, step } of hedges) {
      const [long, short] = legs.map(({ line, quantity }) => quantity * (history.marks[line]?.[step] ?? NaN));
      expect(Math.abs((long ?? 0) + (short ?? 0))).toBeLessThanOrEqual(0.051 * Math.abs(long ?? 0));
      expect(new Set(legs.map(({ line }) => history.lines[line]?.venue)).size).toBe(2);
    }
  });
});

describe('Models on one sample', () => {
  const sample = sampleOf();
  const stage = stageOf(sample);
  const house = judgeByHouse(stage, houseParameters);
  const booksOf = (style: string): readonly number[] =>
    sample.books.flatMap((book, n) => (book.style === style ? [n] : []));

  it('ask something for every book that they do not refuse', () => {
    const peers = (['derive-pmrm2', 'dydx', 'deribit'] as const).map((name) => judgeByRulebook(sample, name));
    for (const judged of [house, judgeByFlatRates(sample), ...peers])
      for (const asked of judged.maintenance) expect(Number.isNaN(asked) || asked > 0).toBe(true);
    expect(house.maintenance.some(Number.isNaN)).toBe(false);
  });

  it('value books of options as the history marks them, and ask for what is sold', () => {
    for (const style of OPTION_STYLES)
      for (const n of booksOf(style)) {
        const book = sample.books[n] as DrawnBook;
        expect(book.options.length).toBeGreaterThan(0);
        for (const leg of book.options) {
          const { price, dollars, years } = optionMark(sample.history, leg, book.step);
          const intrinsic = Math.max(0, leg.right === 'call' ? price - leg.strike : leg.strike - price);
          expect(dollars).toBeGreaterThanOrEqual(intrinsic);
          expect(dollars).toBeLessThan(leg.right === 'call' ? price : leg.strike);
          expect(years).toBeGreaterThan(0);
        }
      }
    const shortOnly = booksOf('strangle');
    expect(shortOnly.length).toBeGreaterThan(0);
    for (const n of shortOnly)
      expect(house.maintenance[n]).toBeGreaterThan(
        houseParameters.options.shortMinimum * (sample.gross[n] ?? NaN),
      );
  });

  it('count what they refuse, by reason', () => {
    const dydx = judgeByRulebook(sample, 'dydx');
    const refused = dydx.maintenance.filter(Number.isNaN).length;
    expect(refused).toBeGreaterThan(0);
    expect([...dydx.refusals.values()].reduce((sum, count) => sum + count, 0)).toBe(refused);
  });

  it('order as their rules do: a blend never above each by itself, a whole never above its venues', () => {
    const grid = judgeByHouse(stage, spanGridParameters(houseParameters), 'span-grid');
    const apart = judgeVenuesApart(sample, houseParameters);
    sample.books.forEach((_, n) => {
      const scanned = house.parts.scan[n] ?? NaN;
      expect(scanned).toBeLessThanOrEqual((grid.parts.scan[n] ?? NaN) * (1 + 1e-9));
    });
    const basis = booksOf('basis').filter((n) => (sample.books[n]?.legs.length ?? 0) > 1);
    const sum = (values: Float64Array): number => basis.reduce((total, n) => total + (values[n] ?? NaN), 0);
    expect(sum(house.maintenance)).toBeLessThan(0.5 * sum(apart.maintenance));
  });

  it('see a crash only when it has come', () => {
    const crash = crashSample(0.5, 12);
    const { maintenance } = judgeByHouse(stageOf(crash), houseParameters);
    const longs = crash.books.flatMap((book, n) => {
      const isBitcoin = book.style === 'long' && book.legs.every(({ line }) => line < 4);
      return isBitcoin
        ? [{ step: book.step, share: (maintenance[n] ?? NaN) / (crash.gross[n] ?? NaN), n }]
        : [];
    });
    const before = longs.filter(({ step }) => step >= 26 && step < 30);
    const after = longs.filter(({ step }) => step >= 30);
    expect(before.length).toBeGreaterThan(0);
    expect(before.every(({ share }) => share < 0.25)).toBe(true);
    expect(before.every(({ n }) => (crash.worst[n] ?? 0) > (maintenance[n] ?? 0))).toBe(true);
    expect(after.every(({ share }) => share > 0.27)).toBe(true);
  });
});

describe('A calibration', () => {
  it('finds a cheaper set where everything is covered already, and reaches the goal where it is not', () => {
    const calmWorld = [stageOf(sampleOf(30, 0.3, 1, PLAIN))];
    const cheap = calibrate(calmWorld, houseParameters, 0.995);
    expect(cheap.start.score.missing).toBe(0);
    expect(cheap.best.score.missing).toBe(0);
    expect(cheap.best.score.requirement).toBeLessThan(0.8 * cheap.start.score.requirement);

    const wildWorld = [stageOf(crashSample(0.9, 1))];
    const weak = withKnobs(houseParameters, { ...knobsOf(houseParameters), volMultiplier: 2 });
    if (weak === undefined) throw new Error('Expected a set within the bounds');
    const found = calibrate(wildWorld, weak, 0.995);
    expect(found.start.score.missing).toBeGreaterThan(0);
    expect(found.best.score.missing).toBeLessThan(found.start.score.missing);
    expect(scoreOf(wildWorld, found.parameters, 0.995)).toEqual(found.best.score);
  });

  it('leaves the bounds of parameter sets alone', () => {
    expect(
      withKnobs(houseParameters, { ...knobsOf(houseParameters), all: 0.8, group: 0.15 }),
    ).toBeUndefined();
    expect(withKnobs(houseParameters, { ...knobsOf(houseParameters), volMultiplier: 11 })).toBeUndefined();
  });
});

describe('Flat rates', () => {
  it('are the losses that so many positions stayed under, in whole percents', () => {
    const history = madeHistory({ BTC: calm(100, 40, 3) }, [madeLine('BTC/USD', 'one')]);
    // From 103 down to 97 a long loses 5.83 %, from 97 up to 103 a short loses 6.19 %.
    expect(flatRatesFor([history], 4 * HOUR_MS, 0.995)).toMatchObject({ majors: 0.07, others: 0 });
  });
});
