import { AssertionError } from '@plinth/money';
import type { AnyDecider, EventLog, NewEvent, StreamId } from '@plinth/eventing';
import { LIMITS } from './limits.ts';

/** `isStale`: right at its version, but others have appended since, or may have. */
type Cached = { decider: AnyDecider; state: unknown; version: number; isStale?: boolean };

/** A state as a snapshot has it: the decider that can read it says so by its revision. */
type Base = Readonly<{ revision: number; version: number; plain: unknown }>;

export type StreamState = Readonly<{ state: unknown; version: number }>;

/**
 * Deciders' states by stream, written through after each append and validated by the expected version: a
 * stale entry costs a conflict and a read of what came after it, never a wrong decision.
 */
export class StreamStates {
  readonly #log: EventLog;
  readonly #cache = new Map<StreamId, Cached>();
  /** States of long streams to read on from, when there is nothing newer in the cache. */
  readonly #bases = new Map<StreamId, Base>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** True when something of the stream is known here. */
  has(stream: StreamId): boolean {
    return this.#cache.has(stream) || this.#bases.has(stream);
  }

  async load(stream: StreamId, decider: AnyDecider): Promise<StreamState> {
    const cached = this.#cache.get(stream);
    if (cached !== undefined) {
      if (cached.decider !== decider) throw new AssertionError(`Expected one decider for ${stream}, was two`);
      if (cached.isStale !== true) return cached;
    }
    const { state, version } = cached ?? this.#baseOf(stream, decider);
    const fresh: Cached = { decider, state, version };
    for (;;) {
      const events = await this.#log.readStream(stream, fresh.version, LIMITS.readBatchMax);
      for (const event of events) fresh.state = decider.evolve(fresh.state, event);
      fresh.version += events.length;
      if (events.length < LIMITS.readBatchMax) break;
    }
    this.#put(stream, fresh);
    return fresh;
  }

  /**
   * Reads on several streams at once, where more than one is not known: a tick may concern hundreds of them,
   * and each would be a round trip. What is left to read of a long one `load` reads.
   */
  async prepare(wanted: Iterable<Readonly<{ stream: StreamId; decider: AnyDecider }>>): Promise<void> {
    const missing = new Map<StreamId, Cached>();
    for (const { stream, decider } of wanted) {
      const cached = this.#cache.get(stream);
      if (missing.has(stream) || (cached !== undefined && cached.isStale !== true)) continue;
      if (cached !== undefined && cached.decider !== decider) continue;
      const { state, version } = cached ?? this.#baseOf(stream, decider);
      missing.set(stream, { decider, state, version, isStale: false });
    }
    if (missing.size < 2) return;
    const streams = [...missing];
    for (let from = 0; from < streams.length; from += LIMITS.streamsPerReadMax)
      await this.#readOn(new Map(streams.slice(from, from + LIMITS.streamsPerReadMax)));
  }

  async #readOn(streams: ReadonlyMap<StreamId, Cached>): Promise<void> {
    const after = new Map([...streams].map(([stream, { version }]) => [stream, version] as const));
    const events = await this.#log.readStreams(after, LIMITS.eventsPerStreamRead);
    for (const event of events) {
      const entry = streams.get(event.stream);
      if (entry === undefined) throw new AssertionError(`Expected a stream asked for, was ${event.stream}`);
      entry.state = entry.decider.evolve(entry.state, event);
      entry.version = event.version;
    }
    for (const [stream, entry] of streams) {
      // Others may have been faster meanwhile.
      if ((this.#cache.get(stream)?.version ?? -1) > entry.version) continue;
      const isMore = entry.version - (after.get(stream) ?? 0) >= LIMITS.eventsPerStreamRead;
      this.#put(stream, isMore ? { ...entry, isStale: true } : entry);
    }
  }

  /** After a successful append: the state that the decision computed. */
  advance(
    stream: StreamId,
    decider: AnyDecider,
    before: number,
    events: readonly NewEvent[],
    state: unknown,
  ): void {
    const cached = this.#cache.get(stream);
    if (cached !== undefined && cached.version !== before) {
      cached.isStale = true;
      return;
    }
    this.#put(stream, { decider, state, version: before + events.length });
  }

  /**
   * The folds have seen a stream at this version. A state older than the folds is read on: a refusal, or a
   * decision to do nothing, appends nothing that the expected version could correct.
   */
  seen(stream: StreamId, version: number): void {
    const cached = this.#cache.get(stream);
    if (cached !== undefined && cached.version < version) cached.isStale = true;
  }

  clear(): void {
    this.#cache.clear();
  }

  /**
   * States of long streams whose deciders can keep them. Each is the state at a version, whatever came after
   * it: it may be ahead of the folds or behind them.
   */
  dump(): ReadonlyMap<StreamId, Base> {
    const kept = new Map<StreamId, Base>();
    for (const [stream, { decider, state, version }] of [...this.#cache].reverse()) {
      if (kept.size >= LIMITS.longStreamsMax) break;
      if (decider.snapshot === undefined || version < LIMITS.longStreamMin) continue;
      const { revision, dump } = decider.snapshot;
      kept.set(stream, { revision, version, plain: dump(state) });
    }
    for (const [stream, base] of this.#bases) {
      if (kept.size >= LIMITS.longStreamsMax) break;
      if (!kept.has(stream)) kept.set(stream, base);
    }
    return kept;
  }

  restore(bases: ReadonlyMap<StreamId, Base>): void {
    this.#bases.clear();
    for (const [stream, base] of bases) this.#bases.set(stream, base);
  }

  #baseOf(stream: StreamId, decider: AnyDecider): Cached {
    const base = this.#bases.get(stream);
    if (base === undefined || base.revision !== decider.snapshot?.revision)
      return { decider, state: decider.initialState(), version: 0 };
    return { decider, state: decider.snapshot.load(base.plain as never), version: base.version };
  }

  /** What is known of these streams may have been overtaken: it is read on when it is needed next. */
  doubt(streams: Iterable<StreamId>): void {
    for (const stream of streams) {
      const cached = this.#cache.get(stream);
      if (cached !== undefined) cached.isStale = true;
    }
  }

  #put(stream: StreamId, entry: Cached): void {
    this.#cache.delete(stream);
    this.#cache.set(stream, entry);
    if (this.#cache.size <= LIMITS.cachedStreamsMax) return;
    const oldest = this.#cache.keys().next().value;
    if (oldest !== undefined) this.#cache.delete(oldest);
  }
}
