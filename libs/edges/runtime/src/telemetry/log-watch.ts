import type { LogHead } from '@plinth/eventing';
import { observeEpoch, observeHead, observeQueue, observeReachable, observeSize } from './instruments.ts';

/** What is asked of a log to watch it. */
export type WatchedLog = Readonly<{
  head: () => Promise<LogHead>;
  sizeBytes: () => Promise<number>;
  /** Appends that wait. */
  waiting: number;
}>;

/** Readings at the same time share one question. */
const SAME_MS = 500;
const ANSWER_MAX_MS = 2_000;

const within = <T>(work: Promise<T>): Promise<T | undefined> => {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ANSWER_MAX_MS);
  return Promise.race([work.catch(() => undefined), late.promise]).finally(() => clearTimeout(timer));
};

/**
 * The figures of a log. Nothing is asked of the database but when somebody reads them; while it does not
 * answer the last head stands.
 */
export class LogWatch {
  readonly #log: WatchedLog;
  readonly #stops: readonly (() => void)[];
  #asked: Promise<boolean> = Promise.resolve(false);
  #askedAtMs = -Infinity;
  #position = 0n;
  #epoch = 0;

  constructor(log: WatchedLog) {
    this.#log = log;
    this.#stops = [
      observeReachable(async () => [[(await this.#ask()) ? 1 : 0, {}]]),
      observeHead(async () => [[Number(await this.head()), {}]]),
      observeEpoch(async () => ((await this.#ask()) ? [[this.#epoch, {}]] : [])),
      observeSize(async () => [[(await within(log.sizeBytes())) ?? NaN, {}]]),
      observeQueue(() => [[log.waiting, {}]]),
    ];
  }

  /** Position of the last event, as the database says now or said last. */
  async head(): Promise<bigint> {
    await this.#ask();
    return this.#position;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #ask(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#askedAtMs < SAME_MS) return this.#asked;
    this.#askedAtMs = now;
    this.#asked = within(this.#log.head()).then((head) => {
      if (head === undefined) return false;
      this.#position = head.position;
      this.#epoch = head.epoch;
      return true;
    });
    return this.#asked;
  }
}
