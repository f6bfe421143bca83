import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const charged = (amount: string): Planted =>
  planted('InterestCharged', { asset: 'USD', amount, postings: [] });
const earned = (amount: string): Planted => planted('InterestEarned', { asset: 'USD', amount, postings: [] });
const distributed = (borrower: string, lender: string, reserve: string, throughPosition: bigint): Planted =>
  planted('InterestDistributed', {
    ...{ asset: 'USD', borrowerInterest: borrower, lenderInterest: lender, reserve, rounding: '0.01' },
    ...{ throughPosition, postings: [] },
  });
const accrued = (borrowIndex: string, supplyIndex: string, utilisation = '0.5'): Planted =>
  planted('PoolAccrued', { asset: 'USD', borrowIndex, supplyIndex, utilisation });
const credited = (amount: string, fundAfter: string): Planted =>
  planted('FundCredited', { asset: 'USD', amount, fundAfter });
const covered = (amount: string, uncovered: string, fundAfter: string): Planted =>
  planted('ShortfallCovered', { liquidationId: 'l1', asset: 'USD', amount, uncovered, fundAfter });
const writtenOff = (amount: string): Planted =>
  planted('BadDebtRecorded', { liquidationId: 'l1', asset: 'USD', amount, postings: [] });

const settled = [charged('10'), earned('8.5'), distributed('10', '8.5', '1.49', 2n)];
const funded = [credited('100', '100'), covered('100', '20', '0'), writtenOff('20')];

const INTEREST = "borrowers' interest = lenders' interest + reserve + rounding, exactly, at every settlement";
const SUMMED = 'a settlement distributes exactly what its borrowers were charged';
const INDEX = 'the indices of a pool never fall';
const UTILISED = 'utilisation lies between 0 and 1';
const FUND = 'the insurance fund is its credits less its payments, and never negative';
const BAD_DEBT = 'what the fund could not cover is recorded as bad debt, exactly';

export const CREDIT_CASES: readonly AuditCase[] = [
  {
    what: 'interest that does not add up',
    invariant: INTEREST,
    faulty: [charged('10'), earned('8.5'), distributed('10', '8.5', '1.5', 2n)],
    sound: settled,
  },
  {
    what: 'interest that was not charged',
    invariant: SUMMED,
    faulty: [charged('9'), earned('8.5'), distributed('10', '8.5', '1.49', 2n)],
    sound: settled,
  },
  {
    what: 'interest that lenders did not get',
    invariant: SUMMED,
    faulty: [charged('10'), earned('8'), distributed('10', '8.5', '1.49', 2n)],
    sound: settled,
  },
  {
    what: 'interest of the next settlement in this one',
    invariant: SUMMED,
    faulty: [charged('5'), charged('5'), earned('8.5'), distributed('10', '8.5', '1.49', 1n)],
    sound: [charged('10'), earned('8.5'), charged('7'), distributed('10', '8.5', '1.49', 2n)],
  },
  {
    what: 'a borrow index that falls',
    invariant: INDEX,
    faulty: [accrued('1.1', '1.05'), accrued('1.0999', '1.06')],
    sound: [accrued('1.1', '1.05'), accrued('1.1', '1.06')],
  },
  {
    what: 'a supply index below one',
    invariant: INDEX,
    faulty: [accrued('1', '0.999')],
    sound: [accrued('1', '1')],
  },
  {
    what: 'more lent than there is',
    invariant: UTILISED,
    faulty: [accrued('1', '1', '1.000001')],
    sound: [accrued('1', '1', '1')],
  },
  {
    what: 'a negative utilisation',
    invariant: UTILISED,
    faulty: [accrued('1', '1', '-0.1')],
    sound: [accrued('1', '1', '0')],
  },
  { what: 'a fund that says too much', invariant: FUND, faulty: [credited('100', '101')], sound: funded },
  { what: 'a fund below zero', invariant: FUND, faulty: [covered('1', '0', '-1')], sound: funded },
  {
    what: 'a shortfall that nobody wrote off',
    invariant: BAD_DEBT,
    faulty: funded.slice(0, 2),
    sound: funded,
  },
  {
    what: 'more written off than was uncovered',
    invariant: BAD_DEBT,
    faulty: [...funded.slice(0, 2), writtenOff('21')],
    sound: funded,
  },
  { what: 'bad debt without a shortfall', invariant: BAD_DEBT, faulty: [writtenOff('1')], sound: funded },
];
