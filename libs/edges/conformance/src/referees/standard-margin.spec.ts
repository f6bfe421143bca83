import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Fields } from '../fields.ts';
import { runCaseFile } from '../run-file.ts';
import { floated } from './fixed.ts';
import { feedKey, standardMargin, type MadeCase, type MadeFeed, type MadeTerms } from './standard-margin.ts';

/** Made cases, the same in every run. */
const RUNS = { numRuns: 1_200, seed: 20_240_223 };
const KEYS = 24;

const number = (low: number, high: number, per: number) =>
  fc.integer({ min: Math.round(low * per), max: Math.round(high * per) }).map((n) => n / per);
/** A number, more often than not one at which a rule turns. */
const turning = (at: readonly number[], low: number, high: number, per: number) =>
  fc.oneof(fc.constantFrom(...at), number(low, high, per));

const confidence = turning([0, 0.39, 0.4, 1], 0, 1, 1_000);
/** Expired, the last hour and its edge, and from there on. */
const seconds = fc.constantFrom(0, 1, 900, 3_599, 3_600, 500_400, 31_536_000);
const amount = turning([0, 1, -1, 0.000001, -0.000001], -50, 50, 1_000);

const market = (spot: number) =>
  fc.record({
    spot: turning([spot], spot / 2, 2 * spot, 100),
    perp: number(spot / 2, 2 * spot, 100),
    ...{ spotConfidence: confidence, perpConfidence: confidence, size: amount },
    coins: turning([0], 0, 10, 1_000),
    entry: fc.option(number(spot / 2, 2 * spot, 100)),
    index: fc.option(number(-100, 100, 1_000)),
    globalIndex: turning([0], -100, 100, 1_000),
    settlement: fc.oneof(
      fc.record({ price: number(spot / 2, 2 * spot, 100) }),
      fc.record({ share: turning([0, 1], 0, 1, 100), average: number(spot / 2, 2 * spot, 100) }),
    ),
  });

const share = number(0.01, 0.5, 1_000);
const terms: fc.Arbitrary<MadeTerms> = fc.record({
  perp: fc.record({ mm: share, im: share }),
  option: fc.record({
    ...{
      maxSpotReq: share,
      minSpotReq: share,
      mmCallSpotReq: share,
      mmPutSpotReq: share,
      MMPutMtMReq: share,
    },
    ...{
      unpairedIMScale: number(1, 2, 10),
      unpairedMMScale: number(1, 2, 10),
      mmOffsetScale: number(1, 2, 10),
    },
  }),
  base: fc.record({ marginFactor: number(0, 1, 100), IMScale: number(0, 1, 100) }),
  depeg: fc.record({ threshold: number(0.9, 1, 100), factor: number(0, 2, 10) }),
  oracle: fc.record({ threshold: turning([0.4], 0, 1, 100), factor: number(0, 1, 10) }),
});

/** Strikes at the money and far away, some of them shared, so that options pair. */
const option = fc.record({
  market: fc.constantFrom('ETH' as const, 'BTC' as const),
  ...{ seconds, amount, volConfidence: confidence, isCall: fc.boolean() },
  moneyness: fc.constantFrom(0.5, 0.9, 1, 1.1, 2.5),
  vol: number(0.1, 2, 100),
});

const made = fc
  .record({
    cash: turning([0], -100_000, 100_000, 100),
    stable: turning([1, 0.98, 0.9799], 0.8, 1.05, 10_000),
    svi: fc.option(
      fc.record({
        a: number(0.1, 1, 100),
        b: number(0, 2, 100),
        rho: number(-0.9, 0.9, 100),
        m: number(-1, 1, 100),
      }),
    ),
    drawn: fc.array(option, { maxLength: 6 }),
    feed: fc.record({ forward: number(0.8, 1.2, 1_000), confidence }),
    markets: fc.record({ ETH: market(1_500), BTC: market(28_000) }),
    terms,
  })
  .map(({ drawn, feed, svi, ...rest }): MadeCase => {
    // Options of one strike, kind and expiry have one volatility: a market has no two.
    const vols = new Map<string, number>();
    const options = drawn.map(({ moneyness, vol, ...item }) => {
      const strike = Math.round(rest.markets[item.market].spot * moneyness);
      const key = `${feedKey(item.market, item.seconds)} ${strike}`;
      if (!vols.has(key)) vols.set(key, vol);
      return { ...item, strike, vol: vols.get(key)! };
    });
    const feeds = new Map<string, MadeFeed>(
      options.map((item) => {
        const { spot } = rest.markets[item.market];
        const forward = Math.round(spot * feed.forward * 100) / 100;
        return [feedKey(item.market, item.seconds), { ...feed, forward }];
      }),
    );
    const parameters = svi === null ? undefined : [svi.a, svi.b, svi.rho, svi.m, 0.05];
    return { ...rest, options, feeds, svi: parameters };
  });

/** The case as the format writes it; what has the default of its key is left out where `isShort`. */
const written = (item: MadeCase, isShort: boolean): Fields => {
  const { options, markets, svi } = item;
  const unless = (isDefault: boolean, fields: Fields): Fields => (isShort && isDefault ? {} : fields);
  const fieldsOf = (name: 'ETH' | 'BTC'): Fields => {
    const { spot, size, coins, entry, index, globalIndex, settlement } = markets[name];
    return {
      [`${name}SpotPrice`]: spot,
      ...unless(size === 0, { [`Perps_${name}`]: size }),
      ...unless(coins === 0, { [`w${name}`]: coins }),
      ...unless(entry === null, { [`LastEntry${name}`]: entry }),
      ...unless(index === null, { [`Account${name}FundingIndex`]: index }),
      ...unless(globalIndex === 0, { [`${name}GlobalFundingIndex`]: globalIndex }),
      ...('price' in settlement
        ? { [`SettlementPrice${name}`]: settlement.price }
        : { [`PercentFixed${name}`]: settlement.share, [`TWAP_${name}`]: settlement.average }),
    };
  };
  const feeds = options.map((of) => item.feeds.get(feedKey(of.market, of.seconds))!);
  const list = <T>(of: (option: MadeCase['options'][number]) => T): readonly T[] => options.map(of);
  const sure = (values: readonly number[]): boolean => values.every((value) => value === 1);
  const prices = [markets.ETH, markets.BTC].map((m) => [m.spotConfidence, m.perpConfidence]);
  return {
    ...{ ...fieldsOf('ETH'), ...fieldsOf('BTC'), parameters: item.terms },
    PerpPrice: [markets.ETH.perp, markets.BTC.perp],
    OptionUnderlying: list((of) => of.market),
    OptionExpiries: list((of) => of.seconds),
    OptionStrikes: list((of) => of.strike),
    OptionIsCall: list((of) => (isShort ? of.isCall : Number(of.isCall))),
    OptionAmounts: list((of) => of.amount),
    ...(svi === undefined ? { OptionVols: list((of) => of.vol) } : { SVIParams: svi }),
    FeedExpiries: list((of) => of.seconds),
    Forwards: feeds.map(({ forward }) => forward),
    ...unless(item.cash === 0, { Cash: item.cash }),
    ...unless(item.stable === 1, { USDCValue: item.stable }),
    ...unless(sure(list((of) => of.volConfidence)), { OptionVolConfidences: list((of) => of.volConfidence) }),
    ...unless(sure(feeds.map((of) => of.confidence)), {
      ForwardConfidences: feeds.map((of) => of.confidence),
    }),
    ...unless(sure(prices.flat()), { SpotPerpConfidences: prices }),
    ...(isShort ? {} : { Discounts: feeds.map(() => 0.03), DiscountConfidences: feeds.map(() => 1) }),
  };
};

describe('standard margin of Derive, by a second derivation', () => {
  it('agrees in every figure of the format, with optional keys and without', () => {
    fc.assert(
      fc.property(made, fc.boolean(), fc.constantFrom('initial', 'maintenance'), (item, isShort, which) => {
        const expected = Object.fromEntries(
          Object.entries(standardMargin(item, which)).map(([key, value]) => [key, floated(value)]),
        );
        expect(Object.keys(expected)).toHaveLength(KEYS);
        const input = written(item, isShort);
        // Float64 sums: to its digits of the largest term.
        const parameters = { ...item.terms, tolerance_rel: 1e-9 };
        const text = JSON.stringify({ cases: [{ input: { ...input, parameters }, expected }] });
        const { failures, notCompared, compared, results } = runCaseFile('02-derive-standard-margin', text);
        expect([failures, notCompared, results[0]?.problem, compared]).toEqual([[], {}, undefined, KEYS]);
      }),
      RUNS,
    );
  });
});
