import { describe, expect, it } from '@jest/globals';
import type { routingMessages } from '@plinth/messages';
import type { RoutingWorld } from '../testing/routing-world.ts';
import { ORDER, approve, markAt, openedWorld } from '../testing/routing-world.ts';
import { ScriptedVenue } from '../testing/scripted-venue.ts';

const twoVenues = async (): Promise<readonly [RoutingWorld, ScriptedVenue, ScriptedVenue]> => {
  const [alpha, beta] = [new ScriptedVenue('alpha'), new ScriptedVenue('beta')];
  alpha.asks = [
    { price: '30001', quantity: '1' },
    { price: '30010', quantity: '5' },
  ];
  beta.asks = [
    { price: '30002', quantity: '1.5' },
    { price: '30020', quantity: '5' },
  ];
  alpha.bids = [{ price: '29999', quantity: '3' }];
  beta.bids = [{ price: '29998', quantity: '3' }];
  return [await openedWorld(alpha, beta), alpha, beta];
};

describe('an order', () => {
  it('waits for risk, is split over the venues, filled and closed with its costs', async () => {
    const [world, alpha, beta] = await twoVenues();
    expect(await world.send('PlaceOrder', ORDER, 'fund')).toBeUndefined();
    expect(world.of('OrderRouted')).toEqual([]);
    await approve(world);
    expect(alpha.submitted).toMatchObject([{ clientOrderId: 'o1.1', quantity: '1', limitPrice: '30001' }]);
    expect(beta.submitted).toMatchObject([{ clientOrderId: 'o1.2', quantity: '1', limitPrice: '30002' }]);
    await world.poll();
    const [closed] = world.of('OrderClosed');
    // 1·30001 + 1·30002 − 2·30000 = 3, and two fees of 0.5.
    expect(closed).toMatchObject({
      outcome: 'filled',
      filledQuantity: '2',
      averagePrice: '30001.5',
      fees: '1',
      implementationShortfall: '4',
    });
    const costs = world.ask('GetOrderCosts', { orderId: 'o1' }) as routingMessages.OrderCosts;
    expect(costs).toMatchObject({ priceCost: '3', fees: '1', expectedCost: '3', shortfallBps: '0.6667' });
    // Best single venue: beta, 1.5·2 + 0.5·20 = 13 against alpha, 1·1 + 1·10 = 11.
    expect(costs.bestSingleVenueCost).toBe('11');
    expect(costs.venues.map(({ venueId, priceCost }) => [venueId, priceCost])).toEqual([
      ['alpha', '1'],
      ['beta', '2'],
    ]);
  });

  it('closes as refused when risk refuses it', async () => {
    const [world] = await twoVenues();
    await world.send('PlaceOrder', ORDER, 'fund');
    await world.given('margin-a1', 'OrderRefused', {
      ...{
        accountId: 'a1',
        orderId: 'o1',
        code: 'MARGIN_INSUFFICIENT',
        message: 'no',
        figuresAfter: undefined,
      },
    });
    expect(world.of('OrderClosed')).toMatchObject([
      { outcome: 'refused', reason: 'MARGIN_INSUFFICIENT: no' },
    ]);
  });

  it('takes the same reports once, and refuses a cursor that moved', async () => {
    const [world] = await twoVenues();
    await world.send('PlaceOrder', ORDER, 'fund');
    await approve(world);
    await world.poll();
    const fills = world.of('ChildFilled').length;
    const reports = world.venues[0]?.log.map((r) => ({ ...r })) as never;
    const again = { venueId: 'alpha', after: 0, reports };
    expect(await world.send('TakeVenueReports', again)).toMatchObject({ code: 'REPORT_INVALID' });
    await world.poll();
    expect(world.of('ChildFilled')).toHaveLength(fills);
  });

  it('splits again what IOC children left over, a bounded number of times', async () => {
    const [world, alpha] = await twoVenues();
    await world.send('PlaceOrder', { ...ORDER, quantity: '20' }, 'fund');
    await approve(world);
    for (let n = 0; n < 10; n += 1) {
      await world.poll();
      alpha.asks = [{ price: '30050', quantity: '1' }];
    }
    const routed = world.of('OrderRouted');
    expect(routed.length).toBeGreaterThan(1);
    expect(routed.length).toBeLessThanOrEqual(4);
    expect(world.of('OrderClosed')).toHaveLength(1);
    const filled = world.of('ChildFilled').reduce((sum, { quantity }) => sum + Number(quantity), 0);
    expect(filled).toBeLessThanOrEqual(20);
    expect(world.of('OrderClosed')[0]?.filledQuantity).toBe(String(filled));
  });

  it('rests a limit order and cancels it', async () => {
    const [world, alpha, beta] = await twoVenues();
    const limit = { ...ORDER, orderType: 'limit', limitPrice: '29990', timeInForce: 'gtc' };
    await world.send('PlaceOrder', limit, 'fund');
    await approve(world);
    expect([...alpha.submitted, ...beta.submitted]).toMatchObject([{ quantity: '2', limitPrice: '29990' }]);
    alpha.trade('o1.1', 0.5, '29990');
    await world.poll();
    await world.send('CancelOrder', { orderId: 'o1', accountId: 'a1', reason: 'enough' }, 'fund');
    await world.poll();
    expect(world.of('OrderClosed')).toMatchObject([
      { outcome: 'cancelled', filledQuantity: '0.5', reason: 'enough' },
    ]);
  });
});

describe('an outcome that is not known', () => {
  it('is asked for until the venue answers: the order was taken', async () => {
    const [world, alpha] = await twoVenues();
    alpha.mood = 'loses-answer';
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    await approve(world);
    expect(world.of('ChildOutcomeUnknown')).toMatchObject([{ childId: 'o1.1', attempt: 1 }]);
    await world.fire();
    await world.fire();
    expect(world.of('ChildOutcomeUnknown').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(world.of('OrderClosed')).toEqual([]);
    alpha.mood = 'takes';
    await world.fire();
    await world.poll();
    expect(alpha.submitted).toHaveLength(1);
    expect(world.of('OrderClosed')).toMatchObject([{ outcome: 'filled', filledQuantity: '2' }]);
  });

  it('is asked for until the venue answers: it never had it, and the quantity is sent anew', async () => {
    const [world, alpha] = await twoVenues();
    alpha.mood = 'loses-request';
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    await approve(world);
    alpha.mood = 'takes';
    await world.fire();
    await world.poll();
    expect(alpha.submitted.map(({ clientOrderId }) => clientOrderId)).toEqual(['o1.2']);
    expect(world.of('OrderClosed')).toMatchObject([{ outcome: 'filled', filledQuantity: '2' }]);
  });

  it('asks later and later', async () => {
    const [world, alpha] = await twoVenues();
    alpha.mood = 'loses-request';
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    await approve(world);
    const times = [world.now];
    for (let n = 0; n < 12; n += 1) {
      await world.fire();
      times.push(world.now);
    }
    const waits = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(waits[0] ?? 0);
  });

  it('is not believed from a venue that contradicts itself: its reports are refused', async () => {
    const [world, alpha] = await twoVenues();
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    await approve(world);
    await world.poll();
    const cursor = world.views.health.of('alpha').lastSequence;
    alpha.log.push({ ...alpha.log[1]!, sequence: cursor + 1, fillId: 'f99' } as never);
    expect(await world.poll()).toMatchObject({ code: 'REPORT_CONTRADICTS' });
    expect(world.views.health.of('alpha').lastSequence).toBe(cursor);
  });
});

describe('a process that died', () => {
  it('sends what it had decided to send, under the same ids', async () => {
    const [world, alpha] = await twoVenues();
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    world.isCut = true;
    await approve(world);
    expect(world.of('OrderRouted')).toEqual([]);
    await world.restart();
    expect(alpha.submitted.map(({ clientOrderId }) => clientOrderId)).toEqual(['o1.1']);
  });

  it('asks first when much time has passed', async () => {
    const [world, alpha] = await twoVenues();
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    await approve(world);
    expect(alpha.submitted).toHaveLength(1);
    // The answer of the venue is forgotten: the log ends at OrderRouted.
    world.log.splice(world.log.findIndex(({ type }) => type === 'ChildAcknowledged'));
    world.now += 60_000;
    await world.restart();
    expect(alpha.submitted).toHaveLength(1);
    expect(world.of('ChildAcknowledged')).toMatchObject([{ childId: 'o1.1', venueOrderId: 'v-o1.1' }]);
  });
});

describe('a venue that does not answer', () => {
  it('is taken down, left out, probed, and taken up again', async () => {
    const [world, alpha, beta] = await twoVenues();
    alpha.mood = 'unavailable';
    await world.send('PlaceOrder', ORDER, 'fund');
    await approve(world);
    expect(world.of('VenueStateSet')).toMatchObject([{ venueId: 'alpha', state: 'down', automatic: true }]);
    expect(beta.submitted).toMatchObject([{ quantity: '2' }]);
    await world.fire();
    expect(world.views.reference.venue('alpha').state).toBe('down');
    alpha.mood = 'takes';
    await world.fire();
    expect(world.views.reference.venue('alpha').state).toBe('up');
  });

  it('stays as the operator set it', async () => {
    const [world, alpha] = await twoVenues();
    await world.send('SetVenueState', { venueId: 'alpha', state: 'down', reason: 'audit' });
    expect(await world.fire()).toBe(false);
    expect(await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund')).toMatchObject({
      code: 'VENUE_DOWN',
    });
    expect(alpha.calls).toBe(0);
  });
});

describe('pre-trade controls', () => {
  const refusals: readonly (readonly [string, object, object])[] = [
    ['a fraction of a lot', { quantity: '0.0005' }, { code: 'LOT_SIZE', field: 'quantity' }],
    ['a malformed number', { quantity: '1e3' }, { code: 'INVALID', field: 'quantity' }],
    ['NaN', { quantity: 'NaN' }, { code: 'INVALID', field: 'quantity' }],
    ['nothing', { quantity: '0' }, { field: 'quantity' }],
    ['a negative quantity', { quantity: '-1' }, { field: 'quantity' }],
    ['too much', { quantity: '9000' }, { code: 'MAX_NOTIONAL' }],
    [
      'a price off the tick',
      { orderType: 'limit', limitPrice: '30000.3', timeInForce: 'ioc' },
      { code: 'TICK_SIZE' },
    ],
    [
      'a price through the collar',
      { orderType: 'limit', limitPrice: '40000', timeInForce: 'ioc' },
      { code: 'PRICE_COLLAR' },
    ],
    ['a limit order without a limit', { orderType: 'limit', timeInForce: 'ioc' }, { field: 'limit_price' }],
    ['a market order with a limit', { limitPrice: '30000' }, { field: 'limit_price' }],
    ['a resting market order', { timeInForce: 'gtc' }, { field: 'time_in_force' }],
    ['an unknown side', { side: 'hold' }, { field: 'side' }],
    [
      'an unknown instrument',
      { instrumentId: 'ETH-PERP' },
      { code: 'INSTRUMENT_UNKNOWN', reason: 'missing' },
    ],
    ['an unknown venue', { venues: ['gamma'] }, { code: 'VENUE_UNKNOWN', field: 'venues[0]' }],
    ['a venue named twice', { venues: ['alpha', 'alpha'] }, { field: 'venues' }],
    ['reducing what is not there', { reduceOnly: true }, { code: 'NOT_REDUCING' }],
    ['an account id that cannot be', { accountId: 'A 1' }, { field: 'account_id' }],
    ['a long order id', { orderId: 'x'.repeat(57) }, { field: 'order_id' }],
  ];
  it.each(refusals)('refuse %s and append nothing', async (_, change, expected) => {
    const [world] = await twoVenues();
    const before = world.log.length;
    expect(await world.send('PlaceOrder', { ...ORDER, ...change }, 'fund')).toMatchObject(expected);
    expect(world.log).toHaveLength(before);
  });

  it('answer a foreign account like a missing one', async () => {
    const [world] = await twoVenues();
    const foreign = await world.send('PlaceOrder', ORDER, 'other');
    const missing = await world.send('PlaceOrder', { ...ORDER, accountId: 'a9' }, 'other');
    expect(foreign).toEqual(missing);
    expect(foreign).toMatchObject({ reason: 'missing' });
  });

  it('refuse an order id that was used', async () => {
    const [world] = await twoVenues();
    await world.send('PlaceOrder', ORDER, 'fund');
    expect(await world.send('PlaceOrder', ORDER, 'fund')).toMatchObject({
      code: 'ORDER_EXISTS',
      reason: 'exists',
    });
  });

  it('refuse a market order at a halted mark', async () => {
    const [world] = await twoVenues();
    await markAt(world, '30000', 'halted');
    expect(await world.send('PlaceOrder', ORDER, 'fund')).toMatchObject({ code: 'PRICE_HALTED' });
  });

  it('keep a market order within the collar of the mark', async () => {
    const [world, alpha] = await twoVenues();
    alpha.asks = [{ price: '34000', quantity: '5' }];
    await world.send('PlaceOrder', { ...ORDER, venues: ['alpha'] }, 'fund');
    await approve(world);
    expect(world.of('OrderClosed')).toMatchObject([{ outcome: 'unfilled', filledQuantity: '0' }]);
    expect(alpha.submitted).toEqual([]);
  });
});

describe('credit limits', () => {
  it('bound what is sent to a venue, fills and clients’ money there included', async () => {
    const [world, alpha, beta] = await twoVenues();
    const terms = {
      ...{
        venueId: 'alpha',
        kind: 'cex',
        chain: '',
        makerFeePpm: 0,
        takerFeePpm: 0,
        optionFeeCapPpm: 0,
        orderCost: '',
        rulebook: '',
      },
      ...{ defaultProbabilityPpm: 0, lossGivenDefaultPpm: 0, requirementPpm: 100_000, transferablePpm: 0 },
      listings: ['BTC/USD', 'BTC-PERP'].map((instrumentId) => ({
        ...{ instrumentId, lot: '0.001', tick: '0.5', minQuantity: '0.001' },
      })),
      creditLimit: '1500',
    };
    await world.send('RegisterVenue', terms);
    await world.send('PlaceOrder', ORDER, 'fund');
    await approve(world);
    // 1500 USD / (30000 · 10 %) = 0.5
    expect(alpha.submitted.map(({ quantity }) => quantity)).toEqual(['0.5']);
    expect(beta.submitted.map(({ quantity }) => quantity)).toEqual(['1.5']);
  });
});

describe('a liquidation', () => {
  it('cancels the open orders and places its legs at once, without approval', async () => {
    const [world, alpha] = await twoVenues();
    await world.send(
      'PlaceOrder',
      { ...ORDER, orderType: 'limit', limitPrice: '29000', timeInForce: 'gtc' },
      'fund',
    );
    await approve(world);
    await world.given('liquidation-a1.l1', 'LiquidationStarted', {
      ...{
        liquidationId: 'a1.l1',
        accountId: 'a1',
        cause: 'maintenance',
        equity: '1',
        maintenanceMargin: '2',
      },
      ...{ openOrders: ['o1'], marksRound: 1 },
    });
    await world.poll();
    expect(world.of('OrderClosed')).toMatchObject([{ orderId: 'o1', outcome: 'cancelled' }]);
    await world.given('account-a1', 'FillBooked', {
      ...{
        accountId: 'a1',
        orderId: 'x',
        childId: 'x.1',
        fillId: 'f0',
        venueId: 'alpha',
        instrumentId: 'BTC-PERP',
      },
      ...{ side: 'buy', quantity: '1', price: '30000', fee: '0', feeAsset: 'USD', realisedProfit: '0' },
      ...{ positionQuantity: '1', entryPrice: '30000', entryCost: '30000', subAccountId: '', postings: [] },
    });
    const leg = {
      instrumentId: 'BTC-PERP',
      venueId: 'alpha',
      side: 'sell',
      quantity: '1',
      limitPrice: '29850',
    };
    await world.given('liquidation-a1.l1', 'ReductionOrdered', {
      ...{ liquidationId: 'a1.l1', accountId: 'a1', step: 1, equityBefore: '1', maintenanceBefore: '2' },
      legs: [{ ...leg, relief: '1', expectedCost: '1', kind: 'close' }],
      ...{ targetBuffer: '1', marksRound: 1, policy: 'x', equityExpected: '1', maintenanceExpected: '1' },
    });
    await world.poll();
    expect(world.of('OrderPlaced').at(-1)).toMatchObject({
      orderId: 'a1.l1.1.1',
      reduceOnly: true,
      venues: ['alpha'],
    });
    expect(world.of('ChildFilled')).toMatchObject([{ liquidationId: 'a1.l1', quantity: '1' }]);
    expect(alpha.submitted.at(-1)).toMatchObject({ side: 'sell', limitPrice: '29999' });
  });
});

it('rebuilds the same views from its log', async () => {
  const [world] = await twoVenues();
  await world.send('PlaceOrder', ORDER, 'fund');
  await approve(world);
  await world.poll();
  const entries = (): string =>
    JSON.stringify(Object.values(world.views).map((fold) => [...fold.entries()].sort()));
  const before = entries();
  await world.restart();
  expect(entries()).toBe(before);
});
