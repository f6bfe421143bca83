import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { made, orderPlaced, RiskWorld, types } from '../testing/risk-world.ts';

const LEGS = [
  ['b.1', 'BTC/USD', 'buy'],
  ['b.2', 'BTC-PERP', 'sell'],
] as const;

/** Coin bought and its perpetual sold: little risk together, much alone. */
const bundle = (world: RiskWorld, quantity: string): readonly Envelope[] => {
  for (const [orderId, instrumentId, side] of LEGS) {
    const order = { accountId: 'trader', orderId, instrumentId, side, quantity, bundleId: 'b' };
    const events = world.given(`order-${orderId}`, orderPlaced({ ...order, venues: [] }));
    // A leg is not judged alone.
    expect(types(events)).toEqual(['OrderPlaced']);
  }
  return world.given(
    'bundle-b',
    made('BundlePlaced', {
      ...{ bundleId: 'b', accountId: 'trader', productId: 'BTC-BASIS', side: 'buy', quantity },
      legs: LEGS.map(([orderId, instrumentId, side]) => ({ orderId, instrumentId, side, quantity })),
    }),
  );
};

const funded = (): RiskWorld => {
  const world = new RiskWorld();
  world.open('trader', '20000');
  return world;
};

describe('an order of a product', () => {
  it('is judged as a whole: approved where its dangerous leg alone is refused', () => {
    const alone = funded().place({
      ...{ accountId: 'trader', orderId: 'o', instrumentId: 'BTC-PERP', side: 'sell', quantity: '6' },
    });
    expect(types(alone)).toContain('OrderRefused');
    expect(types(bundle(funded(), '6'))).toEqual(['BundlePlaced', 'OrderApproved', 'OrderApproved']);
  });

  it('is refused with every leg, for one reason, when the whole is too much', () => {
    const events = bundle(funded(), '50');
    expect(types(events)).toEqual(['BundlePlaced', 'OrderRefused', 'OrderRefused']);
    const codes = events.flatMap((event) => (event.type === 'OrderRefused' ? [event.data.code] : []));
    expect(new Set(codes).size).toBe(1);
  });

  it('reserves every leg until it is closed', () => {
    const world = funded();
    bundle(world, '0.1');
    const closed = made('OrderClosed', { orderId: 'b.1', accountId: 'trader', outcome: 'filled' });
    expect(types(world.given('order-b.1', closed))).toContain('OrderReservationReleased');
  });
});
