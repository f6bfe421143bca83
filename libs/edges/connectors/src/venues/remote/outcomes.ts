import type {
  BookOutcome,
  CancelOutcome,
  QueryOutcome,
  ReportsOutcome,
  Side,
  SubmitOutcome,
  VenueOrderState,
  VenueRefusal,
  VenueReport,
} from '@plinth/market';
import type * as wire from '@plinth/messages/venue';

/*
 * Outcomes of the port and their messages, both ways. A word that the port does not know is an `unknown`
 * outcome, or `unavailable` for reads: an answer that cannot be understood is never taken for one that can.
 */

const SIDES = ['buy', 'sell'] as const;
const REFUSALS: readonly VenueRefusal[] = [
  ...(['unknown-instrument', 'invalid-id', 'invalid-quantity', 'invalid-price', 'below-minimum'] as const),
  ...(['would-take', 'halted', 'id-reused', 'insufficient-funds', 'capacity', 'other'] as const),
];
const ORDER_STATES = ['open', 'filled', 'cancelled', 'expired', 'rejected'] as const;
const ENDS = ['filled', 'cancelled', 'expired'] as const;

class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

const word = <T extends string>(words: readonly T[], text: string): T => {
  const found = words.find((one) => one === text);
  if (found === undefined) throw new NotUnderstood(`Expected one of ${words.join(', ')}, was ${text}`);
  return found;
};

const understood = <T, Else>(read: () => T, otherwise: (message: string) => Else): T | Else => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    return otherwise(error.message);
  }
};

const unknown = (message: string) => ({ status: 'unknown', message }) as const;
const unavailable = (message: string) => ({ status: 'unavailable', message }) as const;

export const submitOf = ({ status, venueOrderId, reason, message }: wire.SubmitResponse): SubmitOutcome =>
  understood((): SubmitOutcome => {
    switch (word(['accepted', 'rejected', 'unavailable', 'unknown'], status)) {
      case 'accepted':
        return { status: 'accepted', venueOrderId };
      case 'rejected':
        return { status: 'rejected', reason: word(REFUSALS, reason), message };
      case 'unavailable':
        return unavailable(message);
      case 'unknown':
        return unknown(message);
    }
  }, unknown);

export const submitAnswer = (outcome: SubmitOutcome): wire.SubmitResponse => ({
  status: outcome.status,
  venueOrderId: outcome.status === 'accepted' ? outcome.venueOrderId : '',
  reason: outcome.status === 'rejected' ? outcome.reason : '',
  message: outcome.status === 'accepted' ? '' : outcome.message,
});

export const cancelOf = ({ status, message }: wire.CancelResponse): CancelOutcome =>
  understood((): CancelOutcome => {
    const said = word(['cancelled', 'not-open', 'not-found', 'unavailable', 'unknown'], status);
    return said === 'unavailable' || said === 'unknown' ? { status: said, message } : { status: said };
  }, unknown);

export const cancelAnswer = (outcome: CancelOutcome): wire.CancelResponse => ({
  status: outcome.status,
  message: 'message' in outcome ? outcome.message : '',
});

const stateOf = (order: wire.VenueOrderState): VenueOrderState => ({
  ...order,
  side: word<Side>(SIDES, order.side),
  status: word(ORDER_STATES, order.status),
});

export const queryOf = ({ status, order, message }: wire.FindResponse): QueryOutcome =>
  understood((): QueryOutcome => {
    const said = word(['found', 'not-found', 'unavailable', 'unknown'], status);
    if (said === 'not-found') return { status: said };
    if (said !== 'found') return { status: said, message };
    if (order === undefined) throw new NotUnderstood('Expected the order that was found');
    return { status: said, order: stateOf(order) };
  }, unknown);

export const queryAnswer = (outcome: QueryOutcome): wire.FindResponse => ({
  status: outcome.status,
  order: outcome.status === 'found' ? outcome.order : undefined,
  message: 'message' in outcome ? outcome.message : '',
});

const reportOf = (report: wire.VenueReport): VenueReport => {
  const { sequence, atMs, clientOrderId, venueOrderId, instrumentId } = report;
  const base = { sequence, atMs, clientOrderId, venueOrderId, instrumentId };
  switch (word(['accepted', 'rejected', 'filled', 'closed'], report.type)) {
    case 'accepted':
      return { ...base, type: 'accepted' };
    case 'rejected':
      return { ...base, type: 'rejected', reason: word(REFUSALS, report.reason), message: report.message };
    case 'filled': {
      const { fillId, quantity, price, fee, feeAsset, maker } = report;
      const side = word<Side>(SIDES, report.side);
      return { ...base, type: 'filled', fillId, side, quantity, price, fee, feeAsset, maker };
    }
    case 'closed': {
      const { filledQuantity, releasedQuantity } = report;
      return { ...base, type: 'closed', cause: word(ENDS, report.cause), filledQuantity, releasedQuantity };
    }
  }
};

export const reportsOf = ({ status, reports, message }: wire.ReadReportsResponse): ReportsOutcome =>
  understood((): ReportsOutcome => {
    if (word(['reports', 'unavailable'], status) === 'unavailable') return unavailable(message);
    return { status: 'reports', reports: reports.map(reportOf) };
  }, unavailable);

const EMPTY = {
  ...{ reason: '', message: '', fillId: '', side: '', quantity: '', price: '', fee: '', feeAsset: '' },
  ...{ maker: false, cause: '', filledQuantity: '', releasedQuantity: '' },
};

export const reportsAnswer = (outcome: ReportsOutcome): wire.ReadReportsResponse =>
  outcome.status === 'reports'
    ? {
        status: outcome.status,
        reports: outcome.reports.map((report) => ({ ...EMPTY, ...report })),
        message: '',
      }
    : { status: outcome.status, reports: [], message: outcome.message };

export const bookOf = (
  instrumentId: string,
  { status, bids, asks, atMs, message }: wire.GetOrderBookResponse,
): BookOutcome =>
  understood((): BookOutcome => {
    const said = word(['book', 'not-found', 'unavailable'], status);
    if (said === 'unavailable') return unavailable(message);
    return said === 'book' ? { status: said, book: { instrumentId, bids, asks, atMs } } : { status: said };
  }, unavailable);

export const bookAnswer = (outcome: BookOutcome): wire.GetOrderBookResponse => {
  const none = { status: outcome.status, bids: [], asks: [], atMs: 0, message: '' };
  if (outcome.status === 'not-found') return none;
  if (outcome.status === 'unavailable') return { ...none, message: outcome.message };
  const { bids, asks, atMs } = outcome.book;
  return { ...none, bids: [...bids], asks: [...asks], atMs };
};

/** An order as its message has it; undefined when a word in it is none of the port's. */
export const orderOf = (request: wire.SubmitRequest) =>
  understood(
    () => {
      const { clientOrderId, instrumentId, quantity, limitPrice } = request;
      const base = { clientOrderId, instrumentId, quantity, side: word<Side>(SIDES, request.side) };
      if (word(['market', 'limit'], request.type) === 'market') return { ...base, type: 'market' } as const;
      const timeInForce = word(['gtc', 'ioc', 'post-only'], request.timeInForce);
      return { ...base, type: 'limit', limitPrice, timeInForce } as const;
    },
    () => undefined,
  );
