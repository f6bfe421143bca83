import type { CommandHandler, Intent, Rejection } from '@plinth/eventing';
import { reject } from '@plinth/eventing';
import type { VenueAdapter, VenueReport as AdapterReport } from '@plinth/market';
import type { routingMessages } from '@plinth/messages';
import { InvalidNumber, decimalOf, divide, formatDecimal, multiply } from '@plinth/money';
import { LIMITS } from '../domain/limits.ts';
import type { ChildReport } from '../domain/order.ts';
import { orderIntent, venueIntent } from './effects.ts';
import type { RoutingViews } from './views.ts';

type VenueReport = routingMessages.VenueReport;
type TakeVenueReportsRequest = routingMessages.TakeVenueReportsRequest;

/** Decimals of a fee that had to be converted into the quote asset. */
const FEE_DIGITS = 18;

const EMPTY = {
  reason: '',
  message: '',
  fillId: '',
  side: '',
  quantity: '',
  price: '',
  fee: '',
  feeAsset: '',
};

/** An adapter's report as a message. */
export const reportMessage = (report: AdapterReport): VenueReport => {
  const { sequence, atMs, clientOrderId, venueOrderId, instrumentId, type } = report;
  const base = { ...EMPTY, sequence, atMs, clientOrderId, venueOrderId, instrumentId, type, maker: false };
  switch (report.type) {
    case 'accepted':
      return base;
    case 'rejected':
      return { ...base, reason: report.reason, message: report.message };
    case 'filled': {
      const { fillId, side, quantity, price, fee, feeAsset, maker } = report;
      return { ...base, fillId, side, quantity, price, fee, feeAsset, maker };
    }
    case 'closed':
      return { ...base, reason: report.cause, quantity: report.filledQuantity };
  }
};

/** How the reports of a venue are sent as a command; the id makes a repetition be answered from store. */
type Send<Answer> = (
  command: 'TakeVenueReports',
  request: TakeVenueReportsRequest,
  sender: Readonly<{ tenant: string; actor: string; requestId: string }>,
) => Promise<Answer>;

/**
 * Takes in what a venue has reported since the last time: the one way from a venue's reports into the log.
 * Undefined when there are none or the venue does not answer.
 */
export const takeReports = async <Answer>(
  venue: VenueAdapter,
  health: RoutingViews['health'],
  send: Send<Answer>,
  signal: AbortSignal,
): Promise<Answer | undefined> => {
  const request = await readReports(venue, health.of(venue.venueId).lastSequence, signal);
  if (request === undefined) return undefined;
  const sender = { tenant: 'operator', actor: 'service:poller', requestId: reportsKey(request) };
  return send('TakeVenueReports', request, sender);
};

/**
 * The next reports of a venue as a command, or undefined when there are none or the venue does not answer.
 */
const readReports = async (
  adapter: VenueAdapter,
  after: number,
  signal: AbortSignal,
): Promise<TakeVenueReportsRequest | undefined> => {
  const outcome = await adapter.reports(after, LIMITS.reportsPerBatchMax, signal);
  if (outcome.status !== 'reports' || outcome.reports.length === 0) return undefined;
  return { venueId: adapter.venueId, after, reports: outcome.reports.map(reportMessage) };
};

const reportsKey = ({ venueId, after, reports }: TakeVenueReportsRequest): string =>
  `reports:${venueId}:${after}:${reports.length}`;

/**
 * Takes reports into the orders they belong to and moves the venue's cursor, all in one append: a fill and
 * the cursor behind it are never apart. Reports that contradict what is known are refused as a whole;
 * nothing is skipped.
 */
export const takeVenueReports: CommandHandler<TakeVenueReportsRequest, RoutingViews> = (
  { venueId, after, reports },
  views,
  { tenant },
) => {
  if (tenant !== 'operator') return reject('OPERATOR_ONLY', 'Expected the poller of a venue');
  if (!views.reference.venues.has(venueId)) {
    return reject('VENUE_UNKNOWN', 'Expected a registered venue', { field: 'venue_id', reason: 'missing' });
  }
  if (reports.length === 0 || reports.length > LIMITS.reportsPerBatchMax) {
    return invalid('reports', `Expected 1 to ${LIMITS.reportsPerBatchMax} reports`);
  }
  const byOrder = new Map<string, ChildReport[]>();
  try {
    for (const [n, report] of reports.entries()) {
      const read = readReport(report, `reports[${n}]`, after + n + 1, venueId, views);
      if ('kind' in read) return read;
      const orderId = read.childId.slice(0, Math.max(0, read.childId.lastIndexOf('.')));
      byOrder.set(orderId, [...(byOrder.get(orderId) ?? []), read]);
    }
  } catch (error) {
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
  const orders = [...byOrder].map(([orderId, of]) =>
    orderIntent(orderId, { kind: 'take-reports', reports: of }),
  );
  const last = after + reports.length;
  return [
    ...orders,
    venueIntent(venueId, { kind: 'take-reports', venueId, after, last }),
  ] as readonly Intent[];
};

const invalid = (field: string, message: string): Rejection =>
  reject('REPORT_INVALID', message, { field, reason: 'invalid' });

const readReport = (
  report: VenueReport,
  at: string,
  sequence: number,
  venueId: string,
  views: RoutingViews,
): ChildReport | Rejection => {
  if (report.sequence !== sequence) {
    return invalid(`${at}.sequence`, `Expected sequence ${sequence}, was ${report.sequence}`);
  }
  const base = { childId: report.clientOrderId, venueId, venueOrderId: report.venueOrderId };
  switch (report.type) {
    case 'accepted':
      return { ...base, type: 'accepted' };
    case 'rejected': {
      const reason = `${report.reason}: ${report.message}`.slice(0, LIMITS.reasonCharsMax);
      return { ...base, type: 'rejected', reason };
    }
    case 'filled': {
      const { fillId, side, maker, feeAsset } = report;
      if (fillId === '' || fillId.length > 128)
        return invalid(`${at}.fill_id`, 'Expected fill_id of 1 to 128 characters');
      const quantity = formatDecimal(decimalOf(report.quantity, `${at}.quantity`, 18));
      const price = formatDecimal(decimalOf(report.price, `${at}.price`));
      const fee = formatDecimal(decimalOf(report.fee, `${at}.fee`));
      const feeQuote = feeInQuote(report, views);
      return { ...base, type: 'filled', fillId, side, quantity, price, fee, feeAsset, feeQuote, maker };
    }
    case 'closed': {
      const cause = report.reason;
      if (cause !== 'filled' && cause !== 'cancelled' && cause !== 'expired') {
        return invalid(`${at}.reason`, 'Expected reason to be filled, cancelled or expired');
      }
      const filledQuantity = formatDecimal(decimalOf(report.quantity, `${at}.quantity`, 18));
      return { ...base, type: 'closed', cause, filledQuantity };
    }
    default:
      return invalid(`${at}.type`, 'Expected type to be accepted, rejected, filled or closed');
  }
};

/**
 * The fee in the quote asset, for cost analysis only: as it stands, or at the fill's own price when it is
 * charged in the underlying, or at the marks. Zero when the fee asset has no price: the fee itself is
 * recorded as charged.
 */
const feeInQuote = (report: VenueReport, views: RoutingViews): string => {
  const fee = decimalOf(report.fee);
  const instrument = views.reference.instruments.get(report.instrumentId);
  if (instrument === undefined || report.feeAsset === instrument.quoteAsset) return formatDecimal(fee);
  if (report.feeAsset === instrument.underlying) return formatDecimal(multiply(fee, decimalOf(report.price)));
  const [from, to] = [report.feeAsset, instrument.quoteAsset].map((asset) =>
    asset === 'USD' ? '1' : views.marks.exact(`${asset}/USD`)?.price,
  );
  if (from === undefined || to === undefined) return '0';
  const usd = multiply(fee, decimalOf(from));
  return formatDecimal(divide(usd, decimalOf(to), FEE_DIGITS, 'half-away').quotient);
};
