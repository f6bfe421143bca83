import { describe, expect, it } from '@jest/globals';
import * as accounts from './ledger-account.ts';

describe('ledger accounts', () => {
  it.each([
    ['', 'client:a1:USD:vault:bank'],
    ['desk', 'client:a1/desk:USD:vault:bank'],
  ])('of a client are read as they are made (sub-account "%s")', (subAccountId, name) => {
    const key = { accountId: 'a1', subAccountId, asset: 'USD', location: 'vault:bank' };
    expect(accounts.clientAccount('a1', subAccountId, 'USD', 'vault:bank')).toBe(name);
    expect(accounts.parseClientAccount(name)).toEqual(key);
  });

  it('of anybody else are no client’s', () => {
    const others = [
      accounts.holdAccount('a1', 'w1', 'USD'),
      accounts.debtAccount('a1', 'USD'),
      accounts.suppliedAccount('a1', 'USD'),
      accounts.poolCash('USD'),
      accounts.poolLoans('USD'),
      accounts.poolClaims('USD'),
      accounts.poolInterest('USD'),
      accounts.reserveAccount('USD'),
      accounts.venueSettlement('alpha'),
      accounts.clearingAccount('main'),
      accounts.HOUSE_FEES,
      accounts.HOUSE_INSURANCE,
      accounts.HOUSE_INVENTORY,
      accounts.BAD_DEBT,
      accounts.ROUNDING,
      accounts.EXTERNAL,
    ];
    expect(new Set(others).size).toBe(others.length);
    expect(others.map((name) => accounts.parseClientAccount(name))).toEqual(others.map(() => undefined));
  });
});
