import type { Catalogue } from './catalogue.ts';
import type { RiskParameters } from './parameters.ts';
import type { VenueRule } from './venue-rule.ts';

/** Per location, by index: what standing there risks, requires and takes to move. */
export class PlaceArrays {
  isVenue = new Uint8Array(0);
  /** PD × LGD. */
  credit = new Float64Array(0);
  /** The venue's own requirement as a fraction of gross notional. */
  requirement = new Float64Array(0);
  /** Share of what stands in excess there that arrives elsewhere within the coverage horizon. */
  transferable = new Float64Array(0);
  /** The rulebook that the venue asks margin by; undefined where it is the flat share. */
  rules: (VenueRule | undefined)[] = [];
  hasRules = false;

  resolve(catalogue: Catalogue, parameters: RiskParameters): void {
    const count = catalogue.locations.size;
    this.isVenue = new Uint8Array(count);
    this.credit = new Float64Array(count);
    this.requirement = new Float64Array(count);
    this.transferable = new Float64Array(count);
    this.rules = new Array<VenueRule | undefined>(count).fill(undefined);
    const own = new Map(parameters.venues.map((venue) => [venue.venue, venue]));
    const horizon = parameters.coverage.horizonHours;
    catalogue.locationSpecs.forEach(({ id, kind }, l) => {
      const venue = own.get(id) ?? parameters.otherVenues;
      const transfer = kind === 'venue' ? venue : parameters.custody;
      // The share that arrives falls in a straight line with the time it needs: late cash covers nothing.
      this.transferable[l] = transfer.transferableShare * Math.max(0, 1 - transfer.transferHours / horizon);
      if (kind === 'custody') return;
      this.isVenue[l] = 1;
      this.credit[l] = venue.defaultProbability * venue.lossGivenDefault;
      this.requirement[l] = venue.requirementFraction;
      this.rules[l] = venue.rule;
    });
    this.hasRules = this.rules.some((rule) => rule !== undefined);
  }
}
