import type { Instant, Intent } from '@plinth/eventing';
import { poolCash, reserveAccount } from '@plinth/market';
import { boundaryAt, type Accrue, type PoolCommand } from '../domain/pool.ts';
import { poolIntent } from './interest-commands.ts';
import type { InterestConfig } from './interest-config.ts';
import type { InterestViews } from './interest-views.ts';

/** When a pool accrues next: at the interval, or at its settlement boundary when that comes first. */
const dueOf = (config: InterestConfig, lastMs: Instant, settleEveryMs: number): Instant =>
  Math.min(lastMs + config.accrueEveryMs, boundaryAt(lastMs, settleEveryMs) + settleEveryMs);

const dues = function* (
  config: InterestConfig,
  { pools }: InterestViews,
): Iterable<readonly [asset: string, due: Instant]> {
  for (const { asset, settleEveryMs } of pools.opened.values()) {
    const last = pools.accrued.get(asset);
    // A pool that never accrued does so in the reaction to its opening.
    if (last !== undefined) yield [asset, dueOf(config, last.atMs, settleEveryMs)];
  }
};

export const nextAccrual = (config: InterestConfig, views: InterestViews): Instant | undefined => {
  let next: Instant | undefined;
  for (const [, due] of dues(config, views)) if (next === undefined || due < next) next = due;
  return next;
};

/** The accrual of one pool with everything that it depends on. */
export const accrual = (views: InterestViews, asset: string, atMs: Instant): Intent<PoolCommand> => {
  const { ledger, reference, totals } = views;
  const command: Accrue = {
    type: 'Accrue',
    asset,
    atMs,
    scale: reference.scaleOf(asset),
    cash: ledger.balance(poolCash(asset), asset),
    reserve: ledger.balance(reserveAccount(asset), asset),
    scaledDebt: totals.scaled('debts', asset),
    scaledSupplied: totals.scaled('supplied', asset),
  };
  return poolIntent(command);
};

/** Accruals of all pools that are due, in the order in which they were opened. */
export const dueAccruals = (
  config: InterestConfig,
  views: InterestViews,
  atMs: Instant,
): readonly Intent<PoolCommand>[] =>
  [...dues(config, views)].filter(([, due]) => due <= atMs).map(([asset]) => accrual(views, asset, atMs));
