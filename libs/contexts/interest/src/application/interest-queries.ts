import { checked, InvalidField, pageOf, reject, requireId, type Rejection } from '@plinth/eventing';
import type { EventData, interestMessages, RateCurve } from '@plinth/messages';
import { assert, compareDecimal, formatDecimal, formatUnits, unitsOf, type Decimal } from '@plinth/money';
import { borrowStop } from '../domain/curves/index.ts';
import { boundaryAt } from '../domain/pool.ts';
import { ratesOf, type PoolAmounts, type PoolRates, type PoolTerms } from '../domain/rates.ts';
import { amountsOf, type InterestViews } from './interest-views.ts';

type Opened = EventData<'PoolOpened'>;

const noPool = (asset: string): Rejection =>
  reject('POOL_MISSING', `Expected an asset with a pool, was ${asset}: see ListPools`, {
    field: 'asset',
    reason: 'missing',
  });

const termsOf = ({ pools }: InterestViews, { asset, curve, reserveFactor }: Opened): PoolTerms => {
  assert(curve !== undefined, () => `Expected a curve of the pool of ${asset}`);
  return { curve, reserveFactor, rateAtTarget: pools.accrued.get(asset)?.rateAtTarget ?? '' };
};

/** Whether the pool lends nothing more at this utilisation. */
const isStopped = (curve: RateCurve, utilisation: Decimal): boolean => {
  const stop = borrowStop(curve);
  return stop !== undefined && compareDecimal(utilisation, stop) >= 0;
};

const textOf = (rates: PoolRates): Readonly<Record<'utilisation' | 'borrowRate' | 'supplyRate', string>> => ({
  utilisation: formatDecimal(rates.utilisation),
  borrowRate: formatDecimal(rates.borrow),
  supplyRate: formatDecimal(rates.supply),
});

const infoOf = (views: InterestViews, opened: Opened): interestMessages.PoolInfo => {
  const { asset, settleEveryMs } = opened;
  const { pools, totals, reference } = views;
  const scale = reference.scaleOf(asset);
  const amounts = amountsOf(views, asset);
  const terms = termsOf(views, opened);
  const rates = ratesOf(terms, amounts);
  const accruedAtMs = pools.accrued.get(asset)?.atMs ?? 0;
  return {
    asset,
    curve: terms.curve,
    reserveFactor: terms.reserveFactor,
    settleEveryMs,
    accruedAtMs,
    borrowIndex: pools.borrowIndex(asset),
    supplyIndex: pools.supplyIndex(asset),
    ...textOf(rates),
    totalDebt: formatUnits(amounts.debt, scale),
    totalSupplied: formatUnits(amounts.supplied, scale),
    cash: formatUnits(amounts.cash, scale),
    reserve: formatUnits(amounts.reserve, scale),
    borrowers: totals.accounts('debts', asset),
    suppliers: totals.accounts('supplied', asset),
    nextSettlementAtMs: boundaryAt(accruedAtMs, settleEveryMs) + settleEveryMs,
    rateAtTarget: terms.rateAtTarget,
    borrowingStopped: isStopped(terms.curve, rates.utilisation),
  };
};

export const listPools = (
  request: interestMessages.ListPoolsRequest,
  views: InterestViews,
): interestMessages.ListPoolsResponse | Rejection =>
  checked(() => {
    const { items, ...page } = pageOf(views.pools.opened.values(), ({ asset }) => asset, request);
    return { pools: items.map((opened) => infoOf(views, opened)), ...page };
  });

export const getPool = (
  request: interestMessages.GetPoolRequest,
  views: InterestViews,
): interestMessages.GetPoolResponse | Rejection =>
  checked(() => {
    const opened = views.pools.opened.get(requireId('asset', request.asset, 'asset'));
    return opened === undefined ? noPool(request.asset) : { pool: infoOf(views, opened) };
  });

/** Amounts after a loan and a supply; negative ones are a repayment and a redemption. */
const changed = (amounts: PoolAmounts, borrow: bigint, supply: bigint): PoolAmounts => {
  const { debt, supplied, cash } = amounts;
  if (debt + borrow < 0n) throw new InvalidField('borrow', 'at most the whole debt repaid');
  if (supplied + supply < 0n) throw new InvalidField('supply', 'at most all claims redeemed');
  if (cash - borrow + supply < 0n) throw new InvalidField('borrow', 'at most what the pool holds');
  return { ...amounts, debt: debt + borrow, supplied: supplied + supply, cash: cash - borrow + supply };
};

export const projectRate = (
  request: interestMessages.ProjectRateRequest,
  views: InterestViews,
): interestMessages.ProjectRateResponse | Rejection =>
  checked(() => {
    const asset = requireId('asset', request.asset, 'asset');
    const opened = views.pools.opened.get(asset);
    if (opened === undefined) return noPool(asset);
    const scale = views.reference.scaleOf(asset);
    const unitsIn = (text: string, field: string): bigint => (text === '' ? 0n : unitsOf(text, scale, field));
    const amounts = amountsOf(views, asset);
    const borrowed = unitsIn(request.borrow, 'borrow');
    const projected = changed(amounts, borrowed, unitsIn(request.supply, 'supply'));
    const terms = termsOf(views, opened);
    const now = textOf(ratesOf(terms, amounts));
    const after = ratesOf(terms, projected);
    const stop = borrowStop(terms.curve);
    if (borrowed > 0n && stop !== undefined && compareDecimal(after.utilisation, stop) > 0)
      throw new InvalidField(
        'borrow',
        `such that utilisation stays at most ${stop.toFixed()}: the curve stops there`,
      );
    const then = textOf(after);
    return {
      asset,
      utilisationBefore: now.utilisation,
      borrowRateBefore: now.borrowRate,
      supplyRateBefore: now.supplyRate,
      utilisationAfter: then.utilisation,
      borrowRateAfter: then.borrowRate,
      supplyRateAfter: then.supplyRate,
    };
  });

/** Times that sort as text, newest first: 2^53 − time, padded. */
const newestFirst = (atMs: number): string => String(Number.MAX_SAFE_INTEGER - atMs).padStart(16, '0');

export const listFunding = (
  request: interestMessages.ListFundingRequest,
  { funding }: InterestViews,
): interestMessages.ListFundingResponse | Rejection =>
  checked(() => {
    const { instrumentId, venueId } = request;
    if (instrumentId !== '') requireId('instrument', instrumentId, 'instrument_id');
    if (venueId !== '') requireId('venue', venueId, 'venue_id');
    const rows = [...funding.all()].filter(
      (rate) =>
        (instrumentId === '' || rate.instrumentId === instrumentId) &&
        (venueId === '' || rate.venueId === venueId),
    );
    const keyOf = (rate: EventData<'FundingRateSet'>): string =>
      `${newestFirst(rate.intervalEndMs)} ${rate.fundingId}`;
    const { items, ...page } = pageOf(rows, keyOf, request);
    return { funding: items, ...page };
  });
