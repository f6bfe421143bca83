/**
 * Upper bounds of what one client, account or answer of this context may hold. Beyond them a command is
 * refused.
 */
export const LIMITS = {
  nameMaxLength: 128,
  reasonMaxLength: 256,
  destinationMaxLength: 128,
  chainsPerAssetMax: 32,
  assetScaleMax: 18,
  keysPerClientMax: 200,
  keyNameMaxLength: 31,
  sealedSecretMaxBytes: 512,
  destinationsPerClientMax: 200,
  accountsPerClientMax: 10_000,
  subAccountsPerAccountMax: 100,
  /** Balances (asset, location, sub-account) and positions of one account. */
  balancesPerAccountMax: 10_000,
  positionsPerAccountMax: 10_000,
  /** Withdrawals and transfers that wait for their answer at once. */
  holdsPerAccountMax: 100,
  /** Ids of deposits, withdrawals and transfers that one account may ever use. */
  referencesPerAccountMax: 100_000,
  /** Ids of house fundings of one cell. */
  fundingsMax: 100_000,
  /** Transfers to other cells under way at once, and ended ones that are kept for questions. */
  transfersInFlightMax: 100_000,
  endedTransfersMax: 10_000,
  /** Cells among which a new client is placed. */
  cellsMax: 64,
  /** Latest fill ids per venue (and latest moves) that an account remembers, at least. */
  recentIdsMin: 4_096,
  /** Accounts that one step of a settlement posts to. */
  accountsPerStepMax: 2_000,
  /** Holds that one firing of the timer releases. */
  expiriesPerTimerMax: 1_000,
  /** Journal entries kept for statements, of all accounts together and of one. */
  statementEntriesMax: 200_000,
  statementEntriesPerAccountMax: 5_000,
  /** Fundings whose posting is under way at once. */
  fundingRunsMax: 10_000,
  pageSizeMax: 500,
  pageSizeDefault: 100,
  trialBalancePageMax: 1_000,
} as const;
