/** A venue that asks for a fixed share of gross notional. */
export const FLAT_RULEBOOK = 'flat';

/** What a venue may ask margin by. All but the first are rulebooks of the margin library. */
export const VENUE_RULEBOOKS: readonly string[] = [
  FLAT_RULEBOOK,
  'derive-pmrm2',
  'derive-standard',
  'dydx',
  'drift',
  'mango',
  'paradex',
  'okx',
  'deribit',
];
