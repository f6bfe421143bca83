/** One thing that a relay publishes from the log. */
export interface Publication {
  readonly name: string;
  /** Everything up to here has been published, and acknowledged by every replica in sync. */
  readonly position: bigint;
  /**
   * Finds its place in the topic's own end and publishes from there while `isLeading`. Rejects when Kafka
   * fails; then it is run again, and finds its place again.
   */
  run(isLeading: () => boolean, signal: AbortSignal): Promise<void>;
}
