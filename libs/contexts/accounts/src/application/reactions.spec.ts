import { describe, expect, it } from '@jest/globals';
import { balances, deposit, eventOf, openWorld, types, type World } from '../testing/world.ts';

const supply = (world: World, accountId: string, amount: string, asset = 'USD') => {
  deposit(world, accountId, amount, asset);
  world.take('SupplyToPool', { accountId, asset, amount, location: 'venue:alpha' });
};

const withoutZeros = (world: World) => balances(world);

describe('a fill', () => {
  it('of a derivative moves only realised profit and the fee', () => {
    const world = openWorld();
    deposit(world, 'a1', '1000');
    const [, opened] = world.fill('a1', { quantity: '2', price: '100', fee: '0.1' });
    expect(opened?.data).toMatchObject({
      realisedProfit: '0',
      positionQuantity: '2',
      entryPrice: '100',
      entryCost: '200',
    });
    const [, closed] = world.fill('a1', { side: 'sell', quantity: '2', price: '110' });
    expect(closed?.data).toMatchObject({
      realisedProfit: '20',
      positionQuantity: '0',
      entryPrice: '',
      entryCost: '',
    });
    expect(withoutZeros(world)).toEqual({
      'client:a1:USD:venue:alpha:USD': '1019.9',
      'external:USD': '-1000',
      'venue:alpha:settlement:USD': '-19.9',
    });
  });

  it('of a spot pair moves both assets at the venue', () => {
    const world = openWorld();
    deposit(world, 'a1', '1000');
    world.fill('a1', {
      instrumentId: 'BTC/USD',
      quantity: '0.5',
      price: '100',
      fee: '0.0001',
      feeAsset: 'BTC',
    });
    expect(balances(world, 'client')).toEqual({
      'client:a1:BTC:venue:alpha:BTC': '0.4999',
      'client:a1:USD:venue:alpha:USD': '950',
    });
  });

  it('is booked once', () => {
    const world = openWorld();
    deposit(world, 'a1', '1000');
    world.fill('a1', { fillId: 'same', fee: '1' });
    expect(types(world.fill('a1', { fillId: 'same', fee: '1' }))).toEqual(['ChildFilled']);
    expect(types(world.fill('a1', { fillId: 'same', fee: '1', venueId: 'beta' }))).toContain('FillBooked');
  });

  it('is booked to the sub-account of its order', () => {
    const world = openWorld();
    world.take('OpenSubAccount', { accountId: 'a1', subAccountId: 's1', name: '' });
    deposit(world, 'a1', '10');
    world.given(
      'order-o9',
      0,
      eventOf('OrderPlaced', { orderId: 'o9', accountId: 'a1', subAccountId: 's1' }),
    );
    world.fill('a1', { orderId: 'o9', fee: '-1' });
    expect(balances(world, 'client:a1/s1')).toEqual({ 'client:a1/s1:USD:venue:alpha:USD': '1' });
  });
});

describe('a negative balance', () => {
  it('is covered from elsewhere in the account first, then lent, and repaid from what comes in', () => {
    const world = openWorld();
    supply(world, 'z1', '5000');
    deposit(world, 'a1', '100', 'USD', 'vault:ethereum');
    const short = world.fill('a1', { instrumentId: 'BTC/USD', quantity: '1', price: '250' });
    expect(types(short)).toEqual(['ChildFilled', 'FillBooked', 'CollateralMoved', 'LoanDrawn']);
    expect(balances(world, 'debt')).toEqual({ 'debt:a1:USD:USD': '-150' });
    expect(balances(world, 'client:a1')).toEqual({ 'client:a1:BTC:venue:alpha:BTC': '1' });
    expect(types(deposit(world, 'a1', '40'))).toEqual(['DepositCredited', 'LoanRepaid']);
    const sold = world.fill('a1', { instrumentId: 'BTC/USD', side: 'sell', quantity: '1', price: '300' });
    expect(types(sold)).toEqual(['ChildFilled', 'FillBooked', 'LoanRepaid']);
    expect(balances(world, 'debt')).toEqual({});
    expect(balances(world, 'client:a1')).toEqual({ 'client:a1:USD:venue:alpha:USD': '190' });
    expect(balances(world, 'pool')).toEqual({ 'pool:USD:cash:USD': '5000', 'pool:USD:claims:USD': '-5000' });
  });

  it('is lent even by a pool without cash: a fill is a fact', () => {
    const world = openWorld();
    world.fill('a1', { fee: '7' });
    expect(balances(world, 'pool')).toEqual({ 'pool:USD:cash:USD': '-7', 'pool:USD:loans:USD': '7' });
  });
});

describe('interest', () => {
  it('is charged up and credited down at a settlement, and shared out exactly', () => {
    const world = openWorld();
    supply(world, 'z1', '1000.000001');
    world.fill('a1', { fee: '100.000001' });
    const events = world.accrue('USD', '1.1', '1.005', 's1');
    expect(types(events)).toEqual([
      'PoolAccrued',
      'InterestCharged',
      'InterestEarned',
      'SettlementAdvanced',
      'InterestDistributed',
    ]);
    // 100.000001 · 0.1 = 10.0000001, charged 10.000001: 0.9 of a unit is rounding, not yet a whole one.
    // 1000.000001 · 0.005 = 5.000000005, credited 5.
    expect(events.at(-1)?.data).toMatchObject({
      borrowerInterest: '10.000001',
      lenderInterest: '5',
      reserve: '5.000001',
      rounding: '0',
      throughPosition: events.at(-2)?.position,
    });
    expect(balances(world)).toMatchObject({
      'debt:a1:USD:USD': '-110.000002',
      'supplied:z1:USD:USD': '1005.000001',
      'house:reserve:USD:USD': '5.000001',
    });
  });

  it('goes on step by step when there are more accounts than one step takes', () => {
    const world = openWorld();
    const accountIds = Array.from({ length: 2_005 }, (_, i) => `m${String(i).padStart(4, '0')}`);
    for (const accountId of accountIds) {
      world.take('OpenAccount', { accountId, clientId: 'acme', name: '' });
      world.fill(accountId, { fee: '1' });
    }
    const events = world.accrue('USD', '1.5', '1', 's1');
    const steps = events.filter((event) => event.type === 'SettlementAdvanced').map((event) => event.data);
    expect(steps).toMatchObject([
      { lastAccountId: 'm1999', done: false },
      { lastAccountId: 'm2004', done: true },
    ]);
    expect(events.filter((event) => event.type === 'InterestCharged')).toHaveLength(2_005);
    expect(events.at(-1)?.data).toMatchObject({
      borrowerInterest: '1002.5',
      reserve: '1002.5',
      rounding: '0',
    });
  });

  it('is charged before a debt is touched', () => {
    const world = openWorld();
    world.fill('a1', { fee: '100' });
    world.accrue('USD', '1.01', '1', '');
    expect(types(world.fill('a1', { fee: '1' })).slice(1)).toEqual([
      'FillBooked',
      'InterestCharged',
      'LoanDrawn',
    ]);
    world.accrue('USD', '1.02', '1', '');
    expect(types(deposit(world, 'a1', '103.01'))).toEqual([
      'DepositCredited',
      'InterestCharged',
      'LoanRepaid',
    ]);
    expect(balances(world, 'debt')).toEqual({});
  });
});

describe('a pool', () => {
  it('gives back what was supplied with its interest, never more than its cash', () => {
    const world = openWorld();
    supply(world, 'z1', '100');
    world.fill('a1', { fee: '30' });
    const ask = { accountId: 'z1', asset: 'USD', location: 'venue:beta' };
    expect(world.refused('RedeemFromPool', { ...ask, amount: 'all' })).toMatchObject({
      code: 'POOL_DRY',
      details: { available: '70' },
    });
    expect(world.refused('RedeemFromPool', { ...ask, amount: '100.000001' }).code).toBe(
      'BALANCE_INSUFFICIENT',
    );
    world.take('RedeemFromPool', { ...ask, amount: '70' });
    expect(balances(world, 'client:z1')).toEqual({ 'client:z1:USD:venue:beta:USD': '70' });
    deposit(world, 'a1', '30');
    world.take('RedeemFromPool', { ...ask, amount: 'all' });
    expect(balances(world, 'supplied')).toEqual({});
    expect(world.refused('RedeemFromPool', { ...ask, amount: 'all' }).code).toBe('NOTHING_SUPPLIED');
  });

  it('lets a claim repay a debt of its asset without cash', () => {
    const world = openWorld();
    supply(world, 'a1', '100');
    world.fill('a1', { fee: '60' });
    world.fill('z1', { fee: '40' });
    const ask = { accountId: 'a1', asset: 'USD', location: 'venue:alpha' };
    expect(world.refused('RedeemFromPool', { ...ask, amount: '1' }).code).toBe('POOL_DRY');
    expect(types(world.take('RepayLoan', { ...ask, amount: '10' }))).toEqual(['PoolRedeemed', 'LoanRepaid']);
    world.take('RepayLoan', { ...ask, amount: 'all' });
    expect(balances(world, 'debt:a1')).toEqual({});
    expect(balances(world, 'supplied:a1')).toEqual({ 'supplied:a1:USD:USD': '40' });
    expect(world.refused('RepayLoan', { ...ask, amount: 'all' }).code).toBe('NOTHING_OWED');
  });

  it('is unknown before it is opened', () => {
    const world = openWorld();
    world.take('ListAsset', { asset: 'DAI', scale: 18, kind: 'stablecoin', chains: [] });
    const ask = { accountId: 'a1', asset: 'DAI', amount: '1', location: 'venue:alpha' };
    expect(world.refused('SupplyToPool', ask).code).toBe('POOL_UNKNOWN');
  });
});

describe('funding', () => {
  it('is posted to every holder at that venue: longs pay a positive rate', () => {
    const world = openWorld();
    deposit(world, 'a1', '100');
    deposit(world, 'a2', '100');
    world.fill('a1', { quantity: '2' });
    world.fill('a2', { side: 'sell', quantity: '1' });
    world.fill('z1', { venueId: 'beta', quantity: '1' });
    const events = world.given(
      'funding-BTC-PERP',
      0,
      eventOf('FundingRateSet', {
        fundingId: 'f',
        instrumentId: 'BTC-PERP',
        venueId: 'alpha',
        rate: '0.001',
        indexPrice: '100.0000001',
      }),
    );
    expect(types(events)).toEqual(['FundingRateSet', 'FundingPosted', 'FundingPosted', 'SettlementAdvanced']);
    expect(events.slice(1, 3).map((event) => event.data)).toMatchObject([
      { amount: '-0.200001' },
      { amount: '0.1' },
    ]);
  });
});

describe('the end of a liquidation', () => {
  const covered = (world: World, amount: string, uncovered: string) =>
    world.given(
      'fund-main',
      0,
      eventOf('ShortfallCovered', { liquidationId: 'l', accountId: 'a1', asset: 'USD', amount, uncovered }),
    );

  it('takes the fee from what is there, as a loan when it is another asset', () => {
    const world = openWorld();
    deposit(world, 'a1', '10');
    deposit(world, 'a1', '1', 'BTC');
    const fee = eventOf('LiquidationFeeSet', {
      liquidationId: 'l',
      accountId: 'a1',
      asset: 'USD',
      amount: '15.00000009',
    });
    expect(types(world.given('liquidation-l', 0, fee))).toEqual([
      'LiquidationFeeSet',
      'LiquidationFeeCharged',
      'LoanDrawn',
    ]);
    expect(balances(world, 'house')).toEqual({ 'house:insurance:USD': '15' });
    expect(balances(world, 'debt')).toEqual({ 'debt:a1:USD:USD': '-5' });
  });

  it('pays the debt from the fund, and writes off the rest; lenders lose nothing', () => {
    const world = openWorld();
    world.take('FundHouse', { fundingId: 'h', purpose: 'insurance', asset: 'USD', amount: '60' });
    supply(world, 'z1', '100');
    world.fill('a1', { fee: '100' });
    expect(types(covered(world, '60', '40'))).toEqual([
      'ShortfallCovered',
      'InsurancePosted',
      'BadDebtRecorded',
    ]);
    expect(balances(world)).toMatchObject({ 'pool:USD:cash:USD': '100', 'bad-debt:USD': '-40' });
    expect(balances(world, 'debt')).toEqual({});
    expect(balances(world, 'house')).toEqual({});
  });

  it('never pays more than the debt that is left', () => {
    const world = openWorld();
    world.take('FundHouse', { fundingId: 'h', purpose: 'insurance', asset: 'USD', amount: '60' });
    world.fill('a1', { fee: '30' });
    deposit(world, 'a1', '10');
    const events = covered(world, '30', '1');
    expect(events.slice(1).map((event) => event.data)).toMatchObject([{ amount: '20' }, { amount: '0' }]);
    expect(types(covered(world, '0', '1'))).toEqual(['ShortfallCovered', 'BadDebtRecorded']);
  });
});
