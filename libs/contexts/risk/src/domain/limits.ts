/** Bounds of this context. Reaching one refuses what asks for more; nothing is dropped. */
export const LIMITS = {
  /** Approved orders of one account that are not done yet. */
  reservationsPerAccountMax: 1_000,
  /** Approved withdrawals and transfers of one account that have not left. */
  payoutsPerAccountMax: 1_000,
  /** Accounts judged by one reaction, the worst first; the others are judged by the next round of marks. */
  revaluationsPerReactionMax: 2_000,
  /** What the gate is closed for at once: more than an auditor has invariants. */
  gateCausesMax: 100,
  gateTextCharsMax: 500,
  parametersJsonCharsMax: 200_000,
  pageSizeDefault: 100,
  pageSizeMax: 1_000,
  pageTokenCharsMax: 64,
  hypotheticalOrdersMax: 100,
  hypotheticalTransfersMax: 100,
  hypotheticalMovesMax: 100,
  /** Accounts whose probability of default a list is made of: those nearest to their maintenance margin. */
  watchedMax: 100,
  scenariosMax: 64,
  /** Accounts of the house shown per stress scenario. */
  stressedAccountsDefault: 20,
  stressedAccountsMax: 200,
  /** Accounts of a house whose smallest fatal shock is searched for. */
  reverseStressAccountsMax: 2_000,
} as const;
