/** Bounds of the clients' edge. */
export const LIMITS = {
  /** A call's timestamp may be this far from the gateway's clock, either way. */
  recvWindowMs: 30_000,
  nonceMinLength: 8,
  nonceMaxLength: 64,
  keyIdMaxLength: 64,
  signatureMaxLength: 256,
  /** Nonces remembered, per key and in all: beyond it the key, or everybody, has to wait. */
  noncesPerKeyMax: 50_000,
  noncesMax: 2_000_000,
  /** Keys kept; a kept key is asked for again after the time to live. */
  cachedKeysMax: 10_000,
  cachedKeyTtlMs: 2_000,
  /** Clients whose accounts, and orders and liquidations whose owner, are kept. */
  cachedClientsMax: 10_000,
  cachedOwnersMax: 200_000,
  /** Keys and clients whose calls are counted. */
  bucketsMax: 50_000,
  /** Connections open at once: in this process, and from one address. */
  connectionsMax: 8_192,
  connectionsPerAddressMax: 512,
  /** A connection that says nothing for so long after it was opened is cut. */
  silentMaxMs: 10_000,
  /** Requests of HTTP/1.1 under way at once on one connection; who sends more ahead is cut. */
  pipelinedMax: 16,
  /** Header lines of one request of HTTP/1.1: how many, and their bytes before anything reads them. */
  headerLinesMax: 100,
  headerBytesMax: 32_768,
  /** A connection of HTTP/1.1 without a request. */
  keepAliveMs: 60_000,
  /** Bodies of HTTP requests that are being read: all of them together. */
  bodyBytesMax: 67_108_864,
  /** Calls under way at once: in this process, and of one client, waiting ones included. */
  callsInFlightMax: 2_000,
  callsPerClientMax: 200,
  /**
   * Whoever was sent away with a time to wait and is sent away again within `patienceMs` gets the answer so
   * much later; so many answers wait at most.
   */
  patienceMs: 1_000,
  heldBackMs: 250,
  heldBackMax: 2_000,
  /** Streams open at once: of one client, and in this process. */
  streamsPerClientMax: 32,
  streamsMax: 2_000,
  accountsPerStreamMax: 1_000,
  accountsPerMessageMax: 500,
  /** Margin changes and fills kept for streams that go on after a pause. */
  feedEntriesMax: 65_536,
  /** Pause before a log that is away is asked again. */
  feedRetryMs: 500,
  /** Events that a stream reads from the log to catch up before it is told to begin anew. */
  catchUpEventsMax: 200_000n,
  catchUpBatchMax: 2_000,
  /** Questions that a snapshot asks at once. */
  snapshotQueriesMax: 16,
  heartbeatMs: 5_000,
  /** A reader that takes nothing for so long is cut. */
  slowReaderMs: 5_000,
  streamMaxMs: 3_600_000,
  /** How often an open stream's key is looked at again. */
  streamKeyCheckMs: 2_000,
  secretMinBytes: 32,
  secretMaxBytes: 128,
} as const;
