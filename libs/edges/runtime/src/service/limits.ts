/** Bounds of the service host. */
export const LIMITS = {
  /** Deciders' states kept in memory per service; the oldest are read again from the log when needed. */
  cachedStreamsMax: 250_000,
  /** Events read at once when a stream or the log is folded. */
  readBatchMax: 5_000,
  /** Streams that are read together, and events of each: the rest of a longer one is read by itself. */
  streamsPerReadMax: 500,
  eventsPerStreamRead: 50,
  /** How often a decision is taken anew after another writer was first. */
  conflictRetriesMax: 20,
  /** Commands of one stream that wait for their turn, and commands of all streams under way at once. */
  turnsWaitingMax: 128,
  commandsInFlightMax: 4_096,
  /** Longest pause before a decision is taken anew, milliseconds; the first ones are short. */
  conflictPauseMaxMs: 64,
  /** Streams that one command or reaction may touch. */
  streamsPerAppendMax: 4_096,
  /** Decisions and effects at several events that are recorded together. */
  decisionsPerRunMax: 64,
  eventsPerRunMax: 1_000,
  /** How long intents are decided before others have their turn, milliseconds. */
  decisionSliceMs: 20,
  /** Effects under way at once in the background; beyond it the reactor waits. */
  effectsInFlightMax: 256,
  /** Positions a leader may be ahead of its stored checkpoint when nothing had to be appended. */
  checkpointEvery: 5_000n,
  /** Events between two snapshots of a service, unless it is set otherwise. */
  snapshotEvery: 50_000n,
  /** Events that a service has seen since its last snapshot when it is worth another one at a stop. */
  snapshotAtStop: 1_000n,
  /** A running service rests for so many times as long as its last one took: they cost a twentieth. */
  snapshotRestTimes: 20,
  /** How long a state is written before others have their turn, milliseconds. */
  snapshotSliceMs: 5,
  /** Streams from this length on have their decider's state in the snapshot; and how many of them at most. */
  longStreamMin: 200,
  longStreamsMax: 20_000,
  /** How long a command waits for the views to reach what it must see. */
  catchUpMs: 5_000,
  requestIdMaxLength: 64,
  /** Questions about the past that are worked on at once, and that wait for their turn. */
  historiesAtOnce: 2,
  historiesWaitingMax: 16,
  /** Events that one question about the past may fold and read. */
  historyEventsMax: 200_000,
  /** Events read at once for such a question, and how long it folds before others have their turn. */
  historyBatch: 500,
  historySliceMs: 5,
  /** Past states kept for the next question; the one that was used longest ago goes first. */
  pastStatesMax: 4,
} as const;
