import { describe, expect, it } from '@jest/globals';
import { isRejection, type Envelope, type Rejection } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import type { EventData, pricingMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { blackPrice } from '@plinth/options';
import { PRICING_DEFAULTS } from './pricing-config.ts';
import { pricingService } from './pricing-service.ts';
import type { PricingViews } from './pricing-views.ts';

const T0 = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const RULE = {
  ...{ minSources: 1, maxAgeMs: 30_000, maxConfidencePpm: 1_000_000, maxDeviationPpm: 500_000 },
  ...{ maxMovePpmPerSecond: 1_000_000_000, maxTwapDeviationPpm: 0, floorPrice: '', capPrice: '' },
};
const READ = { minPosition: 0n };
const STRIKES = [15_000, 17_000, 19_000, 20_000, 21_000, 23_000, 26_000];
const CARRY = 1.01;

type Option = Readonly<{ id: string; strike: number; isCall: boolean; days: number; inverse: boolean }>;
const optionsOf = (days: number, strikes: readonly number[], inverse = true): readonly Option[] =>
  strikes.flatMap((strike) =>
    [true, false].map((isCall) => ({
      ...{
        id: `BTC-${days}D${inverse ? '' : 'U'}-${strike}-${isCall ? 'C' : 'P'}`,
        strike,
        isCall,
        days,
        inverse,
      },
    })),
  );

/** A smile that everybody agrees on. */
const smile = (strike: number, forward: number): number => 0.6 + 0.4 * Math.abs(strike / forward - 1);

const quoteOf = (option: Option, index: number, atMs: number, bump = 0): pricingMessages.SubmittedQuote => {
  const { id, strike, isCall, days, inverse } = option;
  const forward = index * CARRY;
  const years = (T0 + days * DAY_MS - atMs) / YEAR_MS;
  const value = blackPrice({ isCall, forward, strike, volatility: smile(strike, forward) + bump, years });
  const price = Math.max(1e-8, inverse ? value / forward : value);
  const confidence = Math.max(0.0001, 0.01 * price) * (inverse ? 1 : 1_000);
  return {
    ...{ instrumentId: id, source: `deri:${id}`, group: 'deri', price: price.toFixed(12) },
    ...{ confidence: confidence.toFixed(12), sourceTimeMs: atMs, volume: '', bid: '', ask: '' },
  };
};

const spot = (instrumentId: string, price: string, atMs: number): readonly pricingMessages.SubmittedQuote[] =>
  ['kraken', 'coinbase'].map((group) => ({
    ...{ instrumentId, source: `${group}:${instrumentId}`, group, price },
    ...{ confidence: '1', sourceTimeMs: atMs, volume: '', bid: '', ask: '' },
  }));

class Pricing {
  readonly spec: ServiceSpec<PricingViews> = serviceSpec(pricingService(PRICING_DEFAULTS));
  at = T0;

  constructor(options: readonly Option[]) {
    for (const [asset, kind] of [
      ['BTC', 'coin'],
      ['USDC', 'stablecoin'],
    ] as const)
      this.spec.given(`asset-${asset}`, T0, {
        type: 'AssetListed',
        data: { asset, scale: 8, kind, chains: [] },
      });
    this.#list({ instrumentId: 'BTC/USD', kind: 'spot' });
    for (const { id, strike, isCall, days, inverse } of options)
      this.#list({
        ...{ instrumentId: id, kind: 'option', quoteAsset: inverse ? 'BTC' : 'USD', inverse },
        ...{ expiresAtMs: T0 + days * DAY_MS, strike: `${strike}`, optionType: isCall ? 'call' : 'put' },
      });
  }

  #list(change: Partial<pricingMessages.ListInstrumentRequest>): void {
    const common = {
      underlying: 'BTC',
      quoteAsset: 'USD',
      contractSize: '1',
      inverse: false,
      priceRule: RULE,
    };
    const kind = { kind: 'spot', expiresAtMs: 0, strike: '', optionType: '', instrumentId: '' };
    eventsOf(this.spec.when('ListInstrument', { ...common, ...kind, ...change }, { now: T0 }));
  }

  round(
    quotes: readonly pricingMessages.SubmittedQuote[],
    index = '20000',
    laterMs = 1_000,
  ): readonly Envelope[] {
    this.at += laterMs;
    const all = [...spot('BTC/USD', index, this.at), ...quotes];
    return eventsOf(this.spec.when('PublishRound', { atMs: 0, quotes: all }, { now: this.at }));
  }

  mark(id: string): EventData<'MarksPublished'>['marks'][number] {
    return this.spec.views.marks.exact(id)!;
  }

  surface(
    change: Partial<pricingMessages.GetSurfaceRequest> = {},
  ): pricingMessages.GetSurfaceResponse | Rejection {
    const request = { underlying: 'BTC', priceAsset: '', expiresAtMs: 0, strike: '', read: READ, ...change };
    return this.spec.ask('GetSurface', request) as pricingMessages.GetSurfaceResponse | Rejection;
  }
}

const eventsOf = (outcome: readonly Envelope[] | Rejection): readonly Envelope[] => {
  if (isRejection(outcome)) throw new Error(outcome.message);
  return outcome;
};
const typesOf = (events: readonly Envelope[]): readonly string[] => events.map(({ type }) => type);

const both = [...optionsOf(30, STRIKES), ...optionsOf(90, STRIKES)];
const quotesOf = (options: readonly Option[], world: Pricing, laterMs = 1_000, index = 20_000) =>
  options.map((option) => quoteOf(option, index, world.at + laterMs));

describe('the volatility surface', () => {
  it('is fitted to the quotes of a round, with the forward of put–call parity', () => {
    const world = new Pricing(both);
    const events = world.round(quotesOf(both, world));
    expect(typesOf(events)).toEqual(['MarksPublished', 'SurfacePublished']);
    const { slices, index } = events[1]!.data as EventData<'SurfacePublished'>;
    expect(index).toBe(20_000);
    expect(slices.map(({ forwardSource }) => forwardSource)).toEqual(['parity', 'parity']);
    for (const { forward, rootMeanSquare, leftOut } of slices) {
      expect(forward).toBeCloseTo(20_200, 0);
      expect(rootMeanSquare).toBeLessThan(0.02);
      expect(leftOut).toBe(0);
    }
  });

  it('prices every option from the next round on, quoted or not, along its forward', () => {
    const world = new Pricing(both);
    world.round(quotesOf(both, world));
    const unquoted = 'BTC-30D-21000-C';
    world.round([], '20400');
    const { price, volatility, forward, state } = world.mark(unquoted);
    expect(forward).toBeCloseTo(20_400 * CARRY, 0);
    expect(volatility).toBeCloseTo(smile(21_000, 20_400 * CARRY), 1);
    expect(state).toBe('live');
    const years = (T0 + 30 * DAY_MS - world.at) / YEAR_MS;
    const expected = blackPrice({ isCall: true, forward, strike: 21_000, volatility, years }) / forward;
    expect(textToFloat(price)).toBeCloseTo(expected, 10);
  });

  it('is not fitted again before its time, and then is', () => {
    const world = new Pricing(both);
    world.round(quotesOf(both, world));
    expect(typesOf(world.round(quotesOf(both, world)))).toEqual(['MarksPublished']);
    expect(typesOf(world.round(quotesOf(both, world, 5_000), '20000', 5_000))).toContain('SurfacePublished');
  });

  it('that allows arbitrage is refused with the reason; marks stay with the last one and age', () => {
    const world = new Pricing(both);
    world.round(quotesOf(both, world));
    // The later expiry suddenly has less variance in it than the earlier one.
    const wrong = both.map((option) =>
      quoteOf(option, 20_000, world.at + 6_000, option.days === 90 ? -0.45 : 0.2),
    );
    const events = world.round(wrong, '20000', 6_000);
    expect(typesOf(events)).toEqual(['MarksPublished', 'SurfaceRefused']);
    expect((events[1]!.data as EventData<'SurfaceRefused'>).reason).toMatch(/calendar|contradict/);
    expect(world.mark('BTC-30D-20000-C').state).toBe('live');
    world.round([], '20000', 61_000);
    expect(world.mark('BTC-30D-20000-C').state).toBe('degraded');
    world.round([], '20000', 600_000);
    expect(world.mark('BTC-30D-20000-C').state).toBe('halted');
    const answer = world.surface() as pricingMessages.GetSurfaceResponse;
    expect(answer.state).toBe('halted');
    expect(answer.refused?.reason).toMatch(/calendar|contradict/);
  });

  it('leaves crossed quotes out, and is refused when too many are', () => {
    const world = new Pricing(both);
    const crossed = (id: string) => (quote: pricingMessages.SubmittedQuote) =>
      quote.instrumentId === id ? { ...quote, price: '0.9', confidence: '0.0001' } : quote;
    const events = world.round(quotesOf(both, world).map(crossed('BTC-30D-26000-C')));
    const { slices } = events[1]!.data as EventData<'SurfacePublished'>;
    expect(slices[0]!.leftOut).toBeGreaterThan(0);
    const other = new Pricing(both);
    const quotes = quotesOf(both, other).map((quote, n) =>
      n % 3 === 0 ? { ...quote, price: '0.95', confidence: '0.0001' } : quote,
    );
    expect(typesOf(other.round(quotes))).toContain('SurfaceRefused');
  });

  it('is not there for fewer than five quotes: each option stands on its own', () => {
    const few = optionsOf(30, [19_000, 20_000]);
    const world = new Pricing(few);
    expect(typesOf(world.round(quotesOf(few, world)))).toEqual(['MarksPublished']);
    const mark = world.mark('BTC-30D-20000-C');
    const quoted = quoteOf(few[2]!, 20_000, world.at);
    expect(textToFloat(mark.price)).toBeCloseTo(textToFloat(quoted.price), 10);
    // Without a surface the forward is the index.
    expect(mark.forward).toBe(20_000);
    expect(mark.volatility).toBeGreaterThan(0.5);
    expect(isRejection(world.surface())).toBe(true);
  });

  it('gives an expiry without quotes the volatility of its neighbours', () => {
    const options = [...both, ...optionsOf(60, [20_000])];
    const world = new Pricing(options);
    world.round(quotesOf(both, world));
    world.round([]);
    expect(world.mark('BTC-60D-20000-C').volatility).toBeCloseTo(0.6, 1);
  });

  it('is one for options in dollars and in coins when their strikes are in dollars', () => {
    const options = [...both, ...optionsOf(30, STRIKES, false).map((one) => ({ ...one, days: 30 }))];
    const world = new Pricing(options);
    const events = world.round(quotesOf(options, world));
    expect(typesOf(events)).toContain('SurfacePublished');
    world.round([]);
    const inCoins = world.mark('BTC-30D-20000-C');
    const inDollars = world.mark('BTC-30DU-20000-C');
    expect(textToFloat(inCoins.price) * inCoins.forward).toBeCloseTo(textToFloat(inDollars.price), -1);
  });

  it('answers for one strike and expiry, and refuses what cannot be', () => {
    const world = new Pricing(both);
    world.round(quotesOf(both, world));
    const expiresAtMs = T0 + 60 * DAY_MS;
    const answer = world.surface({ expiresAtMs, strike: '20000' }) as pricingMessages.GetSurfaceResponse;
    expect(answer.volatility).toBeCloseTo(0.6, 1);
    for (const change of [
      { strike: '-1', expiresAtMs },
      { strike: '1' },
      { strike: '1', expiresAtMs: T0 - 1 },
    ])
      expect(isRejection(world.surface(change))).toBe(true);
    const list = world.spec.ask('ListSurfaces', { underlying: '', pageSize: 0, pageToken: '', read: READ });
    expect(list).toMatchObject({ total: 1, surfaces: [{ underlying: 'BTC', slices: 2, state: 'live' }] });
  });
});
