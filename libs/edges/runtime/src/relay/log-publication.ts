import type { StoredEvent } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { canonicalEvent } from '../audit/canonical-event.ts';
import { HistoryForked } from '../audit/history-forked.ts';
import type { KafkaTopics } from '../transport/kafka-topics.ts';
import { KAFKA_LIMITS } from '../transport/kafka-settings.ts';
import type { PartitionWriter } from '../transport/kafka-writer.ts';
import { GENESIS, headersOf, logRecord, readLogRecord, type LogRecord } from '../transport/log-record.ts';
import { logChunks, type RelayedLog } from './log-chunks.ts';
import type { Publication } from './publication.ts';
import { countPublished } from './relay-instruments.ts';

export type LogPublicationPorts = Readonly<{
  log: RelayedLog;
  topics: Pick<KafkaTopics, 'ensure' | 'ends' | 'read'>;
  writer: PartitionWriter;
  topic: string;
  /** How often the end of the topic is looked at while nothing is appended. */
  idleCheckMs?: number;
}>;

type Place = { position: bigint; hash: Buffer; end: bigint };

/** Records at the end of the topic among which the last whole one is looked for. */
const TAIL = 1_000n;
const IDLE_CHECK_MS = 5_000;

/** The topic does not hold what was acknowledged: it was cut or made anew. The place is read back. */
export class TopicCut extends Error {
  override readonly name = 'TopicCut';
}

/**
 * The backbone: every event of the log, in position order, through one topic of one partition. The topic's
 * own end says where to go on, so nothing is kept anywhere else; what is sent twice is dropped by position.
 */
export class LogPublication implements Publication {
  readonly name: string;
  readonly #ports: Required<LogPublicationPorts>;
  #position = 0n;

  constructor(ports: LogPublicationPorts) {
    this.#ports = { idleCheckMs: IDLE_CHECK_MS, ...ports };
    this.name = this.#ports.topic;
  }

  get position(): bigint {
    return this.#position;
  }

  async run(isLeading: () => boolean, signal: AbortSignal): Promise<void> {
    const { log, topics, writer, topic } = this.#ports;
    const partitions = await topics.ensure(topic, 'log', 1);
    assert(partitions === 1, () => `Expected one partition of ${topic}, was ${partitions}: order needs one`);
    const { epoch } = await log.head();
    const place = await this.#findPlace();
    this.#position = place.position;
    let checkedMs = performance.now();
    try {
      for await (const events of logChunks(log, place.position, signal)) {
        for (const batch of batches(events)) {
          if (!isLeading() || signal.aborted) return;
          await this.#publish(batch, place, epoch);
          checkedMs = performance.now();
        }
        if (!isLeading()) return;
        if (events.length > 0 || performance.now() - checkedMs < this.#ports.idleCheckMs) continue;
        await this.#assertEnd(place);
        checkedMs = performance.now();
      }
    } finally {
      await writer.close();
    }
  }

  async #publish(events: readonly StoredEvent[], place: Place, epoch: number): Promise<void> {
    const records = events.map((event) => {
      const record = logRecord(event, place.hash, epoch);
      place.hash = record.hash;
      return { key: null, value: record.value, headers: headersOf(record) };
    });
    const first = await this.#ports.writer.send(this.name, 0, records);
    if (first < place.end) throw new TopicCut(`Expected offset ${place.end} of ${this.name}, was ${first}`);
    countPublished({ topic: this.name }, records.length);
    place.end = first + BigInt(records.length);
    place.position += BigInt(records.length);
    this.#position = place.position;
  }

  /** While nothing is sent nobody would see that the topic has been deleted. */
  async #assertEnd(place: Place): Promise<void> {
    const [ends] = await this.#ports.topics.ends(this.name);
    const end = ends?.end ?? 0n;
    if (end < place.end) throw new TopicCut(`Expected ${this.name} to end at ${place.end}, was ${end}`);
  }

  async #findPlace(): Promise<Place> {
    const { log, topics } = this.#ports;
    const ends = await topics.ends(this.name);
    const { first = 0n, end = 0n } = ends[0] ?? {};
    const last = (await this.#lastWhole(first, end - 1n)) ?? (await this.#lastWhole(first, end - TAIL));
    if (last === undefined) return { position: 0n, hash: GENESIS, end };
    const [event] = await log.readStored(last.position - 1n, 1);
    if (event !== undefined && last.value.equals(canonicalEvent(event))) {
      return { position: last.position, hash: last.hash, end };
    }
    const there = event === undefined ? 'none' : 'another one';
    throw new HistoryForked(
      `HISTORY_FORKED: ${this.name} ends at position ${last.position}, the log has ${there} there`,
    );
  }

  /** The last record from `from` on that is whole; undefined when there is none. */
  async #lastWhole(first: bigint, from: bigint): Promise<LogRecord | undefined> {
    const start = from > first ? from : first;
    const ends = await this.#ports.topics.ends(this.name);
    const records = await this.#ports.topics.read(this.name, new Map([[0, start]]), ends);
    return records.map(readLogRecord).findLast((record) => record !== undefined);
  }
}

/** As many events as one produce request may hold; one event alone may be larger. */
function* batches(events: readonly StoredEvent[]): Iterable<readonly StoredEvent[]> {
  let batch: StoredEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const isFull =
      batch.length >= KAFKA_LIMITS.batchEvents || bytes + event.bytes.length > KAFKA_LIMITS.batchBytes;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(event);
    bytes += event.bytes.length + ENVELOPE_BYTES;
  }
  if (batch.length > 0) yield batch;
}

/** More than the fields beside the payload take, headers included. */
const ENVELOPE_BYTES = 512;
