import { beforeEach, describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import type { EventData } from '@plinth/messages';
import { openedWorld, ORDER, type RoutingWorld } from '../testing/routing-world.ts';
import { ScriptedVenue } from '../testing/scripted-venue.ts';
import { createViews } from './views.ts';

const EXPIRY = 5_000_000;
const C30 = 'BTC-20270326-30000-C';
const C32 = 'BTC-20270326-32000-C';
const FUTURE = 'BTC-20270326';
const COIN = 'BTC-20270326-I';
const SPREAD = 'BTC-CS-30-32';

const DATED: readonly (readonly [string, Partial<EventData<'InstrumentListed'>>, string])[] = [
  [FUTURE, { kind: 'future' }, '30000'],
  [C30, { kind: 'option', strike: '30000', optionType: 'call' }, '1000'],
  [C32, { kind: 'option', strike: '32000', optionType: 'call' }, '400'],
  [COIN, { kind: 'future', quoteAsset: 'BTC', inverse: true, contractSize: '100' }, '30000'],
];

let world: RoutingWorld;
let venue: ScriptedVenue;
/** Registered, but with none of the dated contracts unless a test lists them there. */
let rival: ScriptedVenue;

const book = (instrumentId: string, bid: string, ask: string, quantity = '10') =>
  venue.books.set(instrumentId, { bids: [{ price: bid, quantity }], asks: [{ price: ask, quantity }] });

beforeEach(async () => {
  venue = new ScriptedVenue('alpha');
  rival = new ScriptedVenue('beta');
  world = await openedWorld(venue, rival);
  const marks = [];
  const listings = [];
  for (const [instrumentId, terms, price] of DATED) {
    await world.given(`instrument-${instrumentId}`, 'InstrumentListed', {
      ...{ instrumentId, kind: '', underlying: 'BTC', quoteAsset: 'USD', contractSize: '1', inverse: false },
      ...{ expiresAtMs: EXPIRY, strike: '', optionType: '', priceRule: undefined },
      ...terms,
    });
    listings.push({ instrumentId, lot: '0.1', tick: '0.5', minQuantity: '0.1' });
    marks.push({ instrumentId, price, confidence: '1', twap: price, volatility: 0.5, state: 'live' });
  }
  const known = world.of('VenueRegistered')[0] as EventData<'VenueRegistered'>;
  await world.send('RegisterVenue', { ...known, listings: [...known.listings, ...listings] });
  const data = { round: 2, atMs: world.now, marks, quotes: [] } as unknown as EventData<'MarksPublished'>;
  await world.given('marks-main', 'MarksPublished', data);
  await world.given('product-x', 'ProductListed', {
    ...{ productId: SPREAD, name: '', kind: 'call-spread', underlying: 'BTC', quoteAsset: 'USD' },
    legs: [
      { instrumentId: C30, ratio: '1' },
      { instrumentId: C32, ratio: '-2' },
    ],
    expiresAtMs: EXPIRY,
  });
  book(FUTURE, '29990', '30010');
  book(C30, '990', '1010');
  book(C32, '390', '410');
  book(COIN, '29990', '30010');
});

const approve = async (...orderIds: readonly string[]) => {
  for (const orderId of orderIds)
    await world.given('margin-a1', 'OrderApproved', {
      ...{ accountId: 'a1', orderId, riskReducing: false, figuresAfter: undefined },
    });
};

const BUNDLE = {
  ...{ orderId: 'b1', accountId: 'a1', subAccountId: '', productId: SPREAD, side: 'buy', quantity: '3' },
  ...{ orderType: 'market', limitPrice: '' },
} as const;

const placeBundle = (change: Partial<Record<keyof typeof BUNDLE, string>> = {}, tenant = 'fund') =>
  world.send('PlaceProductOrder', { ...BUNDLE, ...change }, tenant);

describe('an option', () => {
  it('is routed like anything else; its collar follows the underlying', async () => {
    const order = { ...ORDER, instrumentId: C30, quantity: '1' };
    expect(await world.send('PlaceOrder', order, 'fund')).toBeUndefined();
    expect(world.of('OrderPlaced')[0]).toMatchObject({ worstPrice: '1300', inverse: false });
    await approve('o1');
    await world.poll();
    expect(world.of('OrderClosed')).toMatchObject([{ outcome: 'filled', averagePrice: '1010' }]);
  });
});

/** Both take 3 basis points of 30,000, which is 9: alpha at most an eighth of the premium. */
const capAt = async (capOfAlpha: number): Promise<void> => {
  const [known] = world.of('VenueRegistered').slice(-1);
  for (const [venueId, optionFeeCapPpm] of [
    ['alpha', capOfAlpha],
    ['beta', 1_000_000],
  ] as const) {
    const terms = { ...known, venueId, takerFeePpm: 300, optionFeeCapPpm };
    expect(await world.send('RegisterVenue', terms)).toBeUndefined();
  }
  const at = (price: string) => ({ bids: [], asks: [{ price, quantity: '10' }] });
  venue.books.set(C32, at('20'));
  rival.books.set(C32, at('18'));
};

const venueTaken = async (): Promise<string | undefined> => {
  await world.send('PlaceOrder', { ...ORDER, instrumentId: C32, quantity: '1' }, 'fund');
  await approve('o1');
  return world.of('OrderRouted')[0]?.children[0]?.venueId;
};

describe('a cap on the fees of options', () => {
  it('makes the dearer book the cheaper venue', async () => {
    // 20 + an eighth of it is less than 18 + 9.
    await capAt(125_000);
    expect(await venueTaken()).toBe('alpha');
  });

  it('does not where it is too wide to bind', async () => {
    await capAt(1_000_000);
    expect(await venueTaken()).toBe('beta');
  });

  it('is a part of the premium, told by the list of venues', async () => {
    await capAt(125_000);
    const { venues } = world.ask('ListVenues', {}) as { venues: readonly unknown[] };
    expect(venues).toMatchObject([{ optionFeeCapPpm: 125_000 }, { optionFeeCapPpm: 1_000_000 }]);
    const [known] = world.of('VenueRegistered');
    for (const optionFeeCapPpm of [1_000_001, -1, 0.5])
      expect(await world.send('RegisterVenue', { ...known, optionFeeCapPpm })).toMatchObject({
        ...{ code: 'INVALID', field: 'option_fee_cap_ppm' },
        message: `Expected option_fee_cap_ppm from 0 to 1000000, 0 for no cap, was ${optionFeeCapPpm}`,
      });
  });
});

describe('the fees of a venue', () => {
  const fees = {
    venueId: 'alpha',
    makerFeePpm: -10,
    takerFeePpm: 300,
    optionFeeCapPpm: 125_000,
    reason: 'cap',
  };

  it('change without registering it again: a cap reaches venues from before there were any', async () => {
    await capAt(0);
    expect(await world.send('SetVenueFees', fees)).toBeUndefined();
    const listed = (world.ask('ListVenues', {}) as { venues: readonly object[] }).venues;
    expect(listed[0]).toMatchObject({ makerFeePpm: -10, takerFeePpm: 300, optionFeeCapPpm: 125_000 });
    expect(await venueTaken()).toBe('alpha');
  });

  it('are not set again to what they are, and hold for the next terms only until these come', async () => {
    await world.send('SetVenueFees', fees);
    await world.send('SetVenueFees', fees);
    expect(world.of('VenueFeesSet')).toEqual([fees]);
    await capAt(0);
    expect(world.views.reference.venue('alpha').optionFeeCapPpm).toBe(0);
    await world.send('SetVenueFees', fees);
    expect(world.of('VenueFeesSet')).toHaveLength(2);
  });

  it.each([
    [{ makerFeePpm: -10_001 }, 'maker_fee_ppm'],
    [{ takerFeePpm: 1_000_001 }, 'taker_fee_ppm'],
    [{ optionFeeCapPpm: -1 }, 'option_fee_cap_ppm'],
    [{ reason: 'x'.repeat(201) }, 'reason'],
    [{ venueId: 'gamma' }, 'venue_id'],
  ])('are refused with %j', async (change, field) => {
    expect(await world.send('SetVenueFees', { ...fees, ...change })).toMatchObject({ field });
    expect(await world.send('SetVenueFees', fees, 'fund')).toMatchObject({ code: 'OPERATOR_ONLY' });
    expect(world.of('VenueFeesSet')).toEqual([]);
  });
});

describe('an inverse contract', () => {
  it('costs coin: size · (1 / arrival − 1 / price)', async () => {
    await world.send('PlaceOrder', { ...ORDER, instrumentId: COIN, quantity: '3' }, 'fund');
    await approve('o1');
    await world.poll();
    const [closed] = world.of('OrderClosed');
    // 3 · 100 · (1/30000 − 1/30010), and the fee of the venue.
    expect(closed?.outcome).toBe('filled');
    const costs = world.ask('GetOrderCosts', { orderId: 'o1' }) as { priceCost: string };
    expect(Number(costs.priceCost)).toBeCloseTo(300 / 30_000 - 300 / 30_010, 14);
  });
});

describe('expiry', () => {
  it('cancels what is open, once, and nothing is placed afterwards', async () => {
    const limit = { ...ORDER, orderType: 'limit', timeInForce: 'gtc', quantity: '1' };
    await world.send('PlaceOrder', { ...limit, instrumentId: FUTURE, limitPrice: '29000' }, 'fund');
    await world.send('PlaceOrder', { ...limit, orderId: 'o2', limitPrice: '29000' }, 'fund');
    await approve('o1', 'o2');
    await world.poll();
    expect(world.views.expiring.nextDue()).toBe(EXPIRY);
    while (world.of('OrderCancelRequested').length === 0) await world.fire();
    expect(world.now).toBe(EXPIRY);
    await world.poll();
    expect(world.of('OrderCancelRequested')).toMatchObject([
      { orderId: 'o1', reason: `${FUTURE} has expired` },
    ]);
    expect(world.of('OrderClosed')).toMatchObject([{ orderId: 'o1', outcome: 'cancelled' }]);
    const late = await world.send('PlaceOrder', { ...ORDER, orderId: 'o3', instrumentId: FUTURE }, 'fund');
    expect(late).toMatchObject({ code: 'INSTRUMENT_EXPIRED', field: 'instrument_id' });
    expect(await placeBundle()).toMatchObject({ code: 'INSTRUMENT_EXPIRED', field: 'legs[0].instrument_id' });
  });

  it('takes positions that were settled off the venue', async () => {
    const at = { accountId: 'a1', instrumentId: FUTURE, venueId: 'alpha' };
    const booked = { ...at, positionQuantity: '2', entryPrice: '1', postings: [] };
    await world.given('account-a1', 'FillBooked', booked as unknown as EventData<'FillBooked'>);
    expect([...world.views.exposure.positionsAt('alpha')]).toEqual([[FUTURE, 2]]);
    const settled = { ...at, quantity: '2', amount: '0', postings: [] };
    await world.given('account-a1', 'ContractSettled', settled as unknown as EventData<'ContractSettled'>);
    expect([...world.views.exposure.positionsAt('alpha')]).toEqual([]);
  });
});

describe('an order of a product', () => {
  it('is placed as its legs and the bundle, and sent when all legs are approved', async () => {
    expect(await placeBundle()).toBeUndefined();
    expect(world.of('BundlePlaced')).toMatchObject([{ arrivalPrice: '200', quantity: '3', side: 'buy' }]);
    const legs = world.of('OrderPlaced').map(({ orderId, side, quantity, bundleId }) => {
      return [orderId, side, quantity, bundleId];
    });
    expect(legs).toEqual([
      ['b1.1', 'buy', '3', 'b1'],
      ['b1.2', 'sell', '6', 'b1'],
    ]);
    await approve('b1.1');
    expect(venue.submitted).toEqual([]);
    await approve('b1.2');
    await world.poll();
    expect(venue.submitted.map(({ instrumentId, quantity }) => [instrumentId, quantity])).toEqual([
      [C30, '3'],
      [C32, '6'],
    ]);
    expect(world.of('BundleClosed')).toMatchObject([
      { outcome: 'filled', filledQuantity: '3', netPrice: '230', reason: '' },
    ]);
    expect(world.ask('GetProductOrder', { orderId: 'b1' })).toMatchObject({
      ...{ status: 'closed', outcome: 'filled', netPrice: '230' },
      legs: [{ averagePrice: '1010' }, { averagePrice: '390' }],
    });
  });

  it('sold, receives the net price', async () => {
    await placeBundle({ side: 'sell', orderType: 'limit', limitPrice: '170' });
    await approve('b1.1', 'b1.2');
    await world.poll();
    expect(world.of('BundleClosed')).toMatchObject([{ outcome: 'filled', netPrice: '170' }]);
  });

  it('is not sent at all when one leg has too little, or the net price is too bad', async () => {
    book(C32, '390', '410', '5');
    await placeBundle();
    await approve('b1.1', 'b1.2');
    book(C32, '390', '410');
    await placeBundle({ orderId: 'b2', orderType: 'limit', limitPrice: '229.9' });
    await approve('b2.1', 'b2.2');
    expect(venue.submitted).toEqual([]);
    expect(world.of('BundleClosed').map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['unfilled', expect.stringContaining(`the books have 5 of 6 ${C32}`)],
      ['unfilled', 'the net price would be worse than 229.9'],
    ]);
    expect(world.of('OrderClosed')).toHaveLength(4);
  });

  it('tells what stands when the books moved away in between, and does not chase', async () => {
    await placeBundle();
    world.isCut = true;
    await approve('b1.1', 'b1.2');
    world.isCut = false;
    const submit = venue.submit.bind(venue);
    venue.submit = async (order) => {
      if (order.instrumentId === C32)
        venue.books.set(C32, { bids: [{ price: '390', quantity: '2' }], asks: [] });
      return submit(order);
    };
    await world.settle();
    await world.poll();
    expect(venue.submitted).toHaveLength(2);
    expect(world.of('BundleClosed')).toMatchObject([
      { outcome: 'partial', filledQuantity: '1', netPrice: '', reason: expect.stringContaining('b1.2') },
    ]);
  });

  it('ends refused with all its legs', async () => {
    await placeBundle();
    for (const orderId of ['b1.1', 'b1.2'])
      await world.given('margin-a1', 'OrderRefused', {
        ...{ accountId: 'a1', orderId, code: 'MARGIN_INSUFFICIENT', message: 'no', figuresAfter: undefined },
      });
    expect(world.of('BundleClosed')).toMatchObject([
      { outcome: 'refused', reason: 'MARGIN_INSUFFICIENT: no', filledQuantity: '0' },
    ]);
  });

  it('drops the other legs when one is cancelled before it is sent', async () => {
    await placeBundle();
    await world.send('CancelOrder', { orderId: 'b1.1', accountId: 'a1', reason: '' }, 'fund');
    await approve('b1.1', 'b1.2');
    expect(venue.submitted).toEqual([]);
    expect(world.of('BundleClosed')).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('survives a restart between the approval and the split', async () => {
    await placeBundle();
    world.isCut = true;
    await approve('b1.1', 'b1.2');
    await world.restart();
    await world.settle();
    await world.poll();
    expect(world.of('BundleClosed')).toMatchObject([{ outcome: 'filled' }]);
  });

  it.each([
    ['an unknown product', { productId: 'BTC-XX' }, 'product_id'],
    ['no product id', { productId: '' }, 'product_id'],
    ['quantity zero', { quantity: '0' }, 'legs[0].quantity'],
    ['a negative quantity', { quantity: '-1' }, 'legs[0].quantity'],
    ['a quantity that is no number', { quantity: '1e3' }, 'quantity'],
    ['less than a lot', { quantity: '0.05' }, 'legs[0].quantity'],
    ['a side there is not', { side: 'hold' }, 'side'],
    ['a limit without price', { orderType: 'limit' }, 'limit_price'],
    ['a market order with price', { limitPrice: '1' }, 'limit_price'],
    ['a long id', { orderId: 'x'.repeat(53) }, 'order_id'],
    ['a foreign account', { accountId: 'zz' }, 'account_id'],
  ] as const)('is refused with %s', async (_, change, field) => {
    expect((await placeBundle(change))?.field).toBe(field);
    expect(world.of('OrderPlaced')).toEqual([]);
  });

  it('is refused under an id that was used, and for an account of somebody else', async () => {
    await placeBundle();
    expect(await placeBundle()).toMatchObject({ code: 'ORDER_EXISTS' });
    expect(await placeBundle({ orderId: 'b2' }, 'other')).toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
  });

  it('is known to folds that were restored', async () => {
    await placeBundle();
    await approve('b1.1', 'b1.2');
    await world.poll();
    const folds = () => {
      const { bundles, expiring } = createViews();
      return { bundles, expiring };
    };
    expectRestores(folds, world.log);
  });
});
