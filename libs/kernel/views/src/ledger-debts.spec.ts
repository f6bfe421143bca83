import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { LedgerView } from './ledger.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';

const listed = event('AssetListed', { asset: 'USD', scale: 2, kind: 'fiat', chains: ['bank'] });
const opened = (accountId: string): Envelope =>
  event('AccountOpened', { accountId, clientId: 'ada', name: 'main' });
const base = [listed, opened('a1'), opened('a2')];

const client = 'client:a1:USD:vault:bank';
const posting = (account: string, amount: string) => ({ account, asset: 'USD', amount });
const deposit = (amount: string, account = client, accountId = 'a1'): Envelope =>
  event('DepositCredited', {
    ...{ accountId, subAccountId: '', depositId: 'd1', asset: 'USD', amount, location: 'vault:bank' },
    postings: [posting(account, amount), posting('external', `-${amount}`)],
  });
const drawn = event('LoanDrawn', {
  ...{ accountId: 'a1', asset: 'USD', amount: '30', location: 'vault:bank', debt: '30', indexThen: '1.5' },
  postings: [
    posting(client, '30'),
    posting('debt:a1:USD', '-30'),
    posting('pool:USD:cash', '-30'),
    posting('pool:USD:loans', '30'),
  ],
});
const supplied = event('PoolSupplied', {
  ...{ accountId: 'a1', asset: 'USD', amount: '5', location: 'vault:bank', supplied: '5', indexThen: '1.2' },
  postings: [
    posting(client, '-5'),
    posting('supplied:a1:USD', '5'),
    posting('pool:USD:cash', '5'),
    posting('pool:USD:claims', '-5'),
  ],
});
const insured = (amount: string): Envelope =>
  event('InsurancePosted', {
    ...{ accountId: 'a1', liquidationId: 'a1.l1', asset: 'USD', amount },
    postings: [
      posting('debt:a1:USD', amount),
      posting('house:insurance', `-${amount}`),
      posting('pool:USD:cash', amount),
      posting('pool:USD:loans', `-${amount}`),
    ],
  });
const make = (): LedgerView => new LedgerView();

describe('LedgerView: what accounts hold, owe and lent', () => {
  it('has the balance of every ledger account in smallest units', () => {
    const view = folded(make(), [...base, deposit('10.25')]);
    expect(view.balance(client, 'USD')).toBe(1_025n);
    expect(view.balance('external', 'USD')).toBe(-1_025n);
    expect(view.balance('house:fees', 'USD')).toBe(0n);
    expect(view.clientOf('a1')).toBe('ada');
    expect([...view.accountIds()]).toEqual(['a1', 'a2']);
  });

  it('sums an account over its places and sub-accounts, and forgets what is zero', () => {
    const desk = 'client:a1/desk:USD:venue:alpha';
    const view = folded(make(), [...base, deposit('10'), deposit('4', desk)]);
    expect(view.totalsOf('a1').get('USD')).toBe(1_400n);
    expect(view.balancesOf('a1').get(desk)).toMatchObject({
      subAccountId: 'desk',
      location: 'venue:alpha',
      units: 400n,
    });
    const taken = event('CollateralMoved', {
      ...{ accountId: 'a1', moveId: 'm', fromSubAccountId: 'desk', toSubAccountId: '', asset: 'USD' },
      ...{ amount: '4', fromLocation: 'venue:alpha', toLocation: 'vault:bank' },
      postings: [posting(desk, '-4'), posting(client, '4')],
    });
    view.apply(taken);
    expect([...view.balancesOf('a1').keys()]).toEqual([client]);
    expect(view.totalsOf('a1').get('USD')).toBe(1_400n);
  });

  it('has debts and claims with the index that they refer to', () => {
    const view = folded(make(), [...base, deposit('10'), drawn, supplied]);
    expect(view.debtsOf('a1').get('USD')).toEqual({ units: 3_000n, indexThen: '1.5' });
    expect(view.suppliedOf('a1').get('USD')).toEqual({ units: 500n, indexThen: '1.2' });
    expect(view.debtsOf('a2').size).toBe(0);
  });

  it('writes a debt down at its own index, to nothing at most', () => {
    const view = folded(make(), [...base, drawn, insured('12')]);
    expect(view.debtsOf('a1').get('USD')).toEqual({ units: 1_800n, indexThen: '1.5' });
    expect(folded(make(), [...base, drawn, insured('30')]).debtsOf('a1').size).toBe(0);
    expect(() => folded(make(), [...base, drawn, insured('31')])).toThrow('Expected at most the debt of a1');
    expect(() => folded(make(), [...base, insured('1')])).toThrow('Expected a debt of a1 in USD');
  });

  it('stops at an entry that does not sum to zero, naming position and asset', () => {
    const uneven = event(
      'HouseFunded',
      {
        ...{ fundingId: 'f', purpose: 'insurance', asset: 'USD', amount: '5' },
        postings: [posting('house:insurance', '5'), posting('external', '-4.99')],
      },
      42n,
    );
    const apply = (): unknown => folded(make(), [...base, uneven]);
    expect(apply).toThrow('Expected postings at 42 to sum to zero in USD, was 1');
  });

  it('stops at an unknown asset or account, and at more digits than the asset has', () => {
    expect(() => folded(make(), [opened('a1'), deposit('1')])).toThrow('Expected a listed asset, was USD');
    expect(() => folded(make(), [listed, deposit('1')])).toThrow('Expected an open account, was a1');
    expect(() => folded(make(), [...base, deposit('0.001')])).toThrow('postings.amount');
  });

  it('tells every field that moves money', () => {
    const told = ['postings', 'debt', 'supplied', 'indexThen'];
    const others = (one: Envelope, more: readonly string[]): readonly string[] =>
      Object.keys(one.data).filter((field) => !told.includes(field) && !more.includes(field));
    expectEveryFieldToTell(make, [listed], ['kind', 'chains[]']);
    expectEveryFieldToTell(make, [opened('a1')], ['name']);
    expectEveryFieldToTell(make, [...base, deposit('10')], others(deposit('10'), []));
    expectEveryFieldToTell(make, [...base, drawn], others(drawn, ['accountId', 'asset']));
    expectEveryFieldToTell(make, [...base, supplied], others(supplied, ['accountId', 'asset']));
    expectEveryFieldToTell(make, [...base, drawn, insured('12')], ['liquidationId']);
  });

  it('goes back to nothing', () => {
    const view = folded(make(), [...base, deposit('10'), drawn]);
    view.reset();
    expect(entriesOf(view)).toEqual([]);
    expect(view.has('a1')).toBe(false);
    expect(view.touched.size).toBe(0);
  });
});
