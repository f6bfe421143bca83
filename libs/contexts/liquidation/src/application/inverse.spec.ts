import { describe, expect, it } from '@jest/globals';
import { LiquidationWorld } from '../testing/liquidation-world.ts';
import { made } from '../testing/world-events.ts';

const EXPIRY_MS = 30 * 86_400_000;
const FUTURE = 'BTC-20270117';

/** An account that is long of contracts of 100 USD which settle in coin, bought at 60,000. */
class LongCoinFutures extends LiquidationWorld {
  constructor(contracts: string, usd: string) {
    super();
    const terms = { kind: 'future', underlying: 'BTC', quoteAsset: 'BTC', contractSize: '100' };
    const dated = { inverse: true, expiresAtMs: EXPIRY_MS };
    this.given(
      `instrument-${FUTURE}`,
      made('InstrumentListed', { instrumentId: FUTURE, ...terms, ...dated }),
    );
    const listings = [{ instrumentId: FUTURE, lot: '1', tick: '0.1', minQuantity: '1' }];
    const venue = { kind: 'cex', takerFeePpm: 300, creditLimit: '9000000', requirementPpm: 50_000 };
    this.given('venue-alpha', made('VenueRegistered', { venueId: 'alpha', ...venue, listings }));
    this.mark('60000');
    this.open('a');
    this.deposit('a', 'USD', usd);
    const fill = { accountId: 'a', orderId: 'o', childId: 'c', fillId: 'f', venueId: 'alpha' };
    const traded = { side: 'buy', quantity: contracts, price: '60000', fee: '0', feeAsset: 'BTC' };
    const held = { positionQuantity: contracts, entryPrice: '60000', entryCost: '0', realisedProfit: '0' };
    const booked = { ...fill, instrumentId: FUTURE, ...traded, ...held, postings: [] };
    this.given('account-a', made('FillBooked', booked));
  }

  mark(price: string): void {
    this.prices({ BTC: price });
    const mark = { instrumentId: FUTURE, price, twap: price, confidence: '0', state: 'live', sources: 1 };
    const round = { round: 1_000, atMs: this.at, marks: [{ ...mark, volatility: 0.6 }] };
    this.given('marks-main', made('MarksPublished', round));
  }
}

describe('a liquidation of an account with inverse futures', () => {
  const fallen = (): LongCoinFutures => {
    const world = new LongCoinFutures('9000', '200000');
    world.mark('50000');
    const { equity, maintenanceMargin } = world.health('a');
    expect(equity).toBeLessThan(maintenanceMargin);
    return world;
  };

  it('sells contracts, counted in dollars, and no more than there are', () => {
    const world = fallen();
    world.request('a');
    const legs = world.last('ReductionOrdered')?.legs ?? [];
    const leg = legs.find(({ instrumentId }) => instrumentId === FUTURE);
    expect(leg).toMatchObject({ side: 'sell', venueId: 'alpha' });
    expect(Number(leg?.quantity)).toBeGreaterThan(0);
    expect(Number(leg?.quantity)).toBeLessThanOrEqual(9_000);
    expect(Number(leg?.limitPrice)).toBeGreaterThan(40_000);
    expect(Number(leg?.limitPrice)).toBeLessThan(50_000);
  });

  it('leaves alone what has expired: that is settled, not sold', () => {
    const world = fallen();
    world.at = EXPIRY_MS;
    world.mark('50000');
    world.request('a');
    const legs = world.last('ReductionOrdered')?.legs ?? [];
    expect(legs.some(({ instrumentId }) => instrumentId === FUTURE)).toBe(false);
  });
});
