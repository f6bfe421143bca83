import { DEFAULT_CONTROLS, DEFAULT_VENUE_TIMEOUT_MS, routingService } from '@plinth/routing';
import { runService } from '@plinth/runtime/nest';
import { openVenues, pollVenues } from './venues.ts';

const venues = openVenues(process.env);

await runService('routing', process.env, () => ({
  definition: routingService({
    adapters: new Map([...venues].map(([venueId, { venue }]) => [venueId, venue])),
    venueTimeoutMs: DEFAULT_VENUE_TIMEOUT_MS,
    controls: DEFAULT_CONTROLS,
  }),
  beside: (started, logger) => pollVenues(venues, started, logger),
  close: () => {
    for (const { close } of venues.values()) close();
  },
}));
