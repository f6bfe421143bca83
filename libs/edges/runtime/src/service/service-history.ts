import {
  reject,
  Retryable,
  type AnyService,
  type Envelope,
  type EventLog,
  type FoundPlace,
  type LogHistory,
  type LogPlace,
  type Rejection,
  type SnapshotStore,
} from '@plinth/eventing';
import { assert, toSafeInteger } from '@plinth/money';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { LIMITS } from './limits.ts';
import { foldsOf, PastStates, type Views } from './past-views.ts';
import { Turns } from './turns.ts';

export type HistoryPorts = Readonly<{ log: EventLog; snapshots?: SnapshotStore }>;

export type HistoryCall = Readonly<{
  name: string;
  request: unknown;
  /** The last event that an answer may rest on. */
  head: bigint;
  signal: AbortSignal;
}>;

/**
 * Answers a service's questions about the past from the log, beside its live folds and never through them:
 * views of their own are folded up to the positions asked for, in slices, from the nearest place where that
 * may begin. What a question may cost is bounded.
 */
export class ServiceHistory {
  readonly #definition: AnyService;
  readonly #ports: HistoryPorts;
  readonly #states: PastStates;
  readonly #turns = new Turns(LIMITS.historiesAtOnce, LIMITS.historiesWaitingMax);
  readonly #eventsMax: number;

  constructor(definition: AnyService, ports: HistoryPorts, eventsMax: number = LIMITS.historyEventsMax) {
    this.#definition = definition;
    this.#ports = ports;
    this.#states = new PastStates(definition, ports.log, ports.snapshots);
    this.#eventsMax = eventsMax;
  }

  has(name: string): boolean {
    return this.#definition.historyQueries?.[name] !== undefined;
  }

  /** @throws Retryable when too many wait already; the signal's reason when it aborts first. */
  async ask({ name, request, head, signal }: HistoryCall): Promise<unknown> {
    const query = this.#definition.historyQueries?.[name];
    assert(query !== undefined, () => `Expected a question about the past, was ${name}`);
    if (!(await this.#turns.take(signal)))
      throw new Retryable('Expected fewer questions about the past at once: wait and ask again');
    try {
      const history = new Reading(this.#ports.log, this.#states, head, this.#eventsMax, signal);
      return await query(request as never, history);
    } catch (error) {
      if (error instanceof TooFar) return error.rejection;
      throw error;
    } finally {
      this.#turns.giveBack();
    }
  }
}

/** Ends a question that would cost more than one may. */
class TooFar extends Error {
  readonly rejection: Rejection;
  constructor(asked: bigint, max: number) {
    super(`Expected at most ${max} events, was ${asked}`);
    this.rejection = reject(
      'HISTORY_TOO_LONG',
      `Expected at most ${max} events to fold from the nearest snapshot and to read, was ${asked}: ask for ` +
        'nearer places, or ask the log itself (`plinth explain … --data` or `--database`)',
    );
  }
}

/** The past as one question reads it. */
class Reading implements LogHistory<Views> {
  readonly #log: EventLog;
  readonly #states: PastStates;
  readonly #head: bigint;
  readonly #eventsMax: number;
  readonly #signal: AbortSignal;
  #spent = 0n;

  constructor(log: EventLog, states: PastStates, head: bigint, eventsMax: number, signal: AbortSignal) {
    this.#log = log;
    this.#states = states;
    this.#head = head;
    this.#eventsMax = eventsMax;
    this.#signal = signal;
  }

  async find(field: string, place: LogPlace | undefined): Promise<FoundPlace | Rejection> {
    const head = await this.#timeOf(this.#head);
    if (head === undefined) return wrongPlace(field, 'a log with events', 'none');
    if (place === undefined) return { position: this.#head, atMs: head };
    if ('position' in place) {
      const atMs = place.position > this.#head ? undefined : await this.#timeOf(place.position);
      if (atMs !== undefined) return { position: place.position, atMs };
      return wrongPlace(field, `a position from 1 to ${this.#head}`, String(place.position));
    }
    const [first] = await this.#log.read(0n, 1);
    const found = place.atMs > head ? undefined : await this.#before(place.atMs);
    const atMs = found === undefined ? undefined : await this.#timeOf(found);
    if (found !== undefined && atMs !== undefined) return { position: found, atMs };
    const bounds = `a time from ${iso(first?.occurredAt ?? head)} to ${iso(head)}`;
    return wrongPlace(field, bounds, iso(place.atMs));
  }

  async #timeOf(position: bigint): Promise<number | undefined> {
    if (position < 1n) return undefined;
    const [event] = await this.#log.read(position - 1n, 1);
    return event?.occurredAt;
  }

  /**
   * Times are almost, not strictly, in the log's order. The place is searched bit by bit of the position, so
   * that it stays the same while the log grows.
   */
  async #before(atMs: number): Promise<bigint | undefined> {
    let found = 0n;
    let bit = 1n;
    while (bit << 1n <= this.#head) bit <<= 1n;
    for (; bit > 0n; bit >>= 1n) {
      const next = found | bit;
      if (next > this.#head) continue;
      const at = await this.#timeOf(next);
      if (at !== undefined && at <= atMs) found = next;
    }
    return found === 0n ? undefined : found;
  }

  async at(place: FoundPlace): Promise<Views> {
    const kept = this.#states.kept(place.position);
    if (kept !== undefined) return kept;
    const { position, views } = await this.#states.before(place.position);
    const folds = foldsOf(views);
    for await (const event of this.#events(position, place.position))
      for (const fold of folds) fold.apply(event);
    this.#states.keep({ position: place.position, views });
    return views;
  }

  between(from: FoundPlace, to: FoundPlace): AsyncIterable<Envelope> {
    return this.#events(from.position, to.position);
  }

  async *#events(after: bigint, upTo: bigint): AsyncGenerator<Envelope> {
    this.#spent += upTo - after;
    if (this.#spent > this.#eventsMax) throw new TooFar(this.#spent, this.#eventsMax);
    for (let last = after; last < upTo;) {
      this.#signal.throwIfAborted();
      const left = upTo - last;
      const limit = left < BigInt(LIMITS.historyBatch) ? toSafeInteger(left) : LIMITS.historyBatch;
      const events = await this.#log.read(last, limit);
      assert(events.length > 0, () => `Expected the log to reach position ${upTo}`);
      let sliceEnds = performance.now() + LIMITS.historySliceMs;
      for (const event of events) {
        yield event;
        last = event.position;
        if (performance.now() < sliceEnds) continue;
        await othersTurn();
        sliceEnds = performance.now() + LIMITS.historySliceMs;
      }
      await othersTurn();
    }
  }
}

const iso = (atMs: number): string => new Date(atMs).toISOString();

const wrongPlace = (field: string, expected: string, was: string): Rejection =>
  reject('INVALID', `${field}: Expected ${expected}, was ${was}`, { field, reason: 'invalid' });
