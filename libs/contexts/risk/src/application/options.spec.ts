import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { optionValue, type InstrumentForm } from '@plinth/margin';
import type { riskMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { dataOf, made, RiskWorld, types } from '../testing/risk-world.ts';

const DAY_MS = 86_400_000;
const EXPIRY_MS = 30 * DAY_MS;

const OPTIONS = {
  'BTC-30D-66000-C': { strike: 66_000, right: 'call', inverse: false },
  'BTC-30D-54000-P': { strike: 54_000, right: 'put', inverse: false },
  'BTC-30D-66000-C-COIN': { strike: 66_000, right: 'call', inverse: true },
} as const;
type OptionId = keyof typeof OPTIONS;

/** The price of an option as pricing publishes it: in USD, in coins when inverse. */
const markOf = (id: OptionId, forward: number, volatility: number, atMs: number) => {
  const { strike, right, inverse } = OPTIONS[id];
  const form: InstrumentForm = inverse ? 'inverse' : 'linear';
  const spec = {
    ...{ id, venue: '', underlying: 'BTC', quote: 'USD', settlement: 'USD', contractSize: 1 },
    ...{ kind: 'option' as const, form: form, right, strike, expiryMs: EXPIRY_MS },
  };
  const price = optionValue(spec, forward, volatility, (EXPIRY_MS - atMs) / (365 * DAY_MS)).toFixed(10);
  return { price, volatility, forward };
};

/** A venue with three options beside the usual cell; everything at 60,000 and 60 %. */
class OptionsWorld extends RiskWorld {
  constructor(optionFeeCapPpm = 0) {
    super();
    for (const [id, { strike, right, inverse }] of Object.entries(OPTIONS))
      this.given(
        `instrument-${id}`,
        made('InstrumentListed', {
          ...{ instrumentId: id, kind: 'option', underlying: 'BTC', quoteAsset: inverse ? 'BTC' : 'USD' },
          ...{ contractSize: '1', inverse, expiresAtMs: EXPIRY_MS, strike: `${strike}`, optionType: right },
        }),
      );
    this.given(
      'venue-gamma',
      made('VenueRegistered', {
        ...{ venueId: 'gamma', kind: 'cex', takerFeePpm: 300, optionFeeCapPpm, creditLimit: '5000000' },
        ...{ requirementPpm: 50_000, transferablePpm: 900_000 },
        listings: Object.keys(OPTIONS).map((instrumentId) => ({
          ...{ instrumentId, lot: '0.1', tick: '0.0001', minQuantity: '0.1' },
        })),
      }),
    );
    this.options(60_000, 0.6);
  }

  options(forward: number, volatility: number, laterMs = 1_000): readonly Envelope[] {
    const ids = Object.keys(OPTIONS) as OptionId[];
    const atMs = this.at + laterMs;
    const options = ids.map((id) => [id, markOf(id, forward, volatility, atMs)] as const);
    return this.marks({ 'BTC/USD': `${forward}`, ...Object.fromEntries(options) }, laterMs);
  }

  order(side: 'buy' | 'sell', quantity: string, instrumentId: OptionId, orderId: string): string {
    const order = { orderId, side, quantity, instrumentId, venues: ['gamma'] };
    const events = this.place({ accountId: 'trader', ...order });
    return types(events).includes('OrderApproved') ? 'approved' : dataOf(events, 'OrderRefused').code;
  }

  holdOption(quantity: string, instrumentId: OptionId): void {
    const held = { venueId: 'gamma', instrumentId, price: '1000', entryPrice: '1000' };
    this.booked('trader', { ...held, positionQuantity: quantity, quantity });
  }

  get figures() {
    return this.spec.views.portfolio.assess('trader');
  }
}

const funded = (usd: string, optionFeeCapPpm = 0): OptionsWorld => {
  const world = new OptionsWorld(optionFeeCapPpm);
  world.open('trader', usd, 'gamma');
  return world;
};

describe('orders in options', () => {
  it('are judged with the fee of their venue: on the premium, or on the underlying up to a cap', () => {
    const equityAfter = (optionFeeCapPpm: number, id: OptionId): number => {
      const world = funded('20000', optionFeeCapPpm);
      const events = world.place({
        ...{ accountId: 'trader', orderId: 'a', side: 'sell', quantity: '1', instrumentId: id },
        venues: ['gamma'],
      });
      return Number(dataOf(events, 'OrderApproved').figuresAfter?.equity);
    };
    for (const id of ['BTC-30D-66000-C', 'BTC-30D-66000-C-COIN'] as const) {
      const mark =
        Number(funded('1').spec.views.portfolio.lines.priceOf(id)) * (id.endsWith('COIN') ? 60_000 : 1);
      const free = equityAfter(0, id) + 0.0003 * mark;
      // 3 basis points of 60,000, and a thousandth of the premium.
      expect(equityAfter(125_000, id)).toBeCloseTo(free - 18, 2);
      expect(equityAfter(1_000, id)).toBeCloseTo(free - 0.001 * mark, 2);
    }
  });

  it('are approved as far as the margin goes, bought or sold, in dollars or in coins', () => {
    for (const id of ['BTC-30D-66000-C', 'BTC-30D-66000-C-COIN'] as const) {
      expect(funded('20000').order('sell', '1', id, 'a')).toBe('approved');
      expect(funded('20000').order('sell', '10', id, 'b')).toBe('MARGIN_INSUFFICIENT');
      expect(funded('20000').order('buy', '2', id, 'c')).toBe('approved');
      expect(funded('20000').order('buy', '50', id, 'd')).toBe('MARGIN_INSUFFICIENT');
    }
  });

  it('that close are approved whatever the account has', () => {
    const world = funded('20000');
    world.holdOption('-3.1', 'BTC-30D-66000-C');
    world.options(61_800, 0.6);
    expect(world.figures.equity).toBeLessThan(world.figures.initialMargin);
    expect(world.order('sell', '1', 'BTC-30D-66000-C', 'more')).not.toBe('approved');
    expect(world.order('buy', '1', 'BTC-30D-66000-C', 'less')).toBe('approved');
  });

  it('are refused while the mark is not live', () => {
    const world = funded('100000');
    const mark = markOf('BTC-30D-66000-C', 60_000, 0.6, world.at + 1_000);
    world.marks({ 'BTC-30D-66000-C': { ...mark, state: 'degraded' } });
    expect(world.order('buy', '1', 'BTC-30D-66000-C', 'a')).toBe('PRICE_NOT_LIVE');
  });
});

describe('the margin of options', () => {
  it('is their mark in equity, at the price of the coin when inverse', () => {
    const world = funded('100000');
    world.holdOption('2', 'BTC-30D-66000-C');
    world.holdOption('-2', 'BTC-30D-66000-C-COIN');
    // Equal contracts, one paid in dollars and one in coins: worth the same, and their risk is nothing.
    expect(world.figures.equity).toBeCloseTo(100_000, 2);
    expect(world.figures.figures.scan).toBeLessThan(1);
  });

  it('rises with volatility, and decays as expiry nears', () => {
    const world = funded('100000');
    world.holdOption('-2', 'BTC-30D-66000-C');
    const before = world.figures;
    world.options(60_000, 0.9);
    expect(world.figures.equity).toBeLessThan(before.equity - 1_000);
    world.options(60_000, 0.6, 29 * DAY_MS);
    expect(world.figures.equity).toBeGreaterThan(before.equity + 1_000);
    expect(world.figures.maintenanceMargin).toBeLessThan(before.maintenanceMargin);
  });

  it('calls an account whose short options went against it', () => {
    const world = funded('20000');
    world.holdOption('-2', 'BTC-30D-66000-C');
    const events = world.options(69_000, 0.9);
    expect(types(events)).toContain('MarginStateChanged');
  });

  it('tells how far prices and volatilities are from each worse state', () => {
    const world = funded('20000');
    world.holdOption('-2', 'BTC-30D-66000-C');
    const request = { accountId: 'trader', requirement: '', read: { minPosition: 0n } };
    const ask = (distances: boolean) =>
      world.spec.ask('ExplainMargin', { ...request, distances }) as riskMessages.ExplainMarginResponse;
    expect(ask(false).distances).toEqual([]);
    const rows = ask(true).distances.filter(({ underlying }) => underlying === 'BTC');
    expect(rows.map(({ factor }) => factor)).toEqual([
      ...Array<string>(4).fill('price'),
      ...Array<string>(4).fill('volatility'),
    ]);
    const liquidated = rows.filter(({ state }) => state === 'liquidation');
    for (const { above } of liquidated) expect(textToFloat(above)).toBeGreaterThan(0);
  });
});
