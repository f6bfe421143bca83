import { CorruptLog, type Envelope, type EventLog, type Transport } from '@plinth/eventing';
import { toSafeInteger } from '@plinth/money';
import { pause } from './pause.ts';
import { ReadAhead } from './read-ahead.ts';

export type TailOptions = Readonly<{
  /** Events per batch at the most. */
  batchMax: number;
  /** Longest wait between two looks at the log when no wake-up came. */
  pollMs: number;
}>;

const DEFAULTS: TailOptions = { batchMax: 2_000, pollMs: 1_000 };

/**
 * Follows the log itself: a wake-up after each append, of this process or another one, and a slow poll for
 * hints that were lost.
 */
export class TailTransport implements Transport {
  readonly #log: EventLog;
  readonly #options: TailOptions;

  constructor(log: EventLog, options: Partial<TailOptions> = {}) {
    this.#log = log;
    this.#options = { ...DEFAULTS, ...options };
  }

  async *subscribe(after: bigint, signal: AbortSignal): AsyncIterable<readonly Envelope[]> {
    let last = after;
    const ahead = new ReadAhead<Envelope>((from, limit) => this.#log.read(from, limit));
    let appended = false;
    let wake: (() => void) | undefined;
    const unsubscribe = this.#log.onAppend(() => {
      appended = true;
      wake?.();
    });
    try {
      while (!signal.aborted) {
        appended = false;
        const batch = await this.#read(ahead, last);
        if (batch.length > 0) {
          last = (batch.at(-1) as Envelope).position;
          yield batch;
          continue;
        }
        if (!appended) await pause(this.#options.pollMs, signal, (resolve) => (wake = resolve));
        wake = undefined;
      }
    } finally {
      unsubscribe();
    }
  }

  /** What stands before an event that nobody understands is given before the reader stops at it. */
  async #read(ahead: ReadAhead<Envelope>, last: bigint): Promise<readonly Envelope[]> {
    try {
      return await ahead.read(last, this.#options.batchMax);
    } catch (error) {
      if (!(error instanceof CorruptLog) || error.position <= last + 1n) throw error;
      return this.#log.read(last, toSafeInteger(error.position - last - 1n));
    }
  }
}
