import type { RiskParameters, VenueParameters } from '@plinth/margin';
import { venueLocation, type Venue } from '@plinth/market';
import { POOLS_LOCATION } from './lines.ts';

const PPM = 1e6;
/** Highest probability of default that the margin library takes. */
const PD_MAX = 0.5;

/** A claim on a pool is nobody's credit risk here, asks for nothing and moves to no venue in time. */
const POOLS: VenueParameters = {
  defaultProbability: 0,
  lossGivenDefault: 0,
  requirementFraction: 0,
  transferableShare: 0,
  transferHours: 0,
};

const shareOf = (ppm: number): number => Math.min(1, ppm / PPM);

/**
 * The set with every registered venue under its own figures: those of the parameters when they name the
 * venue, else those that it was registered with.
 */
export const effectiveParameters = (parameters: RiskParameters, venues: Iterable<Venue>): RiskParameters => {
  const named = new Map(parameters.venues.map((entry) => [entry.venue, entry]));
  const places = [...venues].map((venue) => {
    const figures = named.get(venue.id) ?? registered(venue, parameters.otherVenues.transferHours);
    return { ...figures, venue: venueLocation(venue.id) };
  });
  return { ...parameters, venues: [...places, { ...POOLS, venue: POOLS_LOCATION }] };
};

const registered = (venue: Venue, transferHours: number): VenueParameters => ({
  defaultProbability: Math.min(PD_MAX, shareOf(venue.defaultProbabilityPpm)),
  lossGivenDefault: shareOf(venue.lossGivenDefaultPpm),
  requirementFraction: shareOf(venue.requirementPpm),
  transferableShare: shareOf(venue.transferablePpm),
  transferHours,
});
