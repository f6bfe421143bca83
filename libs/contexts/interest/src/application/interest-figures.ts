import type { Figure, FigureRow } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import type { InterestViews } from './interest-views.ts';

const ofPools =
  (read: (accrued: EventData<'PoolAccrued'>) => number) =>
  ({ pools }: InterestViews): Iterable<FigureRow> =>
    [...pools.accrued.values()].map((accrued) => [read(accrued), accrued.asset] as const);

/** What those who run a cell watch of its lending pools. */
export const interestFigures: readonly Figure<InterestViews>[] = [
  {
    name: 'plinth_interest_pool_utilisation_ratio',
    about: 'part of what a pool was lent that it has lent on, at the last accrual',
    kind: 'gauge',
    labels: ['asset'],
    read: ofPools(({ utilisation }) => textToFloat(utilisation)),
  },
  {
    name: 'plinth_interest_borrow_rate_ratio',
    about: 'rate that borrowers pay, a year, at the last accrual',
    kind: 'gauge',
    labels: ['asset'],
    read: ofPools(({ borrowRate }) => textToFloat(borrowRate)),
  },
  {
    name: 'plinth_interest_supply_rate_ratio',
    about: 'rate that suppliers earn, a year, at the last accrual',
    kind: 'gauge',
    labels: ['asset'],
    read: ofPools(({ supplyRate }) => textToFloat(supplyRate)),
  },
  {
    name: 'plinth_interest_pool_cash',
    about: 'what a pool has not lent, in its asset; below zero when fills had to be lent more than it had',
    kind: 'gauge',
    labels: ['asset'],
    read: ofPools(({ cash }) => textToFloat(cash)),
  },
  {
    name: 'plinth_interest_accrual_age_ms',
    about: 'time since the last accrual of a pool',
    kind: 'gauge',
    labels: ['asset'],
    read: ({ pools }, now) =>
      [...pools.accrued.values()].map(({ asset, atMs }) => [now - atMs, asset] as const),
  },
];
