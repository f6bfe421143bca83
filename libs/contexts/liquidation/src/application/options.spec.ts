import { describe, expect, it } from '@jest/globals';
import { optionValue } from '@plinth/margin';
import { LiquidationWorld } from '../testing/liquidation-world.ts';
import { made } from '../testing/world-events.ts';
import { DEFAULT_LIQUIDATION } from './config.ts';
import { tradableLegs } from './tradable-legs.ts';

const DAY_MS = 86_400_000;
const EXPIRY_MS = 30 * DAY_MS;
const CALL = 'BTC-30D-66000-C';
const DEFAULTS = { ...DEFAULT_LIQUIDATION, cell: 'main' };

/** An account that is short of calls with the call at a forward and a volatility. */
class ShortCalls extends LiquidationWorld {
  constructor(quantity: string, usd: string, optionFeeCapPpm = 0) {
    super();
    const option = {
      ...{ instrumentId: CALL, kind: 'option', underlying: 'BTC', quoteAsset: 'USD', contractSize: '1' },
      ...{ inverse: false, expiresAtMs: EXPIRY_MS, strike: '66000', optionType: 'call' },
    };
    this.given(`instrument-${CALL}`, made('InstrumentListed', option));
    const listings = [{ instrumentId: CALL, lot: '0.1', tick: '0.1', minQuantity: '0.1' }];
    const fees = { takerFeePpm: 300, optionFeeCapPpm };
    const terms = { kind: 'cex', ...fees, creditLimit: '9000000', requirementPpm: 50_000 };
    this.given('venue-alpha', made('VenueRegistered', { venueId: 'alpha', ...terms, listings }));
    this.mark(60_000, 0.6);
    this.open('a');
    this.deposit('a', 'USD', usd);
    const fill = {
      accountId: 'a',
      orderId: 'o',
      childId: 'c',
      fillId: 'f',
      venueId: 'alpha',
      instrumentId: CALL,
    };
    const traded = { side: 'sell', quantity, price: '2000', fee: '0', feeAsset: 'USD', realisedProfit: '0' };
    const held = { positionQuantity: `-${quantity}`, entryPrice: '2000', entryCost: '0' };
    this.given('account-a', made('FillBooked', { ...fill, ...traded, ...held, postings: [] }));
  }

  mark(forward: number, volatility: number): void {
    this.prices({ BTC: `${forward}` });
    const spec = {
      ...{ id: CALL, venue: '', underlying: 'BTC', quote: 'USD', settlement: 'USD', contractSize: 1 },
      ...{ kind: 'option' as const, form: 'linear' as const, right: 'call' as const },
      ...{ strike: 66_000, expiryMs: EXPIRY_MS },
    };
    const price = optionValue(spec, forward, volatility, (EXPIRY_MS - this.at) / (365 * DAY_MS)).toFixed(6);
    const mark = { instrumentId: CALL, price, twap: price, confidence: '0', state: 'live', sources: 1 };
    const round = { round: 1_000, atMs: this.at, marks: [{ ...mark, volatility, forward }] };
    this.given('marks-main', made('MarksPublished', round));
  }
}

describe('a liquidation of an account that is short of options', () => {
  it.each([
    ['on the premium without a cap', 0, (_mark: number) => 300],
    ['on the underlying where that is less', 125_000, (mark: number) => (300 * 60_000) / mark],
    ['at the cap where that is less', 1_000, (_mark: number) => 1_000],
  ])('counts the venue’s fee %s', (_, cap, expected) => {
    const world = new ShortCalls('4', '44000', cap);
    const { legs } = tradableLegs(world.views.portfolio, 'a', DEFAULTS, false);
    const [leg] = legs.filter(({ instrumentId }) => instrumentId === CALL);
    const venueFee = leg!.takerFeePpm - DEFAULTS.feePpm;
    expect(venueFee).toBeCloseTo(expected(world.views.portfolio.lines.priceOf(CALL)!), 6);
  });

  it('buys back as many as restore the buffer, and no more', () => {
    const world = new ShortCalls('4', '44000');
    world.mark(65_000, 0.9);
    const before = world.health('a');
    expect(before.equity).toBeLessThan(before.maintenanceMargin);
    world.request('a');
    const ordered = world.last('ReductionOrdered');
    expect(ordered?.legs).toHaveLength(1);
    const [leg] = ordered!.legs;
    expect(leg).toMatchObject({ instrumentId: CALL, venueId: 'alpha', side: 'buy' });
    expect(Number(leg!.quantity)).toBeGreaterThan(0);
    expect(Number(leg!.quantity)).toBeLessThan(4);
    // Worse than the mark, but never by more than half of it.
    const mark = world.views.portfolio.lines.priceOf(CALL)!;
    expect(Number(leg!.limitPrice)).toBeGreaterThan(mark);
    expect(Number(leg!.limitPrice)).toBeLessThan(1.5 * mark);
  });
});
