import { checked, pageOf, reject, type Rejection, requireId, requireOneOf } from '@plinth/eventing';
import type { EventData, Mark, pricingMessages } from '@plinth/messages';
import { priceText, priceUnits } from '../domain/price-units.ts';
import type { PricingViews } from './pricing-views.ts';

export const noMark = (instrumentId: string): Rejection =>
  reject('MARK_MISSING', `Expected an instrument with a mark, was ${instrumentId}: see ListMarks`, {
    field: 'instrument_id',
    reason: 'missing',
  });

const KINDS = ['', 'spot', 'perpetual', 'future', 'option'] as const;
const STATES = ['', 'live', 'degraded', 'halted', 'guarded'] as const;

export const listInstruments = (
  request: pricingMessages.ListInstrumentsRequest,
  { reference }: PricingViews,
): pricingMessages.ListInstrumentsResponse | Rejection =>
  checked(() => {
    const kind = requireOneOf(request.kind, KINDS, 'kind');
    const underlying = request.underlying === '' ? '' : requireId('asset', request.underlying, 'underlying');
    const rows = [...reference.instruments.values()].filter(
      (one) => (kind === '' || one.kind === kind) && (underlying === '' || one.underlying === underlying),
    );
    const { items, nextPageToken, total } = pageOf(rows, ({ id }) => id, request);
    const instruments = items.map(({ id, ...rest }): EventData<'InstrumentListed'> => ({
      instrumentId: id,
      ...rest,
      priceRule: reference.priceRules.get(id),
    }));
    return { instruments, nextPageToken, total };
  });

/**
 * Conservative pair of a mark (finance: oracle): collateral min(mark, TWAP) − c, liabilities max(mark,
 * TWAP) + c.
 */
export const conservative = (mark: Mark): Readonly<{ collateralPrice: string; liabilityPrice: string }> => {
  const price = priceUnits(mark.price, 'price');
  const twap = priceUnits(mark.twap, 'twap');
  const confidence = priceUnits(mark.confidence, 'confidence');
  const low = (price < twap ? price : twap) - confidence;
  const high = (price > twap ? price : twap) + confidence;
  return { collateralPrice: priceText(low < 0n ? 0n : low), liabilityPrice: priceText(high) };
};

export const getMark = (
  request: pricingMessages.GetMarkRequest,
  { quotes }: PricingViews,
): pricingMessages.GetMarkResponse | Rejection =>
  checked(() => {
    requireId('instrument', request.instrumentId, 'instrument_id');
    const origin = quotes.origin(request.instrumentId);
    if (origin === undefined) return noMark(request.instrumentId);
    const { mark, round, atMs } = origin;
    return { mark, round, atMs, ...conservative(mark) };
  });

export const listMarks = (
  request: pricingMessages.ListMarksRequest,
  { marks }: PricingViews,
): pricingMessages.ListMarksResponse | Rejection =>
  checked(() => {
    const state = requireOneOf(request.state, STATES, 'state');
    const rows = [...marks.all()].filter(
      (mark) => state === '' || mark.state === state || (state === 'guarded' && mark.guarded),
    );
    const { items, ...page } = pageOf(rows, (mark) => mark.instrumentId, request);
    return { marks: items, ...page, round: marks.round, atMs: marks.at };
  });

export const listSources = (
  request: pricingMessages.ListSourcesRequest,
  { quotes }: PricingViews,
): pricingMessages.ListSourcesResponse | Rejection =>
  checked(() => {
    const { items, ...page } = pageOf(quotes.sources(), ({ source }) => source, request);
    return { sources: items.map((one) => ({ ...one })), ...page };
  });
