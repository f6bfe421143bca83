/** Upper bounds of the market's own maps and lists; beyond them a listing is refused. */
export const LIMITS = {
  assetsMax: 1_000,
  instrumentsMax: 10_000,
  productsMax: 10_000,
  legsPerProductMax: 8,
  venuesMax: 100,
  listingsPerVenueMax: 2_000,
} as const;
