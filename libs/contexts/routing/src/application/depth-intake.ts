import { reject, type CommandHandler, type Intent, type Rejection } from '@plinth/eventing';
import { isExpired, type Venue, type VenueAdapter } from '@plinth/market';
import type { routingMessages } from '@plinth/messages';
import { depthDecider, newsOf, readingFault, type ObserveDepth } from '../domain/depth.ts';
import { LIMITS } from '../domain/limits.ts';
import type { RoutingViews } from './views.ts';

type ObserveVenueDepthRequest = routingMessages.ObserveVenueDepthRequest;

/** How the books of a venue are sent as a command; they are of one moment and never sent again. */
type Send<Answer> = (
  command: 'ObserveVenueDepth',
  request: ObserveVenueDepthRequest,
  sender: Readonly<{ tenant: string; actor: string; requestId: string }>,
) => Promise<Answer>;

/** Books whose depth is of use: where something can be sold at the price of its underlying. */
const observedAt = (
  { listings }: Venue,
  { reference }: Pick<RoutingViews, 'reference'>,
  nowMs: number,
): readonly string[] =>
  [...listings.keys()]
    .filter((instrumentId) => {
      const instrument = reference.instruments.get(instrumentId);
      return instrument !== undefined && instrument.kind !== 'option' && !isExpired(instrument, nowMs);
    })
    .slice(0, LIMITS.booksPerObservationMax);

/**
 * Reads the books of a venue one after another and sends those of which there is news: the one way from a
 * venue's books into the log. Undefined when there is none, or when the venue does not answer: then what was
 * said of its depth grows old.
 */
export const observeDepth = async <Answer>(
  adapter: VenueAdapter,
  views: Pick<RoutingViews, 'reference' | 'depth'>,
  send: Send<Answer>,
  nowMs: number,
  signal: AbortSignal,
): Promise<Answer | undefined> => {
  const { venueId } = adapter;
  const venue = views.reference.venues.get(venueId);
  if (venue === undefined || venue.state === 'down') return undefined;
  const books: routingMessages.BookReading[] = [];
  for (const instrumentId of observedAt(venue, views, nowMs)) {
    const outcome = await adapter.orderBook(instrumentId, LIMITS.bookDepth, signal);
    if (outcome.status === 'unavailable') return undefined;
    if (outcome.status === 'not-found') continue;
    const { bids, asks } = outcome.book;
    const book = { instrumentId, bids: bids.map((l) => ({ ...l })), asks: asks.map((l) => ({ ...l })) };
    // A broken book is left out, never guessed; one that says nothing new is not worth a command.
    if (readingFault(book) !== undefined) continue;
    const kept = views.depth.of(venueId, instrumentId);
    if (newsOf(book, venue.takerFeePpm, kept, nowMs) !== undefined) books.push(book);
  }
  if (books.length === 0) return undefined;
  const sender = { tenant: 'operator', actor: 'service:poller', requestId: `depth:${venueId}:${nowMs}` };
  return send('ObserveVenueDepth', { venueId, books }, sender);
};

const invalid = (field: string, message: string): Rejection =>
  reject('INVALID', message, { field, reason: 'invalid' });

/** Books that are broken are refused as a whole, with the field; nothing of them is recorded. */
export const observeVenueDepth: CommandHandler<ObserveVenueDepthRequest, RoutingViews> = (
  { venueId, books },
  views,
  { tenant, now },
) => {
  if (tenant !== 'operator') return reject('OPERATOR_ONLY', 'Expected the poller of a venue');
  const venue = views.reference.venues.get(venueId);
  if (venue === undefined)
    return reject('VENUE_UNKNOWN', 'Expected a registered venue', { field: 'venue_id', reason: 'missing' });
  if (books.length === 0 || books.length > LIMITS.booksPerObservationMax)
    return invalid('books', `Expected 1 to ${LIMITS.booksPerObservationMax} books, was ${books.length}`);
  const seen = new Set<string>();
  for (const [n, { instrumentId }] of books.entries()) {
    const field = `books[${n}].instrument_id`;
    if (!venue.listings.has(instrumentId))
      return invalid(field, `Expected an instrument that ${venueId} lists, was ${instrumentId}`);
    if (views.reference.instrument(instrumentId).kind === 'option')
      return invalid(
        field,
        'Expected a spot pair, a perpetual or a future: depth of options is not observed',
      );
    if (seen.has(instrumentId)) return invalid(field, `Expected ${instrumentId} once`);
    seen.add(instrumentId);
  }
  const command: ObserveDepth = { venueId, books, atMs: now, takerFeePpm: venue.takerFeePpm };
  return [{ stream: `depth-${venueId}`, decider: depthDecider, command }] as readonly Intent[];
};
