/**
 * What a venue's own rulebook asks of perpetuals and linear futures that stand there: the maintenance margin
 * of the net position in one underlying, as a share of its notional.
 */
export type VenueRule = Readonly<{
  name: string;
  /**
   * `size` in units of the underlying, signed, not 0; `price` in USD. From 0 to 1. Undefined for an
   * underlying that the rulebook does not margin.
   */
  maintenanceShare: (underlying: string, size: number, price: number) => number | undefined;
}>;
