import { describe, expect, it } from '@jest/globals';
import { balances, deposit, eventOf, openWorld, types, type World } from '../testing/world.ts';

const withdrawal = {
  accountId: 'a1',
  subAccountId: '',
  withdrawalId: 'w1',
  asset: 'USD',
  amount: '40',
  location: 'venue:alpha',
  destination: 'bank-1',
};

const transfer = {
  accountId: 'a1',
  transferId: 't1',
  toAccountId: 'a2',
  asset: 'USD',
  amount: '30',
  fromLocation: 'venue:alpha',
  toLocation: 'venue:beta',
};

const funded = (): World => {
  const world = openWorld();
  deposit(world, 'a1', '100');
  world.take('AddWithdrawalDestination', { clientId: 'acme', asset: 'USD', destination: 'bank-1' }, 'acme');
  return world;
};

const approve = (world: World) =>
  world.given('margin-a1', 0, eventOf('WithdrawalApproved', { accountId: 'a1', withdrawalId: 'w1' }));

describe('a deposit', () => {
  it('comes from outside, once per id', () => {
    const world = openWorld();
    const request = {
      accountId: 'a1',
      subAccountId: '',
      depositId: 'd',
      asset: 'USD',
      amount: '5',
      location: 'vault:ethereum',
    };
    expect(types(world.take('CreditDeposit', request))).toEqual(['DepositCredited']);
    expect(balances(world)).toEqual({ 'client:a1:USD:vault:ethereum:USD': '5', 'external:USD': '-5' });
    expect(world.refused('CreditDeposit', request)).toMatchObject({
      code: 'REFERENCE_EXISTS',
      reason: 'exists',
    });
    expect(world.refused('CreditDeposit', { ...request, depositId: 'e' }, 'acme').code).toBe('OPERATOR_ONLY');
  });

  it.each([
    ['amount', '0'],
    ['amount', '-1'],
    ['amount', ''],
    ['amount', '1e3'],
    ['amount', 'NaN'],
    ['amount', 'Infinity'],
    ['amount', '+1'],
    ['amount', '1.0000001'],
    ['amount', '9'.repeat(60)],
    ['asset', 'usd'],
    ['asset', '__proto__'],
    ['location', 'venue'],
    ['location', 'venue:nowhere'],
    ['location', 'vault:solana'],
    ['deposit_id', 'd 1'],
    ['deposit_id', 'd'.repeat(65)],
    ['account_id', 'A1'],
  ])('is refused as invalid when %s is %p, and leaves no trace', (field, value) => {
    const world = openWorld();
    const before = world.log().length;
    const good = {
      accountId: 'a1',
      subAccountId: '',
      depositId: 'd',
      asset: 'USD',
      amount: '5',
      location: 'venue:alpha',
    };
    const name = field === 'deposit_id' ? 'depositId' : field === 'account_id' ? 'accountId' : field;
    const refusal = world.refused('CreditDeposit', { ...good, [name]: value });
    expect(refusal).toMatchObject({ code: 'INVALID_FIELD', reason: 'invalid', field });
    expect(world.log()).toHaveLength(before);
  });
});

describe('a withdrawal', () => {
  it('is held until risk approves, then leaves', () => {
    const world = funded();
    expect(types(world.take('RequestWithdrawal', withdrawal, 'acme', 100))).toEqual(['WithdrawalRequested']);
    expect(balances(world)['hold:a1:USD:w1:USD']).toBe('40');
    expect(balances(world)['client:a1:USD:venue:alpha:USD']).toBe('60');
    expect(types(approve(world))).toEqual(['WithdrawalApproved', 'WithdrawalSettled']);
    expect(balances(world)).toEqual({ 'client:a1:USD:venue:alpha:USD': '60', 'external:USD': '-60' });
    expect(types(approve(world))).toEqual(['WithdrawalApproved']);
  });

  it('goes back when risk refuses, when it expires and when it is cancelled', () => {
    for (const end of [
      (world: World) =>
        world.given(
          'margin-a1',
          0,
          eventOf('WithdrawalRefused', { accountId: 'a1', withdrawalId: 'w1', code: 'X' }),
        ),
      (world: World) => world.passTime(1_100),
      (world: World) => world.take('CancelWithdrawal', { accountId: 'a1', withdrawalId: 'w1' }, 'acme'),
    ]) {
      const world = funded();
      world.take('RequestWithdrawal', withdrawal, 'acme', 100);
      expect(world.passTime(1_099)).toEqual([]);
      expect(types(end(world)).at(-1)).toBe('WithdrawalReleased');
      expect(balances(world)).toEqual({ 'client:a1:USD:venue:alpha:USD': '100', 'external:USD': '-100' });
      expect(types(approve(world))).toEqual(['WithdrawalApproved']);
      expect(world.passTime(9_999)).toEqual([]);
    }
  });

  it('is refused beyond the balance, without a destination, within its delay and for a reused id', () => {
    const world = funded();
    const ask = (change: object, now = 100) =>
      world.refused('RequestWithdrawal', { ...withdrawal, ...change }, 'acme', now);
    expect(ask({ amount: '100.000001' })).toMatchObject({
      code: 'BALANCE_INSUFFICIENT',
      details: { available: '100' },
    });
    expect(ask({ destination: 'bank-2' }).code).toBe('DESTINATION_UNKNOWN');
    expect(ask({}, 99).code).toBe('DESTINATION_NOT_USABLE_YET');
    expect(ask({ location: 'venue:beta' }).code).toBe('BALANCE_INSUFFICIENT');
    world.take('RequestWithdrawal', withdrawal, 'acme', 100);
    expect(ask({}).code).toBe('REFERENCE_EXISTS');
  });

  it('is refused for a client that is not approved, and not paid out once it is suspended', () => {
    const world = funded();
    world.take('RequestWithdrawal', withdrawal, 'acme', 100);
    world.take('SetKycState', { clientId: 'acme', state: 'suspended', reason: 'sanctions' });
    expect(types(approve(world))).toEqual(['WithdrawalApproved', 'WithdrawalReleased']);
    const again = { ...withdrawal, withdrawalId: 'w2' };
    expect(world.refused('RequestWithdrawal', again, 'acme', 100).code).toBe('KYC_NOT_APPROVED');
  });

  it('counts against the limit of its UTC day in USD at the mark, unless it is released', () => {
    const world = openWorld({ withdrawalLimitUsdPerDay: '50', holdExpiryMs: 1_000_000_000 });
    deposit(world, 'a1', '10', 'ETH');
    world.take('AddWithdrawalDestination', { clientId: 'acme', asset: 'ETH', destination: 'x' });
    const day = 86_400_000;
    const ask = { ...withdrawal, asset: 'ETH', amount: '3', destination: 'x' };
    expect(world.refused('RequestWithdrawal', ask, 'acme', day).code).toBe('PRICE_MISSING');
    const marks = [{ instrumentId: 'ETH/USD', price: '10', confidence: '0', twap: '10' }];
    world.given('marks-main', 0, eventOf('MarksPublished', { marks: marks as never }));
    world.take('RequestWithdrawal', ask, 'acme', day);
    const second = { ...ask, withdrawalId: 'w2' };
    expect(world.refused('RequestWithdrawal', second, 'acme', 2 * day - 1)).toMatchObject({
      code: 'WITHDRAWAL_LIMIT_EXCEEDED',
      details: { usedUsd: '30', limitUsd: '50', valueUsd: '30' },
    });
    world.take('RequestWithdrawal', second, 'acme', 2 * day);
    world.take('CancelWithdrawal', { accountId: 'a1', withdrawalId: 'w2' });
    world.take('RequestWithdrawal', { ...ask, withdrawalId: 'w3' }, 'acme', 2 * day);
  });
});

describe('a transfer', () => {
  it('is sent and received together when risk approves, through clearing', () => {
    const world = funded();
    world.take('RequestTransfer', transfer, 'acme');
    const events = world.given(
      'margin-a1',
      0,
      eventOf('TransferApproved', { accountId: 'a1', transferId: 't1' }),
    );
    expect(types(events)).toEqual(['TransferApproved', 'TransferSent', 'TransferReceived']);
    expect(balances(world)).toEqual({
      'client:a1:USD:venue:alpha:USD': '70',
      'client:a2:USD:venue:beta:USD': '30',
      'external:USD': '-100',
    });
  });

  it('goes back when time was first, whatever risk says afterwards', () => {
    const world = funded();
    world.take('RequestTransfer', transfer, 'acme');
    expect(types(world.passTime(1_000))).toEqual(['TimerFired', 'TransferReleased']);
    const late = world.given(
      'margin-a1',
      0,
      eventOf('TransferApproved', { accountId: 'a1', transferId: 't1' }),
    );
    expect(types(late)).toEqual(['TransferApproved']);
    expect(balances(world)).toEqual({ 'client:a1:USD:venue:alpha:USD': '100', 'external:USD': '-100' });
  });

  it('never goes to another client, to itself or to nobody', () => {
    const world = funded();
    const ask = (toAccountId: string, tenant: string) =>
      world.refused('RequestTransfer', { ...transfer, toAccountId }, tenant);
    expect(ask('z1', 'acme')).toEqual(ask('nobody', 'acme'));
    expect(ask('z1', 'operator').code).toBe('ACCOUNT_UNKNOWN');
    expect(ask('a1', 'acme').code).toBe('INVALID_FIELD');
  });
});

describe('a move inside an account', () => {
  it('goes between locations and sub-accounts, as far as the balance reaches', () => {
    const world = funded();
    world.take('OpenSubAccount', { accountId: 'a1', subAccountId: 's1', name: '' }, 'acme');
    const move = {
      accountId: 'a1',
      moveId: 'm1',
      fromSubAccountId: '',
      toSubAccountId: 's1',
      asset: 'USD',
      amount: '25',
      fromLocation: 'venue:alpha',
      toLocation: 'venue:beta',
    };
    world.take('MoveCollateral', move, 'acme');
    expect(balances(world, 'client')).toEqual({
      'client:a1/s1:USD:venue:beta:USD': '25',
      'client:a1:USD:venue:alpha:USD': '75',
    });
    expect(world.refused('MoveCollateral', move, 'acme').code).toBe('REFERENCE_EXISTS');
    const more = { ...move, moveId: 'm2', amount: '76' };
    expect(world.refused('MoveCollateral', more, 'acme').code).toBe('BALANCE_INSUFFICIENT');
    const still = { ...move, moveId: 'm3', toSubAccountId: '', toLocation: 'venue:alpha' };
    expect(world.refused('MoveCollateral', still, 'acme').code).toBe('INVALID_FIELD');
    const nowhere = { ...move, moveId: 'm4', toSubAccountId: 's9' };
    expect(world.refused('MoveCollateral', nowhere, 'acme').code).toBe('SUB_ACCOUNT_UNKNOWN');
  });
});

describe('a foreign account', () => {
  it.each([
    ['RequestWithdrawal', withdrawal],
    ['CancelWithdrawal', withdrawal],
    ['RequestTransfer', transfer],
    ['MoveCollateral', { ...transfer, moveId: 'm' }],
    ['SupplyToPool', withdrawal],
    ['RedeemFromPool', withdrawal],
    ['RepayLoan', withdrawal],
    ['OpenSubAccount', { subAccountId: 's', name: '' }],
  ])('is answered like a missing one by %s', (command, request) => {
    const world = funded();
    const foreign = world.refused(command, { ...request, accountId: 'a1' }, 'zeta');
    expect(foreign).toEqual(world.refused(command, { ...request, accountId: 'nobody' }, 'zeta'));
    expect(foreign.reason).toBe('missing');
  });
});
