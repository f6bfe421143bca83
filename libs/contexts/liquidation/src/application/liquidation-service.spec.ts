import { describe, expect, it } from '@jest/globals';
import type { liquidationMessages } from '@plinth/messages';
import { LiquidationWorld, type Fills } from '../testing/liquidation-world.ts';

/** Marks go on until the liquidation has ended, or has had enough time. */
const playOut = (world: LiquidationWorld, fills: Fills = {}, rounds = 40): void => {
  let done = world.all('ReductionOrdered').length === 0 ? 0 : world.all('ReductionOrdered').length - 1;
  for (let round = 0; round < rounds && world.last('LiquidationCompleted') === undefined; round += 1) {
    for (; done < world.all('ReductionOrdered').length; done += 1) world.fill(fills);
    if (world.all('ShortfallCovered').length > 0) world.post();
    else world.prices({});
  }
};

const leveragedLong = (): LiquidationWorld => {
  const world = new LiquidationWorld();
  world.open('a');
  world.deposit('a', 'USD', '100000');
  world.trade('a', 'BTC-PERP', 'alpha', '10');
  return world;
};

describe('a liquidation', () => {
  it('reduces the minimum that restores the buffer, takes its fee and ends', () => {
    const world = leveragedLong();
    world.fundInsurance('1000');
    world.prices({ BTC: '53000' });
    const before = world.health('a');
    expect(before.equity).toBeLessThan(before.maintenanceMargin);
    world.request('a');
    playOut(world);
    const completed = world.last('LiquidationCompleted');
    expect(completed).toMatchObject({ outcome: 'restored', liquidationId: 'a.l1' });
    const after = world.health('a');
    const fee = Number(world.last('LiquidationFeeSet')?.amount);
    expect(fee).toBeGreaterThan(0);
    expect(after.equity).toBeGreaterThanOrEqual(1.1 * 1.02 * after.maintenanceMargin);
    // Stops within a few lots of the target; the target is set so that the fee can be paid.
    expect(after.equity).toBeLessThan(1.16 * after.maintenanceMargin + fee);
    expect(Number(world.views.portfolio.positions.position('a', 'BTC-PERP', 'alpha')?.units)).toBeGreaterThan(
      0,
    );
    expect(fee).toBeLessThanOrEqual(0.005 * Number(completed?.reducedNotional) + 1e-6);
  });

  it('credits the fee to the fund when it has been charged', () => {
    const world = leveragedLong();
    world.fundInsurance('1000');
    world.prices({ BTC: '53000' });
    world.request('a');
    playOut(world);
    const { asset, amount } = world.last('LiquidationFeeSet') ?? { asset: '', amount: '' };
    world.given('account-a', {
      type: 'LiquidationFeeCharged',
      data: { accountId: 'a', liquidationId: 'a.l1', asset, amount, postings: [] },
    });
    expect(world.last('FundCredited')).toMatchObject({ purpose: 'fee', amount });
    const fund = world.spec.ask('GetFund', {}) as liquidationMessages.FundInfo;
    expect(fund.balances).toMatchObject([{ asset: 'USD', capitalIn: '1000', feesIn: amount }]);
  });

  it('waits for the cancellation of open orders', () => {
    const world = leveragedLong();
    const order = { orderId: 'o1', accountId: 'a', instrumentId: 'BTC-PERP', side: 'buy', quantity: '1' };
    world.given('order-o1', { type: 'OrderPlaced', data: { ...EMPTY_ORDER, ...order } });
    world.prices({ BTC: '53000' });
    world.request('a');
    expect(world.last('LiquidationStarted')?.openOrders).toEqual(['o1']);
    expect(world.all('ReductionOrdered')).toEqual([]);
    world.given('order-o1', {
      type: 'OrderClosed',
      data: { ...EMPTY_CLOSED, orderId: 'o1', accountId: 'a' },
    });
    expect(world.all('ReductionOrdered')).toHaveLength(1);
  });

  it('ends without a trade when prices came back', () => {
    const world = leveragedLong();
    const order = { orderId: 'o1', accountId: 'a', instrumentId: 'BTC-PERP', side: 'buy', quantity: '1' };
    world.given('order-o1', { type: 'OrderPlaced', data: { ...EMPTY_ORDER, ...order } });
    world.prices({ BTC: '53000' });
    world.request('a');
    world.prices({ BTC: '60000' });
    world.given('order-o1', {
      type: 'OrderClosed',
      data: { ...EMPTY_CLOSED, orderId: 'o1', accountId: 'a' },
    });
    expect(world.last('LiquidationCompleted')).toMatchObject({ outcome: 'recovered', reducedNotional: '0' });
    expect(world.all('LiquidationFeeSet')).toEqual([]);
  });

  it('pauses while a guard binds or a mark is halted, and says so once', () => {
    const world = leveragedLong();
    const order = { orderId: 'o1', accountId: 'a', instrumentId: 'BTC-PERP', side: 'buy', quantity: '1' };
    world.given('order-o1', { type: 'OrderPlaced', data: { ...EMPTY_ORDER, ...order } });
    world.prices({ BTC: '53000' });
    world.request('a');
    world.prices({ BTC: '52900' }, { guarded: true });
    world.given('order-o1', {
      type: 'OrderClosed',
      data: { ...EMPTY_CLOSED, orderId: 'o1', accountId: 'a' },
    });
    world.prices({}, { guarded: true });
    expect(world.all('LiquidationPaused').map(({ reason }) => reason)).toEqual(['GUARD_BINDING']);
    world.prices({}, { state: 'halted' });
    expect(world.last('LiquidationPaused')).toMatchObject({ reason: 'PRICE_HALTED' });
    expect(world.all('ReductionOrdered')).toEqual([]);
    world.prices({});
    expect(world.all('LiquidationResumed')).toHaveLength(1);
    expect(world.all('ReductionOrdered')).toHaveLength(1);
  });

  it('tries again, further from the mark and less often, when nothing fills', () => {
    const world = leveragedLong();
    world.prices({ BTC: '53000' });
    world.request('a');
    playOut(world, { share: 0 }, 20);
    const limits = world.all('ReductionOrdered').map(({ legs }) => Number(legs[0]?.limitPrice));
    expect(limits.length).toBeGreaterThan(3);
    expect(limits.length).toBeLessThan(8);
    expect([...limits].sort((a, b) => b - a)).toEqual(limits);
    expect(world.all('LiquidationPaused').every(({ reason }) => reason === 'NO_FILLS')).toBe(true);
  });

  it('closes a hedge on both sides at once', () => {
    const world = new LiquidationWorld();
    world.open('a');
    world.deposit('a', 'USD', '60000');
    world.trade('a', 'BTC-PERP', 'alpha', '20');
    world.trade('a', 'BTC-PERP', 'beta', '-20');
    const { equity, maintenanceMargin } = world.health('a');
    expect(equity).toBeGreaterThan(0);
    expect(equity).toBeLessThan(maintenanceMargin);
    world.request('a');
    const legs = world.last('ReductionOrdered')?.legs ?? [];
    expect(legs.map(({ side }) => side).sort()).toEqual(['buy', 'sell']);
    expect(new Set(legs.map(({ quantity }) => quantity)).size).toBe(1);
    playOut(world);
    expect(world.last('LiquidationCompleted')).toMatchObject({ outcome: 'restored' });
  });

  it('sells collateral that was bought on credit', () => {
    const world = new LiquidationWorld();
    world.open('a');
    world.deposit('a', 'BTC', '2');
    world.trade('a', 'BTC/USD', 'alpha', '8');
    world.prices({ BTC: '51000' });
    world.request('a');
    expect(world.last('ReductionOrdered')?.legs).toMatchObject([
      { instrumentId: 'BTC/USD', venueId: '', side: 'sell', kind: 'sell' },
    ]);
    playOut(world);
    expect(world.last('LiquidationCompleted')).toMatchObject({ outcome: 'restored' });
  });

  it('buys back what was borrowed and sold', () => {
    const world = new LiquidationWorld();
    world.open('a');
    world.deposit('a', 'USD', '30000');
    world.trade('a', 'ETH/USD', 'alpha', '-100');
    world.prices({ ETH: '3150' });
    world.request('a');
    expect(world.last('ReductionOrdered')?.legs).toMatchObject([
      { instrumentId: 'ETH/USD', side: 'buy', kind: 'buy-back' },
    ]);
    playOut(world);
    expect(world.last('LiquidationCompleted')).toMatchObject({ outcome: 'restored' });
  });

  it('of a borrower that owes more than it has ends without a debt in any coin', () => {
    const world = new LiquidationWorld();
    world.open('a');
    world.fundInsurance('1000000');
    world.deposit('a', 'USD', '30000.55');
    world.trade('a', 'ETH/USD', 'alpha', '-100.0004');
    world.prices({ ETH: '3450' });
    world.request('a', 'gap');
    playOut(world);
    expect(world.last('LiquidationCompleted')).toMatchObject({ outcome: 'shortfall', badDebt: '0' });
    expect(world.all('ShortfallDeclared').map(({ asset }) => asset)).toEqual(['USD']);
  });
});

describe('an insolvent account', () => {
  const insolvent = (insurance: string): LiquidationWorld => {
    const world = leveragedLong();
    world.fundInsurance(insurance);
    world.prices({ BTC: '48000' });
    expect(world.health('a').equity).toBeLessThan(0);
    world.request('a', 'gap');
    playOut(world);
    return world;
  };

  it('is traded to the end, then the fund pays, and the post-mortem adds up', () => {
    const world = insolvent('1000000');
    const [declared] = world.all('ShortfallDeclared');
    // 10 · (60000 − 48000) − 100000
    expect(declared).toMatchObject({ asset: 'USD', amount: '20000' });
    expect(world.last('ShortfallCovered')).toMatchObject({
      amount: '20000',
      uncovered: '0',
      fundAfter: '980000',
    });
    expect(world.last('LiquidationCompleted')).toMatchObject({
      ...{
        outcome: 'shortfall',
        fundPaid: '20000',
        badDebt: '0',
        liquidationFee: '0',
        reducedNotional: '480000',
      },
    });
    expect(world.all('LiquidationFeeSet')).toEqual([]);
  });

  it('leaves bad debt for what the fund does not have', () => {
    const world = insolvent('5000');
    expect(world.last('ShortfallCovered')).toMatchObject({
      amount: '5000',
      uncovered: '15000',
      fundAfter: '0',
    });
    expect(world.last('LiquidationCompleted')).toMatchObject({ fundPaid: '5000', badDebt: '15000' });
  });

  it('gives back to the fund what the debt turned out not to need', () => {
    const world = leveragedLong();
    world.fundInsurance('1000000');
    world.prices({ BTC: '48000' });
    world.request('a', 'gap');
    world.fill();
    world.prices({});
    const posted = { accountId: 'a', liquidationId: 'a.l1', asset: 'USD', amount: '19000', postings: [] };
    world.given('account-a', { type: 'InsurancePosted', data: posted });
    expect(world.last('FundCredited')).toMatchObject({
      purpose: 'returned',
      amount: '1000',
      fundAfter: '981000',
    });
  });
});

describe('questions', () => {
  it('tell the story of a liquidation with its inputs', () => {
    const world = leveragedLong();
    world.fundInsurance('5000');
    world.prices({ BTC: '48000' });
    world.request('a', 'gap');
    playOut(world);
    const { liquidation, stages } = world.spec.ask('ExplainLiquidation', {
      liquidationId: 'a.l1',
    }) as liquidationMessages.ExplainLiquidationResponse;
    expect(liquidation).toMatchObject({
      status: 'completed',
      outcome: 'shortfall',
      steps: 1,
      badDebt: '15000',
    });
    expect(stages.map(({ event }) => event)).toEqual([
      ...[
        'LiquidationStarted',
        'ReductionOrdered',
        'ReductionCompleted',
        'ShortfallDeclared',
        'ShortfallCovered',
      ],
      ...['InsurancePosted', 'BadDebtRecorded', 'LiquidationCompleted'],
    ]);
    expect(stages[1]?.legs).toMatchObject([
      { instrumentId: 'BTC-PERP', venueId: 'alpha', side: 'sell', quantity: '10' },
    ]);
    const list = world.spec.ask('ListLiquidations', {
      accountId: 'a',
      status: 'completed',
      pageSize: 0,
      pageToken: '',
    });
    expect((list as liquidationMessages.ListLiquidationsResponse).liquidations).toHaveLength(1);
  });

  it('refuse what is malformed or unknown', () => {
    const { spec } = leveragedLong();
    expect(spec.ask('GetLiquidation', { liquidationId: 'x' })).toMatchObject({ reason: 'missing' });
    const list = { accountId: '', status: '', pageSize: 0, pageToken: '' };
    expect(spec.ask('ListLiquidations', { ...list, accountId: 'B B' })).toMatchObject({
      field: 'account_id',
    });
    expect(spec.ask('ListLiquidations', { ...list, status: 'odd' })).toMatchObject({ field: 'status' });
    expect(spec.ask('ListLiquidations', { ...list, pageSize: 501 })).toMatchObject({ field: 'page_size' });
    expect(spec.ask('ListLiquidations', { ...list, pageToken: 'x' })).toMatchObject({ field: 'page_token' });
    expect(spec.ask('ListLiquidations', list)).toMatchObject({ liquidations: [], nextPageToken: '' });
  });
});

const EMPTY_ORDER = {
  ...{
    orderId: '',
    accountId: '',
    subAccountId: '',
    instrumentId: '',
    side: '',
    quantity: '',
    orderType: 'limit',
  },
  ...{ limitPrice: '50000', timeInForce: 'gtc', venues: [], liquidationId: '', arrivalPrice: '60000' },
  ...{
    reduceOnly: false,
    worstPrice: '50000',
    quoteAsset: 'USD',
    contractSize: '1',
    bundleId: '',
    inverse: false,
  },
};
const EMPTY_CLOSED = {
  ...{ orderId: '', accountId: '', outcome: 'cancelled', reason: '', filledQuantity: '0', averagePrice: '' },
  ...{
    arrivalPrice: '60000',
    implementationShortfall: '0',
    fees: '0',
    bestSingleVenueCost: '',
    liquidationId: '',
  },
};
