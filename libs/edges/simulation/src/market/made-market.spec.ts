import { describe, expect, it } from '@jest/globals';
import { MadeMarket } from './made-market.ts';
import { drawPath } from './price-path.ts';
import { CALM, CRASH, hoursOf, pegAt, phaseAt, stretched, ticksOf, type Scenario } from './scenario.ts';

const SHORT = stretched(CRASH, 80);

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number;

describe('A drawn path', () => {
  it('is a function of scenario and seed', () => {
    expect(drawPath(SHORT, 3)).toEqual(drawPath(SHORT, 3));
    expect(drawPath(SHORT, 3).prices.get('BTC')).not.toEqual(drawPath(SHORT, 4).prices.get('BTC'));
  });

  it('falls over its seeds as far as the markets that it is calibrated to, and by how much in each', () => {
    const paths = Array.from({ length: 31 }, (_, seed) => drawPath(stretched(CRASH, 120), seed).prices);
    const fall = (asset: string): number =>
      median(
        paths.map((prices) => {
          const list = [...(prices.get(asset) as Float64Array)];
          return Math.min(...list) / (list[0] as number) - 1;
        }),
      );
    const recorded = { BTC: -0.46, ETH: -0.48, BNB: -0.4, ADA: -0.38, LINK: -0.33, AAVE: -0.33 };
    for (const [asset, was] of Object.entries(recorded))
      expect(Math.abs(fall(asset) - was)).toBeLessThan(0.12);
    expect(fall('USDC')).toBeCloseTo(-0.12, 2);
  });

  it('takes a jump in the tick in which it happens', () => {
    const still: Scenario = {
      ...SHORT,
      phases: [{ name: 'still', hours: 10, drift: 0, volatility: 0, depth: 1 }],
      tickMs: 3_600_000,
      jumps: [{ hour: 4.5, asset: 'ETH', logReturn: -0.1 }],
    };
    const { prices, ticks } = drawPath(still, 1);
    expect(ticks).toBe(10);
    const eth = [...(prices.get('ETH') as Float64Array)].map((price) => Math.round(price));
    expect(eth).toEqual([3_000, 3_000, 3_000, 3_000, 2_715, 2_715, 2_715, 2_715, 2_715, 2_715]);
    expect(new Set(prices.get('BTC'))).toEqual(new Set([60_000]));
  });
});

describe('A scenario', () => {
  it('keeps its hours when it is cut into other ticks', () => {
    expect(hoursOf(stretched(CRASH, 80))).toBe(hoursOf(CRASH));
    expect(ticksOf(stretched(CRASH, 80))).toBe(80);
    expect(phaseAt(CRASH, 0).name).toBe('calm');
    expect(phaseAt(CRASH, 16).name).toBe('crash');
    expect(phaseAt(CRASH, 1_000).name).toBe('aftermath');
  });

  it('draws straight lines between the points of a peg', () => {
    expect(pegAt(CRASH, 0)).toBe(1);
    expect(pegAt(CRASH, 19)).toBe(0.88);
    expect(pegAt(CRASH, 20)).toBeCloseTo(0.895, 12);
    expect(pegAt(CRASH, 1_000)).toBe(0.999);
  });
});

describe('A made market', () => {
  const market = new MadeMarket(SHORT, 7);

  it('shows the same at a tick, in whatever order it is asked', () => {
    const other = new MadeMarket(SHORT, 7);
    other.quotesAt(40);
    for (const tick of [5, 60, 5]) {
      expect(other.quotesAt(tick)).toEqual(market.quotesAt(tick));
      expect(other.booksAt(tick, 'alpha')).toEqual(market.booksAt(tick, 'alpha'));
      expect(other.fundingAt(tick)).toEqual(market.fundingAt(tick));
    }
  });

  it('shows books that are never crossed, in order, on ticks and lots', () => {
    const steps = new Map(market.instruments.map((one) => [one.instrumentId, one]));
    for (const venueId of ['alpha', 'delta']) {
      for (const { instrumentId, bids, asks } of market.booksAt(37, venueId)) {
        const tick = Number(steps.get(instrumentId)?.tick);
        const prices = [...[...bids].reverse(), ...asks].map(({ price }) => Number(price));
        // An option that is worth nothing has sellers only.
        expect(asks.length).toBeGreaterThan(0);
        if (steps.get(instrumentId)?.kind !== 'option') expect(bids.length).toBeGreaterThan(0);
        expect(prices).toEqual([...prices].sort((a, b) => a - b));
        expect(new Set(prices).size).toBe(prices.length);
        for (const price of prices)
          expect(Math.abs(price / tick - Math.round(price / tick))).toBeLessThan(1e-6);
      }
    }
  });

  it('has what expires inside of it: quoted until then, between intrinsic value and the underlying', () => {
    const dated = market.instruments.filter(({ expiresAtMs }) => expiresAtMs > 0 && expiresAtMs < 2e12);
    const ending = dated.filter(({ expiresAtMs }) => expiresAtMs < market.timeOf(market.ticks - 1));
    expect(ending.map(({ kind }) => kind).sort()).toEqual([
      ...['future', 'future', 'option', 'option', 'option', 'option', 'option', 'option', 'option', 'option'],
    ]);
    const [first] = ending;
    const perHour = market.ticks / hoursOf(SHORT);
    const [before, after] = [29 * perHour, 31 * perHour].map(Math.floor) as [number, number];
    const ids = new Set(ending.map(({ instrumentId }) => instrumentId));
    const quoted = (tick: number) =>
      market.quotesAt(tick).filter(({ instrumentId }) => ids.has(instrumentId));
    expect(new Set(quoted(before).map(({ instrumentId }) => instrumentId))).toEqual(ids);
    expect(quoted(after)).toEqual([]);
    expect(market.booksAt(after, 'alpha').some(({ instrumentId }) => ids.has(instrumentId))).toBe(false);
    expect(first?.expiresAtMs).toBeGreaterThan(market.timeOf(before));
    for (const option of ending.filter(({ kind }) => kind === 'option')) {
      const spot = market.instruments.find((one) => one.instrumentId === `${option.underlying}/USD`);
      const [price, index] = [market.midOf(option, before), market.midOf(spot as typeof option, before)];
      const over = (index - Number(option.strike)) * (option.optionType === 'call' ? 1 : -1);
      expect(price).toBeGreaterThan(Math.max(0, over) - 0.01 * index);
      expect(price).toBeLessThan(index);
    }
    expect(market.products.flatMap(({ legs }) => legs).every((leg) => ids.has(leg.instrumentId))).toBe(true);
  });

  it('has a venue that times out, then is down and quotes nothing', () => {
    const perHour = market.ticks / hoursOf(SHORT);
    expect(market.faultAt(18 * perHour, 'charlie')).toBe('timeouts');
    expect(market.faultAt(20 * perHour, 'charlie')).toBe('down');
    expect(market.faultAt(20 * perHour, 'alpha')).toBe('up');
    const groups = new Set(market.quotesAt(20 * perHour).map(({ group }) => group));
    expect([...groups].sort()).toEqual(['alpha', 'bravo', 'delta']);
    expect(() => market.booksAt(1, 'echo')).toThrow('Expected a venue of crash, was echo');
  });

  it('prints far off now and then on the thin venue alone', () => {
    const far = new Set<string>();
    for (let tick = 0; tick < market.ticks; tick += 1) {
      const quotes = market.quotesAt(tick).filter(({ instrumentId }) => instrumentId === 'BTC/USD');
      const middle = quotes.map(({ price }) => Number(price)).sort((a, b) => a - b)[1] as number;
      for (const { group, price } of quotes) if (Math.abs(Number(price) / middle - 1) > 0.3) far.add(group);
    }
    expect([...far]).toEqual(['delta']);
  });

  it('pays funding at the end of each interval, within what exchanges allow', () => {
    const at = Array.from({ length: market.ticks }, (_, tick) => market.fundingAt(tick));
    const intervals = at.filter((rates) => rates.length > 0);
    expect(intervals).toHaveLength(4);
    for (const { rate } of intervals.flat()) expect(Math.abs(Number(rate))).toBeLessThanOrEqual(0.00375);
  });

  it('lists strikes enough on a quiet market for a volatility surface of every expiry', () => {
    const options = new MadeMarket(CALM, 1).instruments.filter(({ kind }) => kind === 'option');
    const series = Map.groupBy(options, ({ underlying, expiresAtMs }) => `${underlying} ${expiresAtMs}`);
    expect(series.size).toBe(8);
    for (const listed of series.values())
      expect(new Set(listed.map(({ strike }) => strike)).size).toBeGreaterThanOrEqual(5);
  });

  it('of calm days has no faults and no strays', () => {
    const calm = new MadeMarket(stretched(CALM, 720), 1);
    expect(calm.faultAt(20, 'charlie')).toBe('up');
    expect(calm.venues.map(({ venueId }) => venueId)).toEqual(['alpha', 'bravo', 'charlie', 'delta']);
  });
});
