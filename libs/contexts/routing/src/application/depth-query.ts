import { checked, pageOf, requireId, type Rejection } from '@plinth/eventing';
import type { routingMessages } from '@plinth/messages';
import type { RoutingViews } from './views.ts';

export const listVenueDepth = (
  request: routingMessages.ListVenueDepthRequest,
  { depth, marks }: RoutingViews,
): routingMessages.ListVenueDepthResponse | Rejection =>
  checked(() => {
    const venueId = request.venueId === '' ? '' : requireId('venue', request.venueId, 'venue_id');
    const instrumentId =
      request.instrumentId === '' ? '' : requireId('instrument', request.instrumentId, 'instrument_id');
    const wanted = depth
      .all()
      .filter(
        (book) =>
          (venueId === '' || book.venueId === venueId) &&
          (instrumentId === '' || book.instrumentId === instrumentId),
      );
    const { items, ...page } = pageOf(wanted, (book) => `${book.venueId} ${book.instrumentId}`, request);
    const books = items.map(({ sell, buy, ...book }) => ({
      ...book,
      state: book.goodUntilMs > marks.at ? 'fresh' : 'stale',
      sell: [...sell],
      buy: [...buy],
    }));
    return { books, ...page };
  });
