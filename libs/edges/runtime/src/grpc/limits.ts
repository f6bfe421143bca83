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
  /** The same between services, where a process that is frozen must not hold its callers for long. */
  innerKeepaliveTimeMs: 5_000,
  innerKeepaliveTimeoutMs: 3_000,
  /** Whoever takes a connection has to say something within this time, or it is made anew. */
  connectMs: 5_000,
  connectionIdleMaxMs: 600_000,
  /**
   * A connection is asked to end at this age, so that callers spread over new replicas and certificates that
   * were replaced go out of use; calls that are under way then have the grace.
   */
  connectionAgeMaxMs: 3_600_000,
  connectionAgeGraceMs: 60_000,
  /** Memory that one connection may hold in its streams and header tables, megabytes. */
  sessionMemoryMb: 64,
  /** A request has to be there whole so long after its headers. */
  requestMaxMs: 10_000,
  /** How often files of certificates are looked at. */
  certificatesEveryMs: 1_000,
  /** Bytes of all error details together: they travel as metadata. */
  statusBytesMax: 6_144,
  statusTextMax: 1_024,
  /** Requests on one reflection stream. */
  reflectionRequestsMax: 1_000,
} as const;
