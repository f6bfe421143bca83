import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explainMargin } from '../explain.ts';
import { COVERAGE, FIGURE_COUNT, INITIAL_COVERAGE } from '../figures.ts';
import { houseParameters } from '../house-parameters.ts';
import { marginOf } from '../margin.ts';
import {
  DEFAULT_RULEBOOKS,
  MARGIN_MODELS,
  RULEBOOK_NAMES,
  venueRule,
  type ModelMarket,
  type PeerRulebook,
} from '../models/index.ts';
import { riskParameters, type RiskParameters, type VenueParameters } from '../parameters.ts';
import { makeWorld, type World } from '../testing/index.ts';
import type { VenueRule } from '../venue-rule.ts';
import { LOCATION_REQUIRED } from '../work-layout.ts';
import { DistanceIndex } from '../distance-index.ts';
import { marginAll } from '../margin.ts';

const PEERS = RULEBOOK_NAMES.filter((name): name is PeerRulebook => name !== 'house');
const ruleOf = (name: PeerRulebook): VenueRule => venueRule(name, DEFAULT_RULEBOOKS);
const VENUES = ['venue-a', 'venue-b'] as const;

/** Every venue with the same terms, and venue-a and venue-b with a rulebook. */
const withRule = (rule: VenueRule | undefined, terms: Partial<VenueParameters> = {}): RiskParameters => {
  const flat = { ...houseParameters.otherVenues, requirementFraction: 0.05, ...terms };
  return riskParameters({
    ...houseParameters,
    otherVenues: flat,
    venues: VENUES.map((venue) => ({ venue, ...flat, ...(rule === undefined ? {} : { rule }) })),
  });
};

const flat = (mark: number) => ({ mark, low: mark, high: mark, state: 'live' as const });

type Book = World & Readonly<{ account: number }>;

/** Long at one venue, short as much at another. */
const hedged = (
  parameters: RiskParameters,
  size = 10,
  collateral: readonly [number, number] = [60_000, 60_000],
): Book => {
  const world = makeWorld(parameters);
  for (const venue of VENUES) world.market.setInstrumentMark(`BTC-PERP@${venue}`, flat(60_000));
  const account = world.book.addAccount('hedged');
  VENUES.forEach((venue, n) => {
    world.book.setPosition(account, `BTC-PERP@${venue}`, n === 0 ? size : -size, 60_000);
    world.book.setBalance(account, 'USDC', venue, collateral[n]!);
  });
  return { ...world, account };
};

const coverageOf = ({ kernel, book, account }: Book): number =>
  marginOf(kernel, book, account).figures.coverage;

describe.each(PEERS)('%s as a venue asks by it', (name) => {
  const market = (price: number): ModelMarket => ({
    stablePrice: 1,
    assets: new Map([['USDC', { price: 1, confidence: 1 }]]),
    underlyings: new Map([
      ['BTC', { spot: { price, confidence: 1 }, perpetual: { price, confidence: 1 }, expiries: [] }],
    ]),
  });

  it('is the share that the whole rulebook asks, at any size, side and price', () => {
    const rule = ruleOf(name);
    const sizes = fc.double({ min: 0.01, max: 2_000, noNaN: true });
    fc.assert(
      fc.property(
        sizes,
        fc.boolean(),
        fc.double({ min: 100, max: 200_000, noNaN: true }),
        (units, isLong, price) => {
          const size = isLong ? units : -units;
          const perpetuals = [{ underlying: 'BTC', size, unrealisedProfit: 0, accruedFunding: 0 }];
          const book = { cash: 0, perpetuals, options: [], assets: [] };
          const { maintenance } = MARGIN_MODELS[name].judge(book, market(price), DEFAULT_RULEBOOKS);
          const asked = rule.maintenanceShare('BTC', size, price)! * units * price;
          // dYdX cuts and rounds to millionths of a coin's worth; everything else agrees to the last digits.
          expect(Math.abs(asked - maintenance)).toBeLessThanOrEqual(1e-9 * maintenance + 3e-6);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('does not know what the rulebook refuses', () => {
    const share = ruleOf(name).maintenanceShare('NOPE', 1, 1);
    // Two documented rulebooks have one set of terms for all coins.
    if (['paradex', 'okx', 'deribit'].includes(name)) expect(share).toBeGreaterThan(0);
    else expect(share).toBeUndefined();
  });

  it('needs as much cash as the worst scenario leaves missing where the money does not stand', () => {
    const rule = ruleOf(name);
    const dearer: VenueRule = {
      ...rule,
      name: 'dearer',
      maintenanceShare: (...at) => rule.maintenanceShare(...at)! + 0.02,
    };
    // Enough at one venue for both, if it could be moved while that venue stands still.
    const charge = (own: VenueRule): number => coverageOf(hedged(withRule(own), 10, [600_000, 60_000]));
    expect(charge(rule)).toBeGreaterThan(0);
    expect(charge(dearer)).toBeCloseTo(charge(rule) + 0.02 * 600_000, -3);
  });

  it('never charges less when transfers take longer', () => {
    const hours = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(hours, hours, fc.double({ min: 0.1, max: 30, noNaN: true }), (h, more, size) => {
        const at = (transferHours: number): number =>
          coverageOf(hedged(withRule(ruleOf(name), { transferHours }), size));
        expect(at(h + more)).toBeGreaterThanOrEqual(at(h) - 1e-6);
      }),
      { numRuns: 30 },
    );
  });

  it('charges nothing for a book on one venue', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (size) => {
        const world = makeWorld(withRule(ruleOf(name)));
        world.market.setInstrumentMark('BTC-PERP@venue-a', flat(60_000));
        const account = world.book.addAccount('one');
        world.book.setPosition(account, 'BTC-PERP@venue-a', size, 60_000);
        world.book.setBalance(account, 'USDC', 'venue-a', 10_000);
        const figures = world.kernel.value(world.book, account);
        world.kernel.model.refresh();
        expect([figures[COVERAGE], figures[INITIAL_COVERAGE]]).toEqual([0, 0]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a venue with a rulebook', () => {
  const four = (underlying: string): number | undefined => (underlying === 'BTC' ? 0.04 : undefined);
  const margins = { inverse: false, options: false };
  const rule: VenueRule = { name: 'four', margins, maintenanceShare: four, maintenanceOf: () => undefined };

  it('asks by hand: the loss of a de-peg, its share of the moved notional, less what stands there', () => {
    // USDC −12 %: the short at venue-b loses 600,000 · (1/0.88 − 1) · 0.88 = 72,000 and its money is worth
    // 52,800.
    expect(coverageOf(hedged(withRule(rule)))).toBeCloseTo(0.04 * 600_000 + 72_000 - 52_800, 6);
    expect(coverageOf(hedged(withRule(undefined)))).toBeCloseTo(0.05 * 600_000 + 72_000 - 52_800, 6);
  });

  it('never falls when the haircut on collateral at a venue in need rises', () => {
    const charges = [0.1, 0.2, 0.3, 0.5].map((min) => {
      const others = { ...houseParameters.haircuts, otherAssets: { min, max: 0.6, dailyVolumeUsd: 1e12 } };
      const book = hedged({ ...withRule(rule), haircuts: others });
      book.book.setBalance(book.account, 'USDC', 'venue-b', 30_000);
      book.book.setBalance(book.account, 'FUND', 'venue-b', 3_000);
      return coverageOf(book);
    });
    charges.forEach((charge, n) => expect(charge).toBeGreaterThan(n === 0 ? 0 : charges[n - 1]!));
  });

  it('nets positions of one underlying there, and takes the flat share of what it does not margin', () => {
    const book = hedged(withRule(rule));
    const { market, book: accounts, account } = book;
    market.setInstrumentMark('ETH-PERP@venue-b', flat(3_000));
    accounts.setPosition(account, 'ETH-PERP@venue-b', -10, 3_000);
    const withEther = coverageOf(book);
    const flatShare = 0.05 * 30_000;
    // Of the ether too: its loss when the coin falls, and the flat share.
    expect(withEther - coverageOf(hedged(withRule(rule)))).toBeCloseTo(flatShare + 0.12 * 30_000, 0);
  });

  it('changes no bit where no venue has one', () => {
    const plain = hedged(withRule(undefined));
    const without = hedged(
      riskParameters({ ...houseParameters, otherVenues: { ...houseParameters.otherVenues } }),
    );
    expect([...plain.kernel.value(plain.book, plain.account)]).toEqual([
      ...without.kernel.value(without.book, without.account),
    ]);
  });

  it('is never missed by the distance index', () => {
    const rules = PEERS.map(ruleOf);
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0.5, max: 12, noNaN: true }),
        (own, moves, size) => {
          // Without hysteresis: an index that has seen the past keeps no worse state than one that has not.
          const memoryless = { ...houseParameters.states, hysteresis: 0 };
          const forgetful = riskParameters({ ...withRule(own), states: memoryless });
          const { kernel, book, market } = hedged(forgetful, size, [80_000, 80_000]);
          const index = new DistanceIndex(kernel, book);
          const states = new Map<number, number>();
          let price = 60_000;
          for (const move of [1, ...moves]) {
            price *= move;
            for (const venue of VENUES) market.setInstrumentMark(`BTC-PERP@${venue}`, flat(price));
            market.setAssetPrice('BTC', flat(price));
            index.update((account, _from, to) => states.set(account, to));
            const fresh = new DistanceIndex(kernel, book);
            const now = new Map<number, number>();
            fresh.update((account, _from, to) => now.set(account, to));
            const figures = new Float64Array(FIGURE_COUNT * book.size);
            marginAll(kernel, book, figures);
            expect(states.get(0) ?? 0).toBe(now.get(0) ?? 0);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('options and inverse contracts at a venue with a rulebook', () => {
  const [CALL, PUT] = ['BTC-C60-30@venue-a', 'BTC-P51-30@venue-a'];

  /** What venue-a is taken to ask of these contracts, USD. */
  const askedOf = (
    rule: VenueRule | undefined,
    ...held: readonly (readonly [id: string, quantity: number])[]
  ): number => {
    const world = makeWorld(withRule(rule), true);
    const account = world.book.addAccount('a');
    for (const [id, quantity] of held) {
      const mark = world.market.instruments.mark[world.catalogue.instruments.indexOf(id)]!;
      world.book.setPosition(account, id, quantity, mark);
    }
    world.model.refresh();
    world.kernel.value(world.book, account);
    return world.kernel.scratch.placeSum(world.catalogue.locations.indexOf('venue-a'), LOCATION_REQUIRED);
  };
  const FLAT = 0.05 * 60_000 * 1.001;

  it('are asked what the rulebook asks of all of them together, at the worst of three prices', () => {
    for (const name of ['derive-pmrm2', 'derive-standard', 'paradex', 'okx', 'deribit'] as const) {
      const rule = ruleOf(name);
      const [call, put] = [askedOf(rule, [CALL, -1]), askedOf(rule, [PUT, -1])];
      for (const asked of [call, put]) {
        expect(asked).toBeGreaterThan(0);
        expect(Math.abs(asked - FLAT)).toBeGreaterThan(1);
      }
      // By hand, with the market moved: the most of three prices.
      const option = { secondsToExpiry: 30 * 86_400, strike: 60_000, isCall: true, size: -1 };
      const at = (price: number): number =>
        rule.maintenanceOf({
          ...{ underlying: 'BTC', price, size: 0 },
          options: [{ ...option, forward: price, volatility: 0.6 }],
        })!;
      const x = makeWorld().model.shockSizes[0]!;
      const most = Math.max(...[1 - x, 1, 1 + x].map((move) => at(60_060 * move)));
      expect(call).toBeGreaterThan(0.99 * most);
      expect(call).toBeLessThan(1.01 * most);
      // A perpetual that covers the call is judged with it.
      const covered = askedOf(rule, [CALL, -1], ['BTC-PERP@venue-a', 1]);
      expect(covered).toBeLessThan(call + (1 + x) * askedOf(rule, ['BTC-PERP@venue-a', 1]) + 1);
    }
  });

  it('are asked the flat share where the rulebook does not know them, or refuses', () => {
    for (const name of ['dydx', 'drift', 'mango'] as const) {
      expect(askedOf(ruleOf(name), [CALL, -1])).toBeCloseTo(FLAT, 6);
      expect(askedOf(ruleOf(name), ['BTC-INV@venue-a', 600])).toBeCloseTo(
        askedOf(undefined, ['BTC-INV@venue-a', 600]),
        9,
      );
    }
    const refusing: VenueRule = { ...ruleOf('deribit'), maintenanceOf: () => undefined };
    expect(askedOf(refusing, [CALL, -1], ['BTC-PERP@venue-a', 1])).toBeCloseTo(FLAT + 0.05 * 60_000, 6);
  });

  it('net with linear ones where the rulebook margins both: a hedge of the two asks next to nothing', () => {
    for (const name of ['okx', 'deribit'] as const) {
      const rule = ruleOf(name);
      const inverse = askedOf(rule, ['BTC-INV@venue-a', 600]);
      const linear = askedOf(rule, ['BTC-PERP@venue-a', 1]);
      expect(inverse / linear).toBeCloseTo(1, 2);
      expect(askedOf(rule, ['BTC-INV@venue-a', 600], ['BTC-PERP@venue-a', -1])).toBeLessThan(0.01 * linear);
      expect(askedOf(undefined, ['BTC-INV@venue-a', 600], ['BTC-PERP@venue-a', -1])).toBeCloseTo(
        2 * 3_000,
        0,
      );
    }
  });

  it('are named in the explanation with what they were judged by', () => {
    const labelOf = (rule: VenueRule | undefined): string | undefined => {
      const world = makeWorld(withRule(rule), true);
      const account = world.book.addAccount('a');
      world.book.setPosition(account, CALL, -1, 1);
      world.book.setPosition(account, 'BTC-PERP@venue-a', 10, 60_000);
      world.book.setPosition(account, 'BTC-PERP@venue-d', -10, 60_000);
      for (const venue of ['venue-a', 'venue-d']) world.book.setBalance(account, 'USDC', venue, 60_000);
      const { children } = explainMargin(world.kernel, world.book, account, 'maintenance');
      return children.find(({ label }) => label.startsWith('liquidity coverage'))?.label;
    };
    expect(labelOf(undefined)).toBe('liquidity coverage');
    expect(labelOf(ruleOf('deribit'))).toBe(
      'liquidity coverage (venue-a by deribit, venue-d by its flat share)',
    );
    expect(labelOf(ruleOf('dydx'))).toBe(
      'liquidity coverage (venue-a by dydx, venue-a by its flat share, venue-d by its flat share)',
    );
  });
});
