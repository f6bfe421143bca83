export { LIMITS as SIMULATED_VENUE_LIMITS } from './simulated/limits.ts';
export type { SimulatedListing } from './simulated/listing-terms.ts';
export type { VenueCondition } from './simulated/operation.ts';
export { SimulatedVenue } from './simulated/simulated-venue.ts';
export type { Fate, SimulatedVenueOptions } from './simulated/simulated-venue.ts';
export { fileJournal, memoryJournal } from './simulated/venue-journal.ts';
export type { VenueJournal } from './simulated/venue-journal.ts';
export { RemoteVenue, type RemoteVenueOptions } from './remote/remote-venue.ts';
export { serveVenues, type Around } from './remote/venue-server.ts';
