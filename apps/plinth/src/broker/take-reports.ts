import { observeDepth, takeReports, type RoutingViews } from '@plinth/routing';
import { reportsTo, type CellClient, type ObservedVenue } from '@plinth/runtime';

/** Takes in what all venues have reported since the last time; a refusal is a fault. */
export const takeAllReports = async (
  venues: Iterable<ObservedVenue>,
  health: RoutingViews['health'],
  cell: CellClient,
  signal: AbortSignal,
): Promise<void> => {
  for (const venue of venues) {
    const answer = await takeReports(venue, health, reportsTo(cell, venue), signal);
    if (answer?.status === 'rejected') {
      throw new Error(
        `${venue.venueId}: reports were refused with ${answer.rejection.code}: ${answer.rejection.message}`,
      );
    }
  }
};

/** Says what the books of all venues take now; a refusal is a fault. */
export const observeAllDepth = async (
  venues: Iterable<ObservedVenue>,
  views: RoutingViews,
  cell: CellClient,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> => {
  for (const venue of venues) {
    const send = cell.command.bind(cell);
    const answer = await observeDepth(venue, views, send, nowMs, signal);
    if (answer?.status === 'rejected') {
      const { code, message } = answer.rejection;
      throw new Error(`${venue.venueId}: its books were refused with ${code}: ${message}`);
    }
  }
};
