/** Bounds of every gRPC edge. */
export const GRPC_LIMITS = {
  messageBytesMax: 1_048_576,
  /** Names and values of a call's metadata together. */
  metadataBytesMax: 16_384,
  /** Calls under way at once on one connection. */
  streamsPerConnectionMax: 256,
  /** A call without a deadline gets this one; a later one is cut to the other. */
  deadlineDefaultMs: 10_000,
  deadlineMaxMs: 60_000,
  /** A silent connection is asked whether it lives, and dropped when it does not answer. */
  keepaliveTimeMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  connectionIdleMaxMs: 600_000,
  /** Bytes of all error details together: they travel as metadata. */
  statusBytesMax: 6_144,
  statusTextMax: 1_024,
  /** Requests on one reflection stream. */
  reflectionRequestsMax: 1_000,
} as const;
