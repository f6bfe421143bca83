import type { Logger } from '@plinth/runtime';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Most attempts in a row of a periodic task before the broker stops: what fails that often needs a person.
 */
const FAILURES_MAX = 100;

/** The things that go on in a running broker, stopped together. */
export class Loops {
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly #failed = Promise.withResolvers<never>();

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects with what a loop could not go on from. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Something that runs until it is told to stop. */
  run(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#stop;
    const running = task(signal).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#logger.fatal({ loop: name, err: error }, 'stopped');
      this.#failed.reject(error);
    });
    this.#running.push(running);
  }

  /**
   * Something that is done again and again, with a pause after each time; a failure is told and tried again.
   */
  every(name: string, pauseMs: number, task: (signal: AbortSignal) => Promise<unknown>): void {
    this.run(name, async (signal) => {
      for (let failures = 0; !signal.aborted;) {
        try {
          await task(signal);
          failures = 0;
        } catch (error) {
          failures += 1;
          this.#logger.warn({ loop: name, failures, err: error }, 'failed, will be tried again');
          if (failures >= FAILURES_MAX) throw error;
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }
}
