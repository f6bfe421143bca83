import type { LeaderLock } from '@plinth/eventing';
import { AssertionError } from '@plinth/money';
import { HistoryForked } from '../audit/history-forked.ts';
import { pause } from '../transport/pause.ts';
import { countTakeover } from '../telemetry/instruments.ts';
import type { Publication } from './publication.ts';
import { countRetry } from './relay-instruments.ts';

export type RelayPorts = Readonly<{
  lock: LeaderLock;
  publications: readonly Publication[];
  /** Told of a failure after which a publication tries again. */
  onFailure: (publication: string, error: unknown) => void;
  /** Told when this relay begins to publish, and when it no longer does. */
  onLeading?: (isLeading: boolean) => void;
  retryMs?: number;
}>;

const RETRY_MS = 250;
const RETRY_MAX_MS = 5_000;

/**
 * Publishes from the log while it leads; a standby waits for the lock. Two relays for a moment are harmless:
 * both publish the same records, and what comes twice is dropped.
 */
export class Relay {
  readonly #ports: RelayPorts;
  readonly #failing = new Set<string>();
  #isLeading = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(ports: RelayPorts) {
    this.#ports = ports;
  }

  get isLeading(): boolean {
    return this.#isLeading;
  }

  /** Publications whose last attempt failed. */
  get failing(): readonly string[] {
    return [...this.#failing].sort();
  }

  /** Resolves when a run has ended, however it did. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Runs until the signal aborts; rejects when a history has forked or something is not as it must be. */
  run(signal: AbortSignal): Promise<void> {
    const running = this.#run(signal);
    this.#ended = running.catch(() => undefined);
    return running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { lock, publications } = this.#ports;
    while (!signal.aborted) {
      await lock.acquire(signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      if (signal.aborted) return;
      this.#setLeading(true);
      countTakeover({ service: 'relay' });
      const stop = new AbortController();
      const both = AbortSignal.any([signal, stop.signal]);
      const running = publications.map((publication) => this.#publish(publication, both));
      for (const one of running) one.catch(() => stop.abort());
      const results = await Promise.allSettled(running);
      this.#setLeading(false);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }

  #setLeading(isLeading: boolean): void {
    this.#isLeading = isLeading;
    this.#ports.onLeading?.(isLeading);
  }

  async #publish(publication: Publication, signal: AbortSignal): Promise<void> {
    const { lock, onFailure, retryMs = RETRY_MS } = this.#ports;
    const isLeading = (): boolean => lock.isHeld;
    for (let attempt = 0; !signal.aborted && isLeading(); attempt += 1) {
      const { position } = publication;
      try {
        this.#failing.delete(publication.name);
        await publication.run(isLeading, signal);
      } catch (error) {
        if (error instanceof HistoryForked || error instanceof AssertionError) throw error;
        if (signal.aborted) return;
        this.#failing.add(publication.name);
        countRetry({ publication: publication.name });
        onFailure(publication.name, error);
        // What got on is tried again at once, what does not more and more rarely.
        if (publication.position > position) attempt = 0;
        await pause(Math.min(retryMs * 2 ** attempt, RETRY_MAX_MS), signal);
      }
    }
  }
}
