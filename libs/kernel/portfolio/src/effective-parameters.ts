import {
  POOLS_LOCATION,
  RiskModel,
  type RiskParameters,
  type VenueParameters,
  type VenueRule,
} from '@plinth/margin';
import { venueLocation, type Venue } from '@plinth/market';
import type { ReferenceView } from '@plinth/views';
import type { ParametersView } from './cell-parameters.ts';
import type { Lines } from './lines.ts';
import type { RulebooksView } from './rulebooks-view.ts';

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
 * venue, else those that it was registered with; and with the rulebook that it asks margin by, if it has one.
 */
export const effectiveParameters = (
  parameters: RiskParameters,
  venues: Iterable<Venue>,
  ruleOf: (rulebook: string) => VenueRule | undefined = () => undefined,
): RiskParameters => {
  const named = new Map(parameters.venues.map((entry) => [entry.venue, entry]));
  const places = [...venues].map((venue) => {
    const figures = named.get(venue.id) ?? registered(venue, parameters.otherVenues.transferHours);
    const rule = ruleOf(venue.rulebook);
    return { ...figures, venue: venueLocation(venue.id), ...(rule === undefined ? {} : { rule }) };
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

type Sources = Readonly<{
  parameters: ParametersView;
  reference: ReferenceView;
  rulebooks: RulebooksView;
  lines: Lines;
}>;

/** The parameters in force applied to the cell's lines; undefined before the first are set. */
export const riskModelOf = ({ parameters, reference, rulebooks, lines }: Sources): RiskModel | undefined => {
  if (parameters.current === undefined) return undefined;
  const { margin } = parameters.current;
  const effective = effectiveParameters(margin, reference.venues.values(), rulebooks.ruleOf);
  return new RiskModel(effective, lines.catalogue, lines.market);
};
