import { status as grpc, type handleUnaryCall, type Metadata, type Server } from '@grpc/grpc-js';
import type { VenueAdapter } from '@plinth/market';
import { VenueTradingService } from '@plinth/messages/venue';
import { bookAnswer, cancelAnswer, orderOf, queryAnswer, reportsAnswer, submitAnswer } from './outcomes.ts';

/** Most reports, and most levels of a side, in one answer: what fits well within a message. */
const REPORTS_MAX = 1_000;
const DEPTH_MAX = 1_000;
const CALL_TIMEOUT_MS = 10_000;

type Refusal = Readonly<{ code: grpc; details: string }>;

const invalid = (details: string): Refusal => ({ code: grpc.INVALID_ARGUMENT, details });

type Venues = ReadonlyMap<string, VenueAdapter>;

/** Something that goes round every call, such as a span; `traceparent` is the caller's. */
export type Around = <T>(call: string, traceparent: string | undefined, run: () => Promise<T>) => Promise<T>;

const traceparentOf = (metadata: Metadata): string | undefined => {
  const [value] = metadata.get('traceparent');
  return typeof value === 'string' ? value : undefined;
};

/** Adds venues to a server, for `RemoteVenue` to ask. */
export const serveVenues = (
  server: Server,
  venues: Venues,
  around: Around = (_call, _traceparent, run) => run(),
): void => {
  const unary =
    <Request extends Readonly<{ venueId: string }>, Response>(
      answer: (venue: VenueAdapter, request: Request, signal: AbortSignal) => Promise<Response | Refusal>,
    ): handleUnaryCall<Request, Response> =>
    (call, callback) => {
      const venue = venues.get(call.request.venueId);
      if (venue === undefined) {
        const details = `venue_id: Expected one of ${[...venues.keys()].join(', ')}`;
        return callback({ code: grpc.NOT_FOUND, details });
      }
      around(call.getPath(), traceparentOf(call.metadata), () =>
        answer(venue, call.request, AbortSignal.timeout(CALL_TIMEOUT_MS)),
      ).then(
        (said) => {
          if (isRefusal(said)) callback(said);
          else callback(null, said);
        },
        () => callback({ code: grpc.INTERNAL, details: 'the venue met a bug' }),
      );
    };
  const implementation = {
    submit: unary((venue, request: Parameters<typeof orderOf>[0], signal) => {
      const order = orderOf(request);
      if (order === undefined)
        return Promise.resolve(invalid('side, type, time_in_force: Expected words of the venue port'));
      return venue.submit(order, signal).then(submitAnswer);
    }),
    cancel: unary((venue, { clientOrderId }: WithId, signal) =>
      venue.cancel(clientOrderId, signal).then(cancelAnswer),
    ),
    find: unary((venue, { clientOrderId }: WithId, signal) =>
      venue.query(clientOrderId, signal).then(queryAnswer),
    ),
    readReports: unary(
      (venue, { after, limit }: Readonly<{ venueId: string; after: number; limit: number }>, signal) =>
        after < 0
          ? Promise.resolve(invalid('after: Expected a sequence number, or 0 for the first'))
          : venue.reports(after, Math.min(limit, REPORTS_MAX), signal).then(reportsAnswer),
    ),
    getOrderBook: unary(
      (
        venue,
        { instrumentId, depth }: Readonly<{ venueId: string; instrumentId: string; depth: number }>,
        signal,
      ) => venue.orderBook(instrumentId, Math.min(depth, DEPTH_MAX), signal).then(bookAnswer),
    ),
  };
  server.addService(VenueTradingService, implementation);
};

type WithId = Readonly<{ venueId: string; clientOrderId: string }>;

const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'code' in answer && 'details' in answer;
