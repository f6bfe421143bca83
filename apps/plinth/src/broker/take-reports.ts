import type { VenueAdapter } from '@plinth/market';
import { takeReports, type RoutingViews } from '@plinth/routing';
import type { CellClient } from '@plinth/runtime';

/** Takes in what all venues have reported since the last time; a refusal is a fault. */
export const takeAllReports = async (
  venues: Iterable<VenueAdapter>,
  health: RoutingViews['health'],
  cell: CellClient,
  signal: AbortSignal,
): Promise<void> => {
  for (const venue of venues) {
    const answer = await takeReports(venue, health, (...command) => cell.command(...command), signal);
    if (answer?.status === 'rejected') {
      throw new Error(
        `${venue.venueId}: reports were refused with ${answer.rejection.code}: ${answer.rejection.message}`,
      );
    }
  }
};
