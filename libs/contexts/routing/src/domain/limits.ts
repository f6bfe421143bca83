/** Bounds of routing's own maps, lists and texts. */
export const LIMITS = {
  /** Venues that one split looks at. */
  venuesPerSplitMax: 100,
  /** Levels asked of one side of a book. */
  bookDepth: 200,
  levelsPerVenueMax: 5_000,
  /**
   * Venues with a fixed cost or a binding minimum for which every subset is tried; above it they are
   * dropped greedily.
   */
  enumeratedVenuesMax: 8,
  /** Rounds in which unequal lots are exchanged between venues. */
  exchangeRoundsMax: 4,
  /** How often what IOC children left over is split again. */
  splitsMax: 4,
  fillsPerOrderMax: 5_000,
  childrenPerOrderMax: 400,
  reportsPerBatchMax: 500,
  /** Leaves room in the 64 characters of a client order id for `.{child}`. */
  orderIdCharsMax: 56,
  /** Leaves room for `.{leg}.{child}`. */
  bundleIdCharsMax: 52,
  reasonCharsMax: 200,
  openOrdersMax: 1_000_000,
  /** Closed orders kept for queries; the oldest make room. The log keeps them all. */
  closedOrdersMax: 100_000,
  /** Books in one observation of a venue's depth. */
  booksPerObservationMax: 100,
  pageSizeMax: 500,
  pageSizeDefault: 100,
  /** Attempts to read a book before its venue counts as down. */
  bookReadsMax: 3,
  /** Calls in a row without an answer after which a venue is taken down. */
  failuresMax: 3,
} as const;

/** How coarsely, how often and for how long the depth of books is recorded. */
export const DEPTH = {
  /** Costs at which it is recorded, parts per million of the middle, the taker's fee included; rising. */
  costsPpm: [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000],
  /** Recorded anew when what is taken within some cost changed by more than this share of the larger. */
  changeShare: 0.25,
  /** A book is not recorded again sooner than this. */
  leastMs: 10_000,
  /** It is recorded again after this though it did not change. */
  refreshMs: 5 * 60_000,
  /** Nobody counts on a record that is older. */
  goodMs: 10 * 60_000,
} as const;
