import {
  checked,
  type Instant,
  type Intent,
  pageOf,
  type Rejection,
  requireId,
  requireOneOf,
} from '@plinth/eventing';
import { settlementIdOf } from '@plinth/market';
import type { pricingMessages } from '@plinth/messages';
import { assert } from '@plinth/money';
import { priceText } from '../domain/price-units.ts';
import {
  isComplete,
  MIN_COVERED_MS,
  pricesOf,
  AVERAGE_MS,
  thinness,
  widestGapOf,
} from '../domain/settlement-average.ts';
import { settlement, type SettlementCommand } from '../domain/settlement.ts';
import type { Expiry } from './expiries-view.ts';
import type { PricingViews } from './pricing-views.ts';

/** The first moment at which an expiry can be settled, or must be deferred. */
export const nextSettlement = ({ expiries }: PricingViews): Instant | undefined => {
  let next: Instant | undefined;
  for (const expiry of expiries.open()) {
    const due = expiries.dueAt(expiry);
    if (due !== undefined && (next === undefined || due < next)) next = due;
  }
  return next;
};

const fix = (expiry: Expiry, atMs: Instant): SettlementCommand => {
  const { underlying, priceAsset, expiresAtMs, average, instrumentIds } = expiry;
  const prices = pricesOf(average);
  assert(prices !== undefined, () => `Expected an average of ${expiry.settlementId}`);
  return {
    type: 'Fix',
    fixed: {
      ...{ underlying, priceAsset, expiresAtMs, atMs },
      price: priceText(prices.price),
      indexAverage: priceText(prices.index),
      priceAssetAverage: priceText(prices.priceAsset),
      averagedFromMs: expiresAtMs - AVERAGE_MS,
      averagedToMs: average.countedToMs,
      coveredMs: average.coveredMs,
      samples: average.samples,
      widestGapMs: widestGapOf(average),
      instrumentIds: [...instrumentIds],
    },
  };
};

const defer = (
  { underlying, priceAsset, expiresAtMs, average }: Expiry,
  atMs: Instant,
): SettlementCommand => ({
  type: 'Defer',
  deferred: {
    ...{ underlying, priceAsset, expiresAtMs, atMs },
    coveredMs: average.coveredMs,
    minCoveredMs: MIN_COVERED_MS,
    reason: 'too little of the window had live marks: the settlement waits for more',
  },
});

/** Fixes the price of everything that has expired, or says that it must wait. */
export const settleExpired = (atMs: Instant, { expiries }: PricingViews): readonly Intent[] => {
  const intents: Intent[] = [];
  for (const expiry of expiries.open()) {
    if (atMs < expiry.expiresAtMs) continue;
    const command = isComplete(expiry.average) ? fix(expiry, atMs) : defer(expiry, atMs);
    if (command.type === 'Defer' && expiry.isDeferred) continue;
    intents.push({ stream: `settlement-${expiry.settlementId}`, decider: settlement, command });
  }
  return intents;
};

type Info = pricingMessages.SettlementInfo;

const openInfo = (expiry: Expiry): Info => {
  const { settlementId, underlying, priceAsset, expiresAtMs, average, isDeferred, instrumentIds } = expiry;
  const prices = pricesOf(average);
  const begun = average.coveredMs > 0 || average.countedToMs > expiresAtMs - AVERAGE_MS;
  return {
    ...{ settlementId, underlying, priceAsset, expiresAtMs },
    state: isDeferred ? 'deferred' : begun ? 'averaging' : 'waiting',
    price: prices === undefined ? '' : priceText(prices.price),
    coveredMs: average.coveredMs,
    samples: average.samples,
    instrumentIds: [...instrumentIds],
    ...warned(expiresAtMs - AVERAGE_MS, average.countedToMs, average.samples, widestGapOf(average)),
  };
};

/** How thin an average is, and why that is said. */
const warned = (
  fromMs: Instant,
  toMs: Instant,
  samples: number,
  widestGapMs: number,
): Pick<Info, 'widestGapMs' | 'warning'> => ({
  widestGapMs,
  warning: thinness({ fromMs, toMs, samples, widestGapMs }),
});

const STATES = ['', 'waiting', 'averaging', 'deferred', 'fixed'] as const;

export const listSettlements = (
  request: pricingMessages.ListSettlementsRequest,
  { expiries, settlements }: PricingViews,
): pricingMessages.ListSettlementsResponse | Rejection =>
  checked(() => {
    const state = requireOneOf(request.state, STATES, 'state');
    const underlying = request.underlying === '' ? '' : requireId('asset', request.underlying, 'underlying');
    const rows: Info[] = [...expiries.open()].map(openInfo);
    for (const [, fixed] of settlements.all()) {
      const { priceAsset, expiresAtMs, price, coveredMs, samples, instrumentIds } = fixed;
      const { averagedFromMs, averagedToMs, widestGapMs } = fixed;
      rows.push({
        ...{ underlying: fixed.underlying, priceAsset, expiresAtMs, price, coveredMs, samples },
        settlementId: settlementIdOf(fixed.underlying, priceAsset, expiresAtMs),
        state: 'fixed',
        instrumentIds: [...instrumentIds],
        ...warned(averagedFromMs, averagedToMs, samples, widestGapMs),
      });
    }
    const wanted = rows.filter(
      (row) => (state === '' || row.state === state) && (underlying === '' || row.underlying === underlying),
    );
    const { items, ...page } = pageOf(wanted, (row) => row.settlementId, request);
    return { settlements: items, ...page };
  });
