import { plainSnapshot, reject, type Decider, type NewEvent, type Rejection } from '@plinth/eventing';
import type { EventData, RateCurve } from '@plinth/messages';
import {
  assert,
  compound,
  decimalOf,
  divide,
  formatDecimal,
  formatUnits,
  isZeroDecimal,
  lendingIndexOf,
  multiply,
  rateOf,
  type Rate,
} from '@plinth/money';
import { RATE_DIGITS } from './curves/curve-kind.ts';
import { isSameCurve, moved, startOf } from './curves/index.ts';
import { perSecond, ratesOf } from './rates.ts';
import { totalOf } from './scaled.ts';

type Opened = EventData<'PoolOpened'>;
type Accrued = EventData<'PoolAccrued'>;

/** Stream pool-{asset}. `accrued` is the last accrual: its rates hold from its time on. */
export type PoolState =
  Readonly<{ status: 'none' }> | Readonly<{ status: 'open'; opened: Opened; accrued: Accrued | undefined }>;

export type OpenPool = Readonly<{
  type: 'OpenPool';
  asset: string;
  curve: RateCurve;
  reserveFactor: string;
  settleEveryMs: number;
}>;

export type SetRateCurve = Readonly<{
  type: 'SetRateCurve';
  asset: string;
  curve: RateCurve;
  reserveFactor: string;
}>;

/**
 * Time passed. Amounts are in smallest units of the asset; debts and claims are scaled sums (see
 * `scaled.ts`).
 */
export type Accrue = Readonly<{
  type: 'Accrue';
  asset: string;
  atMs: number;
  scale: number;
  cash: bigint;
  reserve: bigint;
  scaledDebt: bigint;
  scaledSupplied: bigint;
}>;

export type PoolCommand = OpenPool | SetRateCurve | Accrue;
export type PoolRejection = 'POOL_EXISTS' | 'POOL_MISSING';
export type PoolEvent = 'PoolOpened' | 'RateCurveSet' | 'PoolAccrued';

const SECOND_MS = 1_000;
const INDEX_START = '1';

const missing = (asset: string): Rejection<PoolRejection> =>
  reject('POOL_MISSING', `Expected an open pool of ${asset}: open it first`, {
    field: 'asset',
    reason: 'missing',
  });

/** Last settlement boundary at or before a time. */
export const boundaryAt = (atMs: number, settleEveryMs: number): number =>
  Math.floor(atMs / settleEveryMs) * settleEveryMs;

/** Unique per pool and boundary; empty when no boundary lies in (before, at]. */
const settlementId = (opened: Opened, beforeMs: number, atMs: number): string => {
  const boundary = boundaryAt(atMs, opened.settleEveryMs);
  return boundary > beforeMs ? `${opened.asset}.${boundary}` : '';
};

type Grown = Readonly<{ borrowIndex: string; supplyIndex: string; rateAtTarget: string }>;

/**
 * Both indices one period on, at the rates that were recorded when it began. A moving curve is paid at its
 * average over the period, and suppliers get the same share of that as of the rate at its beginning.
 */
const grow = (curve: RateCurve, last: Accrued, atMs: number): Grown => {
  const seconds = (atMs - last.atMs) / SECOND_MS;
  const [borrowed, supplied] = [rateOf(last.borrowRate), rateOf(last.supplyRate)];
  // A curve that was set since then moves from now on.
  const move =
    last.rateAtTarget === ''
      ? undefined
      : moved(curve, decimalOf(last.utilisation), last.rateAtTarget, seconds);
  const paid = move === undefined ? borrowed : rateOf(formatDecimal(move.averageRate));
  const earned =
    paid === borrowed || isZeroDecimal(borrowed)
      ? supplied
      : rateOf(formatDecimal(divide(multiply(supplied, paid), borrowed, RATE_DIGITS, 'down').quotient));
  const index = (text: string, rate: Rate, rounding: 'up' | 'down'): string =>
    formatDecimal(compound(lendingIndexOf(text), perSecond(rate, rounding), seconds, rounding));
  return {
    borrowIndex: index(last.borrowIndex, paid, 'up'),
    supplyIndex: index(last.supplyIndex, earned, 'down'),
    rateAtTarget: move?.rateAtTarget ?? startOf(curve),
  };
};

const accrue = (
  command: Accrue,
  opened: Opened,
  last: Accrued | undefined,
): readonly NewEvent<PoolEvent>[] => {
  // Whole seconds: nothing of the time is lost, the rest of a second is part of the next period.
  const atMs = Math.floor(command.atMs / SECOND_MS) * SECOND_MS;
  if (last !== undefined && atMs <= last.atMs) return [];
  const { asset, scale, cash, reserve } = command;
  assert(opened.curve !== undefined, () => `Expected a curve of the pool of ${asset}`);
  const grown: Grown =
    last === undefined
      ? { borrowIndex: INDEX_START, supplyIndex: INDEX_START, rateAtTarget: startOf(opened.curve) }
      : grow(opened.curve, last, atMs);
  const { rateAtTarget, ...indices } = grown;
  const debt = totalOf('debts', command.scaledDebt, lendingIndexOf(indices.borrowIndex));
  const supplied = totalOf('supplied', command.scaledSupplied, lendingIndexOf(indices.supplyIndex));
  const terms = { curve: opened.curve, reserveFactor: opened.reserveFactor, rateAtTarget };
  const rates = ratesOf(terms, { cash, debt, supplied, reserve });
  const data = {
    asset,
    atMs,
    utilisation: formatDecimal(rates.utilisation),
    borrowRate: formatDecimal(rates.borrow),
    supplyRate: formatDecimal(rates.supply),
    ...indices,
    totalDebt: formatUnits(debt, scale),
    totalSupplied: formatUnits(supplied, scale),
    settlementId: last === undefined ? '' : settlementId(opened, last.atMs, atMs),
    cash: formatUnits(cash, scale),
    reserve: formatUnits(reserve, scale),
    rateAtTarget,
  };
  return [{ type: 'PoolAccrued', data }];
};

const decide = (
  command: PoolCommand,
  state: PoolState,
): readonly NewEvent<PoolEvent>[] | Rejection<PoolRejection> => {
  const { asset } = command;
  if (command.type === 'OpenPool') {
    if (state.status === 'open') {
      const message = `Expected a new pool, ${asset} has one: set its curve with SetRateCurve`;
      return reject('POOL_EXISTS', message, { field: 'asset', reason: 'exists' });
    }
    const { curve, reserveFactor, settleEveryMs } = command;
    return [{ type: 'PoolOpened', data: { asset, curve, reserveFactor, settleEveryMs } }];
  }
  if (state.status === 'none') return missing(asset);
  if (command.type === 'Accrue') return accrue(command, state.opened, state.accrued);
  const { curve, reserveFactor } = command;
  if (isSameCurve(state.opened.curve, curve) && state.opened.reserveFactor === reserveFactor) return [];
  return [{ type: 'RateCurveSet', data: { asset, curve, reserveFactor } }];
};

const evolve = (state: PoolState, event: NewEvent<PoolEvent>): PoolState => {
  if (event.type === 'PoolOpened') return { status: 'open', opened: event.data, accrued: undefined };
  assert(state.status === 'open', () => `Expected an open pool before ${event.type} of ${event.data.asset}`);
  switch (event.type) {
    case 'RateCurveSet': {
      const { curve, reserveFactor } = event.data;
      // Another curve stands where it starts; its rates follow with the accrual that this causes.
      const accrued = state.accrued && { ...state.accrued, rateAtTarget: '' };
      return { ...state, opened: { ...state.opened, curve, reserveFactor }, accrued };
    }
    case 'PoolAccrued':
      return { ...state, accrued: event.data };
  }
};

/** One lending pool: its terms and its two indices. */
export const pool: Decider<PoolState, PoolCommand, PoolEvent, PoolRejection> = {
  initialState: () => ({ status: 'none' }),
  decide,
  evolve,
  snapshot: plainSnapshot(1),
};
