import { Overloaded, OutcomeUnknown, Retryable } from '@plinth/eventing';
import type { AppendResult } from '@plinth/eventing';
import type { PreparedAppend } from './append-batch.ts';
import * as limits from './limits.ts';
import { isDataError } from './pg-errors.ts';

/** Sends one batch as one transaction. Rejects with what every request of the batch is to be told. */
export type SendBatch = (batch: readonly PreparedAppend[]) => Promise<readonly (AppendResult | Error)[]>;

/**
 * What a commit costs on this server. A sample also holds the time that this process was too busy to take
 * the answer, so the estimate follows low samples at once and high ones slowly.
 */
export class Pace {
  commitMs = 0;

  sample(ms: number): void {
    this.commitMs = ms < this.commitMs ? Math.max(ms, 0) : this.commitMs + (ms - this.commitMs) * 0.05;
  }
}

type Waiting = Readonly<{
  prepared: PreparedAppend;
  resolve: (result: AppendResult) => void;
  reject: (error: Error) => void;
}>;

/**
 * Group commit: while the server works, what arrives waits, and goes together in the next call. Each lane
 * sends one batch at a time. A request that shares a stream, an id, a key or a consumer with one before it in
 * the batch waits for the next batch, and so do those behind it that share with the waiting one: nobody
 * overtakes on his own stream.
 *
 * What services append of themselves goes before the commands of clients, and finds room when those find
 * none: however many clients come, a margin call or a liquidation waits for one batch at the most.
 */
export class AppendQueue {
  readonly #lanes: SendBatch[];
  readonly #laneCount: number;
  readonly #onAppended: (last: bigint) => void;
  readonly #pace: Pace;
  #inFlight = 0;
  /** Services' own first, then clients' commands, each in order of arrival. */
  #waiting: Waiting[] = [];
  #ownCount = 0;
  #waitingBytes = 0;
  #isPumpScheduled = false;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(lanes: readonly SendBatch[], onAppended: (last: bigint) => void, pace: Pace = new Pace()) {
    this.#lanes = [...lanes];
    this.#laneCount = lanes.length;
    this.#onAppended = onAppended;
    this.#pace = pace;
  }

  add(prepared: PreparedAppend): Promise<AppendResult> {
    if (this.#isClosed) return Promise.reject(new Retryable('the log is closed'));
    const isOwn = prepared.request.command === undefined;
    if (this.#isFull(prepared.bytes, isOwn ? limits.RESERVE : 1))
      return Promise.reject(new Overloaded(`overloaded: ${this.#waiting.length} appends are waiting`));
    return new Promise((resolve, reject) => {
      const one = { prepared, resolve, reject };
      if (isOwn) this.#waiting.splice(this.#ownCount++, 0, one);
      else this.#waiting.push(one);
      this.#waitingBytes += prepared.bytes;
      this.#schedulePump();
    });
  }

  #isFull(bytes: number, share: number): boolean {
    const { length } = this.#waiting;
    if (length >= share * limits.MAX_QUEUED_APPENDS) return true;
    return length > 0 && this.#waitingBytes + bytes > share * limits.MAX_QUEUED_BYTES;
  }

  /** Requests that wait for the batch under way. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes no more requests; resolves when those that were taken are answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  #isIdle(): boolean {
    return this.#waiting.length === 0 && this.#lanes.length === this.#laneCount;
  }

  /**
   * Later in the same turn of the loop, so that callers who were answered together are sent together again.
   */
  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    setImmediate(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#lanes.length > 0 && this.#waiting.length > 0) {
      const isIdle = this.#lanes.length === this.#laneCount;
      const isShared = this.#isWorthSharing();
      // Beside a batch in flight a few requests wait for the next one: a transaction of their own would
      // cost more.
      if (!isIdle && !(isShared && this.#waiting.length >= SHARED_FROM / 2)) return;
      // With every lane free a large queue is shared among them, so that they overlap from then on.
      const share =
        isIdle && isShared ? Math.ceil(this.#waiting.length / this.#laneCount) : this.#waiting.length;
      const lane = this.#lanes.pop();
      if (lane === undefined) return;
      void this.#run(lane, this.#take(Math.min(share, limits.MAX_BATCH_APPENDS)));
    }
  }

  /**
   * Commits of two lanes follow each other; what overlaps is the server's work with this process's own. A
   * second transaction pays when its commit takes less than this process needs to get the next requests
   * ready.
   */
  #isWorthSharing(): boolean {
    const outstanding = this.#waiting.length + this.#inFlight;
    return outstanding >= SHARED_FROM && this.#pace.commitMs < outstanding * TURNAROUND_MS;
  }

  #take(most: number): readonly Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const claimed = new Set<string>();
    let [events, bytes] = [0, 0];
    let i = 0;
    for (; i < this.#waiting.length; i += 1) {
      const one = this.#waiting[i];
      if (one === undefined) break;
      const { payloads, bytes: own, claims } = one.prepared;
      const isFull =
        events + payloads.length > limits.MAX_BATCH_EVENTS || bytes + own > limits.MAX_BATCH_BYTES;
      if (batch.length >= most || (batch.length > 0 && isFull)) break;
      if (claims.some((claim) => claimed.has(claim))) left.push(one);
      else {
        batch.push(one);
        events += payloads.length;
        bytes += own;
      }
      for (const claim of claims) claimed.add(claim);
    }
    this.#waiting = left.length === 0 ? this.#waiting.slice(i) : [...left, ...this.#waiting.slice(i)];
    for (const { prepared } of batch) if (prepared.request.command === undefined) this.#ownCount -= 1;
    this.#waitingBytes -= bytes;
    return batch;
  }

  async #run(lane: SendBatch, batch: readonly Waiting[]): Promise<void> {
    this.#inFlight += batch.length;
    try {
      await this.#send(lane, batch);
    } finally {
      this.#inFlight -= batch.length;
      this.#lanes.push(lane);
      if (this.#waiting.length > 0) this.#schedulePump();
      else if (this.#isIdle()) this.#onIdle?.();
    }
  }

  async #send(lane: SendBatch, batch: readonly Waiting[]): Promise<void> {
    let results: readonly (AppendResult | Error)[];
    try {
      results = await lane(batch.map(({ prepared }) => prepared));
    } catch (error) {
      const failure = error instanceof Error ? error : new OutcomeUnknown(String(error));
      // The server has rolled the whole batch back because of one of its requests: each is tried alone.
      if (batch.length > 1 && isDataError(failure.cause)) {
        for (const one of batch) await this.#send(lane, [one]);
      } else for (const { reject } of batch) reject(failure);
      return;
    }
    let last: bigint | undefined;
    batch.forEach(({ resolve, reject }, i) => {
      const result = results[i] ?? new OutcomeUnknown('the append function did not answer for this request');
      if (result instanceof Error) return reject(result);
      if (result.status === 'appended' && (last === undefined || result.last > last)) last = result.last;
      resolve(result);
    });
    if (last !== undefined) this.#onAppended(last);
  }
}

/** From this many waiting requests on, a second connection is worth its transaction. */
const SHARED_FROM = 64;

/** What this process needs per request between an answer and the next request, measured on one core. */
const TURNAROUND_MS = 0.012;
