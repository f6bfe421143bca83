/** An option at a venue, as its rulebook sees it. Prices in USD, size in units, short negative. */
export type VenueOption = Readonly<{
  secondsToExpiry: number;
  strike: number;
  isCall: boolean;
  size: number;
  forward: number;
  volatility: number;
}>;

/** All contracts on one underlying at one venue: the perpetuals and futures net, the options one by one. */
export type VenueContracts = Readonly<{
  underlying: string;
  /** USD. */
  price: number;
  size: number;
  options: readonly VenueOption[];
}>;

/** What a venue's own rulebook asks of the contracts that stand there. */
export type VenueRule = Readonly<{
  name: string;
  /** Kinds that it margins besides linear perpetuals and futures; what it does not is asked a flat share. */
  margins: Readonly<{ inverse: boolean; options: boolean }>;
  /**
   * Maintenance margin of the net position of perpetuals and futures in one underlying, as a share of its
   * notional. `size` in units of the underlying, signed, not 0; `price` in USD. From 0 to 1. Undefined for an
   * underlying that the rulebook does not margin.
   */
  maintenanceShare: (underlying: string, size: number, price: number) => number | undefined;
  /**
   * Maintenance margin, USD, of contracts among which are options, judged in full; the value of the options
   * is not part of it. Undefined where the rulebook refuses them.
   */
  maintenanceOf: (contracts: VenueContracts) => number | undefined;
}>;
