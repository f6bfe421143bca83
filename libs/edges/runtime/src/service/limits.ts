/** Bounds of the service host. */
export const LIMITS = {
  /** Deciders' states kept in memory per service; the oldest are read again from the log when needed. */
  cachedStreamsMax: 250_000,
  /** Events read at once when a stream or the log is folded. */
  readBatchMax: 5_000,
  /** How often a decision is taken anew after another writer was first. */
  conflictRetriesMax: 20,
  /** Streams that one command or reaction may touch. */
  streamsPerAppendMax: 4_096,
  /** Effects under way at once in the background; beyond it the reactor waits. */
  effectsInFlightMax: 256,
  /** Positions a leader may be ahead of its stored checkpoint when nothing had to be appended. */
  checkpointEvery: 5_000n,
  requestIdMaxLength: 64,
} as const;
