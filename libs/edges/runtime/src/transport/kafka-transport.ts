import { catalogueCodec, CorruptLog, Retryable, toEnvelope } from '@plinth/eventing';
import type { Envelope, EventCodec, EventLog, StoredEvent, StoredLog, Transport } from '@plinth/eventing';
import type { Kafka } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { canonicalEvent } from '../audit/canonical-event.ts';
import { HistoryForked } from '../audit/history-forked.ts';
import { countRecords, startCounting, type RecordOutcome } from './counters.ts';
import { KafkaReader } from './kafka-reader.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { chainHash, eventOf, GENESIS, readLogRecord, type LogRecord, type RawRecord } from './log-record.ts';
import { LogSequence } from './log-sequence.ts';
import { pause } from './pause.ts';
import { ReadAhead } from './read-ahead.ts';

export type KafkaTransportOptions = Readonly<{
  kafka: Kafka;
  topic: string;
  /** The truth: read to catch up, to repair, and while Kafka cannot be reached. */
  log: EventLog & StoredLog;
  /** Name of the service, for the group and the figures. */
  service: string;
  codec?: EventCodec;
  /** Events of one batch from the log. */
  batchMax?: number;
  /** How long nothing may come before the log is asked whether there should be something. */
  silenceMs?: number;
  /** Pause between two looks at the log while Kafka cannot be reached. */
  pollMs?: number;
  /** Calls back with the last position of what this process has appended itself; returns the unsubscriber. */
  onOwnAppend?: (listener: (last: bigint) => void) => () => void;
}>;

/** Records before the end that a reader begins with: they show that the topic tells the same history. */
const OVERLAP = 64n;
const BATCH_MAX = 2_000;
const SILENCE_MS = 1_000;
const POLL_MS = 100;
const REOPEN_MS = 1_000;
/** Events that are read to see one's own append sooner; further behind, the topic brings them as fast. */
const OWN_MAX = 500n;

/** What has happened to records since the transport was made. */
export type TransportFigures = Readonly<Record<RecordOutcome, number>>;

/**
 * The backbone. A subscriber catches up from the log, then joins the topic a little behind its head. Neither
 * Kafka nor its client is trusted: what comes twice is dropped, what is missing is read from the log, a
 * silence that the log does not share is a gap too, and another history stops the subscriber. What this
 * process has appended itself is read from the log at once, so that a reaction to it need not go round by the
 * topic.
 */
export class KafkaTransport implements Transport {
  readonly #options: Required<KafkaTransportOptions>;
  readonly #topics: KafkaTopics;
  readonly #ahead: ReadAhead<StoredEvent>;
  readonly #figures = new Map<RecordOutcome, number>();
  /** Where the chain stood when the last subscription ended: the next one begins there. */
  #isJoined = false;
  #known: Readonly<{ position: bigint; hash: Buffer }> = { position: 0n, hash: GENESIS };

  constructor(options: KafkaTransportOptions) {
    const times = { silenceMs: SILENCE_MS, pollMs: POLL_MS };
    const onOwnAppend = () => () => undefined;
    this.#options = { codec: catalogueCodec, batchMax: BATCH_MAX, ...times, onOwnAppend, ...options };
    this.#topics = new KafkaTopics(options.kafka);
    this.#ahead = new ReadAhead((after, limit) => options.log.readStored(after, limit));
  }

  /** True while the last subscriber gets its events from the topic. */
  get isJoined(): boolean {
    return this.#isJoined;
  }

  get figures(): TransportFigures {
    const of = (outcome: RecordOutcome): number => this.#figures.get(outcome) ?? 0;
    return {
      applied: of('applied'),
      ...{ duplicate: of('duplicate'), stale: of('stale'), damaged: of('damaged') },
      ...{ gap: of('gap'), repaired: of('repaired'), tailed: of('tailed'), own: of('own') },
    };
  }

  async *subscribe(after: bigint, signal: AbortSignal): AsyncIterable<readonly Envelope[]> {
    startCounting(this.#options.service);
    const { epoch } = await this.#options.log.head();
    const hash = this.#known.position === after ? this.#known.hash : undefined;
    const sequence = new LogSequence(after, after === 0n ? GENESIS : hash, epoch);
    const source = new Joining(() => this.#join(signal));
    const own = { last: 0n };
    const leave = this.#options.onOwnAppend((last) => {
      if (last > own.last) own.last = last;
      source.wake();
    });
    try {
      yield* this.#follow(sequence, source, own, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      leave();
      if (sequence.hash !== undefined) this.#known = { position: sequence.last, hash: sequence.hash };
      await source.close();
    }
  }

  async *#follow(
    sequence: LogSequence,
    source: Joining,
    own: Readonly<{ last: bigint }>,
    signal: AbortSignal,
  ): AsyncIterable<readonly Envelope[]> {
    const { batchMax, pollMs, silenceMs } = this.#options;
    let joined: KafkaReader | undefined;
    let [isCaughtUp, due, heardMs] = [false, -1n, performance.now()];
    const isOwnAhead = (): boolean => own.last > sequence.last && own.last - sequence.last <= OWN_MAX;
    while (!signal.aborted) {
      const reader = isCaughtUp ? source.reader() : undefined;
      if (reader === undefined || reader !== joined) {
        const events = await this.#readLog(sequence, 'tailed', signal);
        if (events.length > 0) yield events;
        isCaughtUp = events.length < batchMax;
        // All that stands before the reader's first record is applied now: the seam is exact.
        if (isCaughtUp) joined = reader;
        this.#isJoined = joined !== undefined;
        if (events.length === 0 && reader === undefined) await pause(pollMs, signal);
        continue;
      }
      const silentMs = performance.now() - heardMs;
      const records = await reader.take(isOwnAhead() ? 0 : silenceMs - silentMs, signal);
      if (records.length > 0) {
        yield* this.#batches(records, sequence, signal);
        heardMs = performance.now();
        continue;
      }
      if (isOwnAhead()) {
        const events = await this.#readLog(sequence, 'own', signal, own.last);
        if (events.length > 0) yield events;
      }
      if (performance.now() - heardMs < silenceMs) continue;
      heardMs = performance.now();
      // Silence is right when the log has nothing new either; what it had a silence ago is missing.
      if (sequence.last < due) {
        this.#count('gap');
        yield* this.#repair(sequence, due, signal);
      }
      due = await this.#head(signal);
    }
  }

  /** A reader a little before the end of the topic as it is now. */
  async #join(signal: AbortSignal): Promise<KafkaReader> {
    const { kafka, topic, service } = this.#options;
    const [ends] = await this.#topics.ends(topic);
    if (ends === undefined) throw new Error(`Expected the topic ${topic}, which its relay makes`);
    const from = ends.end - OVERLAP > ends.first ? ends.end - OVERLAP : ends.first;
    const groupId = `plinth-${service}-${randomUUID()}`;
    const reader = new KafkaReader(kafka, { topic, groupId, from: new Map([[ends.partition, from]]) });
    try {
      await reader.open();
      signal.throwIfAborted();
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Judges records in turn; yields runs of events that follow on each other. */
  async *#batches(
    records: readonly RawRecord[],
    sequence: LogSequence,
    signal: AbortSignal,
  ): AsyncIterable<readonly Envelope[]> {
    let run: Envelope[] = [];
    for (const raw of records) {
      if (signal.aborted) return;
      const record = readLogRecord(raw);
      const verdict = record === undefined ? 'damaged' : sequence.judge(record);
      if (verdict === 'next') {
        try {
          run.push(this.#apply(record as LogRecord, sequence));
        } catch (error) {
          // What stands before an event that nobody understands is applied before the service stops at it.
          if (run.length > 0) yield run;
          throw error;
        }
        continue;
      }
      if (run.length > 0) yield run;
      run = [];
      yield* this.#resolve(verdict, record, sequence, signal);
    }
    if (run.length > 0) yield run;
  }

  async *#resolve(
    verdict: Exclude<ReturnType<LogSequence['judge']>, 'next'> | 'damaged',
    record: LogRecord | undefined,
    sequence: LogSequence,
    signal: AbortSignal,
  ): AsyncIterable<readonly Envelope[]> {
    switch (verdict) {
      case 'duplicate':
      case 'stale':
        return this.#count(verdict);
      case 'damaged':
        // Its place cannot be trusted either: whatever the log has is taken from there.
        this.#count('damaged');
        yield* this.#repair(sequence, await this.#head(signal), signal);
        return;
      case 'unlinked':
      case 'gap': {
        const { position } = record as LogRecord;
        if (verdict === 'gap') this.#count('gap');
        yield* this.#repair(sequence, verdict === 'gap' ? position - 1n : position, signal);
        if (sequence.last >= position) return this.#assertSame(record as LogRecord, sequence, signal);
        const again = sequence.judge(record as LogRecord);
        if (again === 'next') yield [this.#apply(record as LogRecord, sequence)];
        else yield* this.#resolve(again, record, sequence, signal);
        return;
      }
      case 'forked':
        throw forkedAt(record as LogRecord);
    }
  }

  /** What the log holds up to `through`. A record beyond the log's own end is of another history. */
  async *#repair(
    sequence: LogSequence,
    through: bigint,
    signal: AbortSignal,
  ): AsyncIterable<readonly Envelope[]> {
    while (sequence.last < through) {
      const events = await this.#readLog(sequence, 'repaired', signal, through);
      if (events.length === 0) {
        throw new HistoryForked(
          `HISTORY_FORKED: the topic is at position ${through}, the log ends at ${sequence.last}`,
        );
      }
      yield events;
    }
  }

  async #readLog(
    sequence: LogSequence,
    outcome: 'repaired' | 'tailed' | 'own',
    signal: AbortSignal,
    through = sequence.last + BigInt(this.#options.batchMax),
  ): Promise<readonly Envelope[]> {
    const { batchMax, codec } = this.#options;
    const left = through - sequence.last;
    const limit = left < BigInt(batchMax) ? Number.parseInt(left.toString(), 10) : batchMax;
    const { log } = this.#options;
    const read = outcome === 'tailed' ? this.#ahead.read.bind(this.#ahead) : log.readStored.bind(log);
    const events = await this.#patiently(() => read(sequence.last, limit), signal);
    const envelopes: Envelope[] = [];
    for (const event of events) {
      try {
        envelopes.push(toEnvelope(event, codec));
      } catch (error) {
        if (envelopes.length === 0) throw error;
        break;
      }
      const { hash } = sequence;
      sequence.advance(event.position, hash && chainHash(hash, canonicalEvent(event)));
    }
    this.#count(outcome, envelopes.length);
    return envelopes;
  }

  async #head(signal: AbortSignal): Promise<bigint> {
    return (await this.#patiently(() => this.#options.log.head(), signal)).position;
  }

  /** A log that cannot be reached just now is asked again. */
  async #patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Retryable) || signal.aborted) throw error;
        await pause(this.#options.pollMs, signal);
      }
    }
  }

  #apply(record: LogRecord, sequence: LogSequence): Envelope {
    const envelope = toEnvelope(storedEvent(record), this.#options.codec);
    sequence.advance(record.position, record.hash, record.epoch);
    this.#count('applied');
    return envelope;
  }

  /** A record whose link was not known, and the event of its place as the log has it. */
  async #assertSame(record: LogRecord, sequence: LogSequence, signal: AbortSignal): Promise<void> {
    if (sequence.hash !== undefined || sequence.last !== record.position) return;
    const { log } = this.#options;
    const [event] = await this.#patiently(() => log.readStored(record.position - 1n, 1), signal);
    const isSame = event !== undefined && record.value.equals(canonicalEvent(event));
    if (!isSame) throw forkedAt(record);
    sequence.link(record.hash);
  }

  #count(outcome: RecordOutcome, count = 1): void {
    if (count === 0) return;
    this.#figures.set(outcome, (this.#figures.get(outcome) ?? 0) + count);
    countRecords(this.#options.service, outcome, count);
  }
}

const forkedAt = ({ position, epoch }: LogRecord): HistoryForked =>
  new HistoryForked(
    `HISTORY_FORKED: the record at position ${position} (epoch ${epoch}) does not follow on what was applied`,
  );

const storedEvent = (record: LogRecord): StoredEvent => {
  try {
    return eventOf(record);
  } catch (error) {
    throw new CorruptLog(record.position, error instanceof Error ? error.message : String(error));
  }
};

/** A reader that is opened beside the work that goes on without it, and opened again when it fails. */
class Joining {
  readonly #join: () => Promise<KafkaReader>;
  #reader: KafkaReader | undefined;
  #opening: Promise<void> | undefined;
  #isClosed = false;
  #notBefore = 0;

  constructor(join: () => Promise<KafkaReader>) {
    this.#join = join;
  }

  /** The reader when it is open. */
  reader(): KafkaReader | undefined {
    if (this.#reader?.failure !== undefined) {
      void this.#reader.close();
      this.#reader = undefined;
    }
    if (this.#reader === undefined && performance.now() >= this.#notBefore) this.#opening ??= this.#open();
    return this.#reader;
  }

  /** Whoever waits for records looks around. */
  wake(): void {
    this.#reader?.wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reader?.close();
    await this.#opening;
  }

  async #open(): Promise<void> {
    try {
      const reader = await this.#join();
      if (this.#isClosed) await reader.close();
      else this.#reader = reader;
    } catch {
      // The log is followed meanwhile; the next attempt comes after a pause.
      this.#notBefore = performance.now() + REOPEN_MS;
    } finally {
      this.#opening = undefined;
    }
  }
}
