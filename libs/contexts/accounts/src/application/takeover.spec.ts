import { describe, expect, it } from '@jest/globals';
import { isRejection, type Intent } from '@plinth/eventing';
import { balances, deposit, eventOf, openWorld, types, type World } from '../testing/world.ts';
import { AccountsService } from './accounts-service.ts';

const supply = (world: World, accountId: string, amount: string): void => {
  deposit(world, accountId, amount);
  world.take('SupplyToPool', { accountId, asset: 'USD', amount, location: 'venue:alpha' });
};

/**
 * Decides intents one after the other, as a host does: each on its stream as the log and those before left
 * it.
 */
const decideInOrder = (world: World, streams: Map<string, unknown>, intents: readonly Intent[]): string => {
  const after = new Map(streams);
  for (const { stream, decider, command } of intents) {
    const logged = world.log().filter((event) => event.stream === stream);
    const state =
      after.get(stream) ??
      logged.reduce((s: unknown, event) => decider.evolve(s, event), decider.initialState());
    const outcome = decider.decide(command, state);
    if (isRejection(outcome)) return outcome.code;
    after.set(
      stream,
      outcome.reduce((s: unknown, event) => decider.evolve(s, event), state),
    );
  }
  for (const [stream, state] of after) streams.set(stream, state);
  return 'taken';
};

describe('redemptions that were judged on one view', () => {
  const config = {
    ...{ cell: 'main', holdExpiryMs: 1_000, destinationDelayMs: 100, withdrawalLimitUsdPerDay: '1' },
  };

  it('never take the same cash twice, and are judged anew once the cash has left', () => {
    const world = openWorld();
    for (const accountId of ['a2', 'z1']) supply(world, accountId, '100');
    world.fill('a1', { fee: '120' });
    const { commands } = AccountsService(config);
    const redeem = (accountId: string, amount: string): readonly Intent[] => {
      const request = { accountId, asset: 'USD', amount, location: 'venue:alpha' };
      const context = { now: 0, cause: { causationId: '', correlationId: '' }, tenant: 'operator' };
      const plan = commands['RedeemFromPool']?.(request as never, world.views, context as never);
      if (plan === undefined || isRejection(plan)) throw new Error('Expected a plan');
      return plan;
    };
    const streams = new Map<string, unknown>();
    // 80 USD of cash: both plans see all of it.
    const [first, second] = [redeem('a2', '50'), redeem('z1', '50')];
    expect(decideInOrder(world, streams, first)).toBe('taken');
    expect(decideInOrder(world, streams, second)).toBe('POOL_DRY');
    expect(decideInOrder(world, streams, redeem('z1', '30'))).toBe('taken');
    // The same through the log: each sees what the one before it left.
    world.take('RedeemFromPool', { accountId: 'a2', asset: 'USD', amount: '50', location: 'venue:alpha' });
    const ask = { accountId: 'z1', asset: 'USD', location: 'venue:alpha' };
    expect(world.refused('RedeemFromPool', { ...ask, amount: '31' })).toMatchObject({
      code: 'POOL_DRY',
      details: { available: '30' },
    });
    world.take('RedeemFromPool', { ...ask, amount: '30' });
    expect(balances(world, 'pool:USD:cash')).toEqual({});
  });
});

describe('a claim recalled by a liquidation', () => {
  const recall = (world: World) =>
    world.given(
      'liquidation-l',
      0,
      eventOf('ClaimsRecalled', { liquidationId: 'l', accountId: 'a1', assets: ['USD'] }),
    );

  it('comes back as far as the pool has cash', () => {
    const world = openWorld();
    supply(world, 'a1', '100');
    world.fill('z1', { fee: '70' });
    const events = recall(world);
    expect(types(events)).toEqual(['ClaimsRecalled', 'PoolCashGranted', 'PoolRedeemed']);
    expect(events[2]?.data).toMatchObject({ amount: '30', granted: '30', liquidationId: 'l' });
    expect(balances(world, 'client:a1')).toEqual({ 'client:a1:USD:vault:ethereum:USD': '30' });
  });

  it('repays a debt of its own asset without cash, and is answered by a dry pool too', () => {
    const world = openWorld();
    supply(world, 'a1', '100');
    world.fill('a1', { fee: '60' });
    world.fill('z1', { fee: '40' });
    expect(types(recall(world))).toEqual([
      ...['ClaimsRecalled', 'PoolCashGranted', 'PoolRedeemed', 'LoanRepaid', 'PoolRedeemed'],
    ]);
    expect(balances(world, 'debt:a1')).toEqual({});
    expect(balances(world, 'supplied:a1')).toEqual({ 'supplied:a1:USD:USD': '40' });
    expect(recall(world).at(-1)?.data).toMatchObject({ amount: '0', granted: '0' });
  });
});

describe('collateral that the house takes over', () => {
  const takeOver = (world: World, collateral: readonly (readonly [string, string])[]) =>
    world.given(
      'liquidation-l',
      0,
      eventOf('TakeoverOrdered', {
        liquidationId: 'l',
        accountId: 'a1',
        collateral: collateral.map(([asset, price]) => ({ asset, price })),
        debts: [{ asset: 'USD', price: '1' }],
      }),
    );

  it('pays the debt at the given price; what is over stays with the client', () => {
    const world = openWorld();
    supply(world, 'z1', '1000');
    world.fill('a1', { fee: '900' });
    deposit(world, 'a1', '2', 'BTC');
    expect(types(takeOver(world, [['BTC', '600']]))).toEqual(['TakeoverOrdered', 'CollateralTakenOver']);
    expect(balances(world, 'client:a1')).toEqual({ 'client:a1:BTC:venue:alpha:BTC': '0.5' });
    expect(balances(world, 'debt')).toEqual({});
    expect(balances(world, 'house')).toEqual({ 'house:inventory:BTC': '1.5', 'house:inventory:USD': '-900' });
    expect(balances(world, 'pool:USD')).toMatchObject({ 'pool:USD:cash:USD': '1000' });
  });

  it('goes whole when it does not pay the debt, rounded against the account', () => {
    const world = openWorld();
    supply(world, 'z1', '1000');
    world.fill('a1', { fee: '900' });
    deposit(world, 'a1', '0.00000003', 'BTC');
    const [, taken] = takeOver(world, [['BTC', '333.333333']]);
    expect(taken?.data).toMatchObject({ taken: [{ amount: '0.00000003', credited: '0.000009' }] });
    expect(balances(world, 'client:a1')).toEqual({});
    expect(balances(world, 'debt')).toEqual({ 'debt:a1:USD:USD': '-899.999991' });
  });

  it('may be a claim that the pool could not pay: it ends, and is the house’s own money in the pool', () => {
    const world = openWorld();
    supply(world, 'z1', '1000');
    deposit(world, 'a1', '2', 'BTC');
    world.take('SupplyToPool', { accountId: 'a1', asset: 'BTC', amount: '2', location: 'venue:alpha' });
    world.fill('a1', { fee: '900' });
    const [, taken] = takeOver(world, [['BTC', '500']]);
    expect(taken?.data).toMatchObject({ taken: [{ kind: 'claim', amount: '1.8', credited: '900' }] });
    expect(balances(world, 'supplied:a1')).toEqual({ 'supplied:a1:BTC:BTC': '0.2' });
    expect(balances(world, 'pool:BTC')).toEqual({ 'pool:BTC:cash:BTC': '2', 'pool:BTC:claims:BTC': '-0.2' });
  });

  it('is answered when nothing is owed any more', () => {
    const world = openWorld();
    deposit(world, 'a1', '2', 'BTC');
    expect(takeOver(world, [['BTC', '500']])[1]?.data).toMatchObject({ taken: [], postings: [] });
    expect(balances(world, 'client:a1')).toEqual({ 'client:a1:BTC:venue:alpha:BTC': '2' });
  });
});
