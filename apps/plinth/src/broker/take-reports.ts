import type { VenueAdapter } from '@plinth/market';
import { readReports, reportsKey, type RoutingViews } from '@plinth/routing';
import type { CellClient } from '@plinth/runtime';

/** Takes in what the venues have reported since the last time. */
export const takeReports = async (
  venues: Iterable<VenueAdapter>,
  health: RoutingViews['health'],
  cell: CellClient,
  signal: AbortSignal,
): Promise<void> => {
  for (const venue of venues) {
    const request = await readReports(venue, health.of(venue.venueId).lastSequence, signal);
    if (request === undefined) continue;
    const sender = { tenant: 'operator', actor: 'service:poller', requestId: reportsKey(request) };
    const answer = await cell.command('TakeVenueReports', request, sender);
    if (answer.status === 'rejected') {
      throw new Error(
        `${venue.venueId}: reports were refused with ${answer.rejection.code}: ${answer.rejection.message}`,
      );
    }
  }
};
