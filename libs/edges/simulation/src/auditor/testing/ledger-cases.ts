import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const posting = (account: string, amount: string) => ({ account, asset: 'USD', amount });
const client = 'client:a1:USD:vault:bank';

const deposit = (amount: string, out = amount): Planted =>
  planted('DepositCredited', {
    accountId: 'a1',
    postings: [posting(client, amount), posting('external', `-${out}`)],
  });

/** Spends from the account, and says in which conversation. */
const spent = (amount: string, causationId: string): Planted =>
  planted(
    'FillBooked',
    {
      accountId: 'a1',
      venueId: 'alpha',
      fillId: 'f1',
      postings: [posting(client, `-${amount}`), posting('venue:alpha:settlement', amount)],
    },
    { causationId },
  );

const filled = planted('ChildFilled', { orderId: 'o1', venueId: 'alpha', fillId: 'f1', quantity: '1' });
const placed = planted('OrderPlaced', { orderId: 'o1', quantity: '1', liquidationId: 'l1' });

const loan = (mirror: string, causationId = 'loan'): Planted =>
  planted(
    'LoanDrawn',
    {
      accountId: 'a1',
      postings: [
        posting(client, '30'),
        posting('debt:a1:USD', '-30'),
        posting('pool:USD:cash', '-30'),
        posting(mirror, '30'),
      ],
    },
    { causationId },
  );

const supply = (mirror: string): Planted =>
  planted('PoolSupplied', {
    accountId: 'a1',
    postings: [
      posting(client, '-5'),
      posting('supplied:a1:USD', '5'),
      posting('pool:USD:cash', '5'),
      posting(mirror, '-5'),
    ],
  });

const asked = planted('WithdrawalRequested', { accountId: 'a1', withdrawalId: 'w1', postings: [] });
const settled = planted('WithdrawalSettled', { accountId: 'a1', withdrawalId: 'w1', postings: [] });
const released = planted('WithdrawalReleased', { accountId: 'a1', withdrawalId: 'w1', postings: [] });
const sending = planted('TransferRequested', { accountId: 'a1', transferId: 't1', postings: [] });
const sent = planted('TransferSent', { accountId: 'a1', transferId: 't1', postings: [] });

const BALANCED = 'the postings of every entry sum to zero in each asset';
const CONSERVED = 'all ledger accounts together sum to zero in each asset';
const COVERED = 'no client balance is below zero once the reaction to its cause is complete';
const HOLDS = 'every hold is settled or released exactly once';
const MIRRORED = "the pools' loans mirror the clients' debts, their claims what clients supplied";

export const LEDGER_CASES: readonly AuditCase[] = [
  {
    what: 'an entry that makes a cent',
    invariant: BALANCED,
    faulty: [deposit('10', '9.99')],
    sound: [deposit('10')],
  },
  {
    what: 'money out of nothing',
    invariant: CONSERVED,
    faulty: [deposit('10', '0')],
    sound: [deposit('10')],
  },
  {
    what: 'a balance that stays below zero',
    invariant: COVERED,
    faulty: [deposit('10'), placed, filled, spent('40', 'fill'), deposit('100')],
    sound: [deposit('10'), placed, filled, spent('40', 'fill'), loan('pool:USD:loans', 'fill'), deposit('1')],
  },
  {
    what: 'a balance that is below zero at the end',
    invariant: COVERED,
    faulty: [deposit('10'), placed, filled, spent('10.01', 'fill')],
    sound: [deposit('10'), placed, filled, spent('10', 'fill')],
  },
  {
    what: 'a hold settled twice',
    invariant: HOLDS,
    faulty: [asked, settled, settled],
    sound: [asked, settled],
  },
  {
    what: 'a hold settled and released',
    invariant: HOLDS,
    faulty: [asked, settled, released],
    sound: [asked, released],
  },
  { what: 'a withdrawal without a hold', invariant: HOLDS, faulty: [settled], sound: [asked, settled] },
  { what: 'a hold opened twice', invariant: HOLDS, faulty: [sending, sending], sound: [sending, sent] },
  {
    what: 'a debt that the pool does not know',
    invariant: MIRRORED,
    faulty: [loan('house:fees')],
    sound: [loan('pool:USD:loans')],
  },
  {
    what: 'a claim that the pool does not know',
    invariant: MIRRORED,
    faulty: [deposit('5'), supply('house:fees')],
    sound: [deposit('5'), supply('pool:USD:claims')],
  },
];
