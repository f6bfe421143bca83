import { describe, expect, it } from '@jest/globals';
import { rateCurve } from '@plinth/messages';
import { foldStream, type Envelope, type Intent, type NewEvent } from '@plinth/eventing';
import { marginAccount, type MarginEvent } from '../domain/margin-account.ts';
import {
  childFilled,
  dataOf,
  made,
  orderClosed,
  orderPlaced,
  RiskWorld,
  types,
  venueRegistered,
  withdrawalEnded,
} from '../testing/risk-world.ts';
import { RiskService } from './risk-service.ts';

/** 20,000 USD carry some 4.3 contracts at 60,000. */
const funded = (): RiskWorld => {
  const world = new RiskWorld();
  world.open('trader', '20000');
  return world;
};

const verdict = (events: readonly Envelope[]): string =>
  types(events).includes('OrderApproved') ? 'approved' : dataOf(events, 'OrderRefused').code;

describe('an order', () => {
  it('is approved within the margin, refused beyond it', () => {
    const world = funded();
    const events = world.place({ accountId: 'trader', orderId: 'a', quantity: '3' });
    expect(types(events)).toEqual(['OrderPlaced', 'OrderApproved']);
    const { figuresAfter, riskReducing } = dataOf(events, 'OrderApproved');
    expect(riskReducing).toBe(false);
    // Three contracts at the taker's fee of 5 basis points.
    expect(figuresAfter?.equity).toBe('19910');
    const beyond = world.place({ accountId: 'trader', orderId: 'b', quantity: '5' });
    expect(dataOf(beyond, 'OrderRefused')).toMatchObject({ code: 'MARGIN_INSUFFICIENT' });
  });

  it('is judged with the orders that are reserved: each alone fits, both together do not', () => {
    const world = funded();
    expect(verdict(world.place({ accountId: 'trader', orderId: 'a', quantity: '2.5' }))).toBe('approved');
    const second = { accountId: 'trader', orderId: 'b', quantity: '2.5' };
    expect(verdict(world.place(second))).toBe('MARGIN_INSUFFICIENT');
    world.given('order-a', orderClosed('trader', 'a', 'cancelled'));
    expect(verdict(world.place({ ...second, orderId: 'c' }))).toBe('approved');
  });

  it('is judged on the worse side of what rests: a sale does not pay for a purchase', () => {
    const world = funded();
    const resting = { accountId: 'trader', orderType: 'limit', timeInForce: 'gtc' };
    expect(verdict(world.place({ ...resting, orderId: 'a', quantity: '4', limitPrice: '60000' }))).toBe(
      'approved',
    );
    const sale = { ...resting, orderId: 'b', side: 'sell', quantity: '4', limitPrice: '60000' };
    expect(verdict(world.place(sale))).toBe('approved');
    expect(verdict(world.place({ ...resting, orderId: 'c', quantity: '1', limitPrice: '60000' }))).toBe(
      'MARGIN_INSUFFICIENT',
    );
  });

  it('keeps its margin between the report of its fill and the booking of it', () => {
    const world = funded();
    world.place({ accountId: 'trader', orderId: 'a', quantity: '2.5' });
    const fill = { orderId: 'a', accountId: 'trader', quantity: '2.5', fee: '75', feeAsset: 'USD' };
    world.given('order-a', childFilled(fill), orderClosed('trader', 'a'));
    expect(world.spec.views.portfolio.unbookedFills('trader')).toBe(1);
    expect(verdict(world.place({ accountId: 'trader', orderId: 'b', quantity: '2.5' }))).toBe(
      'MARGIN_INSUFFICIENT',
    );
    const unbooked = world.spec.views.portfolio.assess('trader');
    world.booked('trader', {
      ...{ ...fill, fillId: 'f', positionQuantity: '2.5', entryPrice: '60000' },
      postings: [
        { account: 'client:trader:USD:venue:alpha', asset: 'USD', amount: '-75' },
        { account: 'venue:alpha:settlement', asset: 'USD', amount: '75' },
      ],
    });
    expect(world.spec.views.portfolio.unbookedFills('trader')).toBe(0);
    expect(world.spec.views.portfolio.assess('trader').figures).toEqual(unbooked.figures);
  });

  it('is not taken for an instrument that is not known or not priced', () => {
    const world = funded();
    const order = { accountId: 'trader', orderId: 'a', instrumentId: 'DOGE-PERP' };
    expect(verdict(world.place(order))).toBe('UNKNOWN_INSTRUMENT');
    expect(
      verdict(world.place({ ...order, orderId: 'b', instrumentId: 'BTC-PERP', venues: ['gamma'] })),
    ).toBe('UNKNOWN_INSTRUMENT');
  });

  it('is refused on a pool that cannot lend what it spends', () => {
    const world = funded();
    world.deposit('trader', 'BTC', '60');
    const order = { accountId: 'trader', instrumentId: 'BTC/USD', side: 'buy' };
    // The treasury's pool of dollars has a million; there is none of ether.
    expect(verdict(world.place({ ...order, orderId: 'a', quantity: '15' }))).toBe('approved');
    expect(verdict(world.place({ ...order, orderId: 'b', quantity: '15' }))).toBe('POOL_DRY');
    const short = { accountId: 'trader', orderId: 'c', instrumentId: 'ETH/USD', side: 'sell', quantity: '1' };
    expect(verdict(world.place(short))).toBe('POOL_DRY');
  });

  it('is refused where the pool would lend beyond the stop of its curve', () => {
    const world = funded();
    const curve = rateCurve({
      ...{ kind: 'three-slope', base: '0', slope1: '0.02', slope2: '0.03', slope3: '0.5' },
      ...{ kink: '0.4', kink2: '0.5', stopsBorrowing: true },
    });
    const terms = { asset: 'USD', curve, reserveFactor: '0.1', settleEveryMs: 3_600_000 };
    world.given('pool-USD', { type: 'PoolOpened', data: terms } as never);
    world.deposit('trader', 'BTC', '60');
    const order = { accountId: 'trader', instrumentId: 'BTC/USD', side: 'buy' };
    // A million in the pool, of which half may be lent.
    expect(verdict(world.place({ ...order, orderId: 'a', quantity: '15' }))).toBe('POOL_DRY');
    expect(verdict(world.place({ ...order, orderId: 'b', quantity: '5' }))).toBe('approved');
    expect(verdict(world.place({ ...order, orderId: 'c', quantity: '5' }))).toBe('POOL_DRY');
    const unstopped = { asset: 'USD', curve: { ...curve, stopsBorrowing: false }, reserveFactor: '0.1' };
    world.given('pool-USD', { type: 'RateCurveSet', data: unstopped } as never);
    expect(verdict(world.place({ ...order, orderId: 'd', quantity: '5' }))).toBe('approved');
  });

  it('never counts on the cash that an order of another account before it may still borrow', () => {
    const world = funded();
    world.open('other', '100');
    for (const accountId of ['trader', 'other']) world.deposit(accountId, 'BTC', '40');
    const order = { instrumentId: 'BTC/USD', side: 'buy' };
    // A million in the pool, 900,000 each: neither has drawn anything yet.
    expect(verdict(world.place({ ...order, accountId: 'trader', orderId: 'a', quantity: '15' }))).toBe(
      'approved',
    );
    expect(verdict(world.place({ ...order, accountId: 'other', orderId: 'b', quantity: '15' }))).toBe(
      'POOL_DRY',
    );
    world.given('order-a', orderClosed('trader', 'a'));
    expect(verdict(world.place({ ...order, accountId: 'other', orderId: 'c', quantity: '15' }))).toBe(
      'approved',
    );
  });
});

describe('a purchase at a venue without cash', () => {
  it('harms nobody between its entry and the cover of it', () => {
    const world = funded();
    world.open('buyer', '60000', 'beta');
    const events = world.booked('buyer', {
      ...{ instrumentId: 'BTC/USD', quantity: '0.9', price: '60000' },
      postings: [
        { account: 'client:buyer:USD:venue:alpha', asset: 'USD', amount: '-54000' },
        { account: 'venue:alpha:settlement', asset: 'USD', amount: '54000' },
        { account: 'venue:alpha:settlement', asset: 'BTC', amount: '-0.9' },
        { account: 'client:buyer:BTC:venue:alpha', asset: 'BTC', amount: '0.9' },
      ],
    });
    expect(types(events)).toEqual(['FillBooked']);
    const { figures } = world.spec.views.portfolio.assess('buyer');
    expect(figures.equity).toBeGreaterThan(59_000);
    expect(figures.coverage).toBe(0);
  });
});

describe('venues', () => {
  it('are full at their credit limit, closed when they are not up', () => {
    const world = funded();
    const order = { accountId: 'trader', quantity: '1' };
    world.open('whale', '4997500', 'beta');
    expect(verdict(world.place({ ...order, orderId: 'a', venues: ['beta'] }))).toBe('VENUE_LIMIT');
    expect(verdict(world.place({ ...order, orderId: 'b', venues: [] }))).toBe('approved');
    world.given('venue-alpha', made('VenueStateSet', { venueId: 'alpha', state: 'down', reason: 'outage' }));
    expect(verdict(world.place({ ...order, orderId: 'c', venues: [] }))).toBe('VENUE_LIMIT');
  });

  it('may be registered again with other terms', () => {
    const world = funded();
    world.given('venue-beta', venueRegistered('beta'));
    expect(verdict(world.place({ accountId: 'trader', orderId: 'a' }))).toBe('approved');
  });
});

describe('the ladder of prices', () => {
  it('opens no risk on a price that is not live, also when it is that of other collateral', () => {
    const world = funded();
    world.deposit('trader', 'ETH', '1');
    world.price('ETH', { price: '3000', state: 'degraded' });
    const events = world.place({ accountId: 'trader', orderId: 'a' });
    expect(dataOf(events, 'OrderRefused')).toMatchObject({ code: 'PRICE_NOT_LIVE' });
    expect(dataOf(events, 'OrderRefused').message).toContain('ETH/USD');
  });

  it('never blocks a reduction', () => {
    const world = funded();
    world.hold('trader', '2');
    world.price('BTC', { price: '52000', state: 'halted' });
    const sale = { accountId: 'trader', side: 'sell', quantity: '1' };
    const events = world.place({ ...sale, orderId: 'a' });
    expect(dataOf(events, 'OrderApproved').riskReducing).toBe(true);
    // Beyond what is left it would go short.
    expect(verdict(world.place({ ...sale, orderId: 'b', quantity: '1.5' }))).toBe('ACCOUNT_RESTRICTED');
    expect(verdict(world.place({ ...sale, orderId: 'c', quantity: '1' }))).toBe('approved');
  });

  it('takes a reduction and nothing else from a restricted account', () => {
    const world = funded();
    world.hold('trader', '2');
    world.price('BTC', '53800');
    expect(verdict(world.place({ accountId: 'trader', orderId: 'a', quantity: '0.01' }))).toBe(
      'ACCOUNT_RESTRICTED',
    );
    const sale = { accountId: 'trader', orderId: 'b', side: 'sell', quantity: '0.01' };
    expect(verdict(world.place(sale))).toBe('approved');
    expect(dataOf(world.withdraw('trader', 'w', '1'), 'WithdrawalRefused').code).toBe('ACCOUNT_RESTRICTED');
  });

  it('refuses a reduce-only order that would grow a loss', () => {
    const world = funded();
    expect(verdict(world.place({ accountId: 'trader', orderId: 'a', reduceOnly: true }))).toBe(
      'NOT_REDUCING',
    );
  });

  it('judges new risk at the worse of mark and average, less the confidence', () => {
    const world = funded();
    world.deposit('trader', 'BTC', '1');
    const order = { accountId: 'trader', quantity: '9' };
    expect(verdict(world.place({ ...order, orderId: 'a' }))).toBe('approved');
    world.given('order-a', orderClosed('trader', 'a', 'cancelled'));
    world.price('BTC', { price: '60000', twap: '45000' });
    expect(verdict(world.place({ ...order, orderId: 'b' }))).toBe('MARGIN_INSUFFICIENT');
  });

  it('takes no order of the client while a liquidation runs, and lets the liquidation order', () => {
    const world = funded();
    world.hold('trader', '2');
    world.price('BTC', '52000');
    const sale = { accountId: 'trader', side: 'sell', quantity: '1' };
    expect(verdict(world.place({ ...sale, orderId: 'a' }))).toBe('LIQUIDATION_RUNNING');
    expect(types(world.place({ ...sale, orderId: 'b', liquidationId: 'trader.l1' }))).toEqual([
      'OrderPlaced',
    ]);
  });
});

describe('a payout', () => {
  it('is approved while what stays is enough', () => {
    const world = funded();
    world.hold('trader', '2');
    expect(types(world.withdraw('trader', 'w1', '8000'))).toContain('WithdrawalApproved');
    expect(dataOf(world.withdraw('trader', 'w2', '8000'), 'WithdrawalRefused').code).toBe(
      'MARGIN_INSUFFICIENT',
    );
  });

  it('does not harm the account while it waits: a request alone calls nobody', () => {
    const world = funded();
    world.hold('trader', '2');
    expect(types(world.withdraw('trader', 'all', '20000'))).toEqual([
      'WithdrawalRequested',
      'WithdrawalRefused',
    ]);
    world.given('account-trader', withdrawalEnded('WithdrawalReleased', 'trader', 'all', '20000'));
    expect(world.spec.views.portfolio.assess('trader').equity).toBe(20_000);
  });

  it('is released from the reservations when it has left', () => {
    const world = funded();
    world.withdraw('trader', 'w', '8000');
    expect(world.spec.views.accounts.of('trader').payouts.size).toBe(1);
    const events = world.given('account-trader', withdrawalEnded('WithdrawalSettled', 'trader', 'w', '8000'));
    expect(types(events)).toEqual(['WithdrawalSettled', 'PayoutReservationReleased']);
    expect(world.spec.views.portfolio.assess('trader').equity).toBe(12_000);
  });

  it('leaves an account without debts and positions whatever prices are', () => {
    const world = funded();
    world.deposit('trader', 'ETH', '1');
    world.price('ETH', { price: '3000', state: 'halted' });
    expect(types(world.withdraw('trader', 'w', '20000'))).toContain('WithdrawalApproved');
    world.place({
      accountId: 'trader',
      orderId: 'a',
      side: 'buy',
      quantity: '0.1',
      instrumentId: 'BTC-PERP',
    });
  });

  it('waits for live prices when something is at stake', () => {
    const world = funded();
    world.hold('trader', '0.1');
    world.price('BTC', { price: '60000', state: 'degraded' });
    expect(dataOf(world.withdraw('trader', 'w', '1'), 'WithdrawalRefused').code).toBe('PRICE_NOT_LIVE');
  });

  it('is judged with the orders that are reserved', () => {
    const world = funded();
    world.place({ accountId: 'trader', orderId: 'a', quantity: '4' });
    expect(dataOf(world.withdraw('trader', 'w', '5000'), 'WithdrawalRefused').code).toBe(
      'MARGIN_INSUFFICIENT',
    );
  });
});

describe('two requests before the fold has seen the answer to the first', () => {
  const service = RiskService({ cell: 'main' });

  /**
   * Both are folded and reacted to; both decisions are taken against the stream, whose events are not folded
   * yet.
   */
  const race = (world: RiskWorld, stream: string, first: NewEvent, second: NewEvent): readonly string[] => {
    const views = service.views();
    const log = [...world.spec.log()];
    for (const event of log) for (const fold of Object.values(views)) fold.apply(event);
    const own: MarginEvent[] = log.filter((e) => e.stream === 'margin-trader') as unknown as MarginEvent[];
    for (const event of [first, second]) {
      const envelope = {
        ...log[0],
        ...event,
        ...{ stream, position: BigInt(log.length) + 1n, occurredAt: world.at },
      } as Envelope;
      log.push(envelope);
      for (const fold of Object.values(views)) fold.apply(envelope);
      for (const { command } of service.react(envelope, views) as readonly Intent[]) {
        own.push(
          ...(marginAccount.decide(
            command as never,
            foldStream(marginAccount, own),
          ) as readonly MarginEvent[]),
        );
      }
    }
    return own.map(({ type }) => type);
  };

  it('judges two orders together', () => {
    const world = funded();
    const order = (orderId: string) => orderPlaced({ accountId: 'trader', orderId, quantity: '2.5' });
    expect(race(world, 'order-x', order('a'), order('b'))).toEqual(['OrderApproved', 'OrderRefused']);
  });

  it('judges two withdrawals together', () => {
    const world = funded();
    world.hold('trader', '2');
    const [first] = world.withdraw('trader', 'x', '6000');
    const other = funded();
    other.hold('trader', '2');
    const [second] = other.withdraw('trader', 'y', '6000');
    const fresh = funded();
    fresh.hold('trader', '2');
    expect(race(fresh, 'account-trader', first as NewEvent, second as NewEvent)).toEqual([
      'WithdrawalApproved',
      'WithdrawalRefused',
    ]);
  });

  it('does not refuse the second for the sake of a refused first', () => {
    const world = funded();
    const order = (orderId: string, quantity: string) =>
      orderPlaced({ accountId: 'trader', orderId, quantity });
    expect(race(world, 'order-x', order('a', '50'), order('b', '2.5'))).toEqual([
      'OrderRefused',
      'OrderApproved',
    ]);
  });
});
