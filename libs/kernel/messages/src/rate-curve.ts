import { RateCurve } from './gen/plinth/interest/v1/events.ts';

const NOTHING: RateCurve = RateCurve.fromJSON({});

/** A curve with the fields that its kind has; all others are empty. */
export const rateCurve = (terms: Readonly<Partial<RateCurve>> & Readonly<{ kind: string }>): RateCurve => ({
  ...NOTHING,
  ...terms,
});
