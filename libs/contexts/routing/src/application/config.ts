import type { VenueAdapter } from '@plinth/market';

/** What the composition root decides for routing. */
export type RoutingConfig = Readonly<{
  /** One adapter per venue; a venue without one answers nothing and is taken down. */
  adapters: ReadonlyMap<string, VenueAdapter>;
  /** Deadline of one call to a venue. */
  venueTimeoutMs: number;
  controls: PreTradeLimits;
}>;

/** Pre-trade limits of the house, beside what venues and risk demand. */
export type PreTradeLimits = Readonly<{
  /** Furthest that an order may trade through the mark, parts per million of it. */
  collarPpm: number;
  /** Largest order, USD at the mark. */
  notionalMaxUsd: number;
  /** Largest order, units of the instrument. */
  quantityMax: number;
}>;

export const DEFAULT_CONTROLS: PreTradeLimits = {
  collarPpm: 100_000,
  notionalMaxUsd: 250_000_000,
  quantityMax: 1_000_000_000,
};

export const DEFAULT_VENUE_TIMEOUT_MS = 2_000;
