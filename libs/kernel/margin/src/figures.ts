/**
 * The figures of one account, in USD, by place in a `Float64Array`. Values of what is owned are positive,
 * losses, requirements and deductions are positive too: `equity` is what is left of them.
 */
export const FIGURES = [
  /** Σ net assets at mark: balances less debts. */
  'assets',
  /** Σ unrealised profit of positions (value of options), at mark. */
  'unrealised',
  /** Taken off assets that are not shocked. */
  'haircuts',
  /** Taken off shocked assets: expected cost of unwinding them. */
  'collateralConcentration',
  'equity',
  /** max over scenarios of the loss of the whole book; of each group, summed; of each underlying, summed. */
  'scanAll',
  'scanGroup',
  'scanOwn',
  /** The blend of the three. */
  'scan',
  'basis',
  'concentration',
  'venueCredit',
  'coverage',
  'maintenance',
  'initialScanAll',
  'initialScanGroup',
  'initialScanOwn',
  'initialScan',
  'initialCoverage',
  /** Equity at mark less equity at conservative prices. */
  'priceBand',
  'initial',
  /** Σ |notional| of positions. */
  'grossNotional',
  /** What the least for short options is above scenarios and basis. */
  'shortOption',
  /** Basis under initial shocks. */
  'initialBasis',
  /** The least for short options under initial shocks. */
  'initialShortOption',
] as const;
export type Figure = (typeof FIGURES)[number];

export const FIGURE_COUNT = FIGURES.length;

export const ASSETS = 0;
export const UNREALISED = 1;
export const HAIRCUTS = 2;
export const COLLATERAL_CONCENTRATION = 3;
export const EQUITY = 4;
export const SCAN_ALL = 5;
export const SCAN_GROUP = 6;
export const SCAN_OWN = 7;
export const SCAN = 8;
export const BASIS = 9;
export const CONCENTRATION = 10;
export const VENUE_CREDIT = 11;
export const COVERAGE = 12;
export const MAINTENANCE = 13;
export const INITIAL_SCAN_ALL = 14;
export const INITIAL_SCAN_GROUP = 15;
export const INITIAL_SCAN_OWN = 16;
export const INITIAL_SCAN = 17;
export const INITIAL_COVERAGE = 18;
export const PRICE_BAND = 19;
export const INITIAL = 20;
export const GROSS_NOTIONAL = 21;
export const SHORT_OPTION = 22;
export const INITIAL_BASIS = 23;
export const INITIAL_SHORT_OPTION = 24;
