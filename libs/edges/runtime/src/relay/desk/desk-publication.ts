import { CorruptLog, toEnvelope, catalogueCodec } from '@plinth/eventing';
import type { Envelope, EventCodec, StoredEvent } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { LedgerView } from '@plinth/views';
import { KAFKA_LIMITS, partitionOf } from '../../transport/kafka-settings.ts';
import type { KafkaTopics } from '../../transport/kafka-topics.ts';
import type { NewRecord, PartitionWriter } from '../../transport/kafka-writer.ts';
import { deadTopic, deskTopic } from '../../transport/topic-names.ts';
import { logChunks, type RelayedLog } from '../log-chunks.ts';
import type { Publication } from '../publication.ts';
import { countDeadLetter, countPublished } from '../relay-instruments.ts';
import { markDelivered, pendingLetters, putAside, type DeadLetter } from './dead-letters.ts';
import { openPartitions, type DeskPartitions } from './desk-partitions.ts';
import { deskRecord, type DeskPlace } from './desk-record.ts';
import { DESK_TOPICS, type DeskTopic } from './desk-topics.ts';

export type DeskPublicationPorts = Readonly<{
  log: RelayedLog;
  topics: Pick<KafkaTopics, 'ensure' | 'ends' | 'read'>;
  writer: PartitionWriter;
  /** First part of the topics' names. */
  prefix: string;
  /** `ce_source` of every record. */
  source: string;
  codec?: EventCodec;
  definitions?: readonly DeskTopic[];
  onDead?: (letter: DeadLetter) => void;
}>;

type Batch = { records: NewRecord[]; place: DeskPlace };

/**
 * The desks' topics, derived from the log. Where a partition goes on stands in its own last record, so a
 * crash loses nothing and repeats at most what was in flight; a record that is sent twice is the same record.
 */
export class DeskPublication implements Publication {
  readonly name = 'desks';
  readonly #ports: Required<DeskPublicationPorts>;
  readonly #deadTopic: string;
  #position = 0n;
  #waitingLetters = 0;

  constructor(ports: DeskPublicationPorts) {
    const defaults = { codec: catalogueCodec, definitions: DESK_TOPICS, onDead: () => undefined };
    this.#ports = { ...defaults, ...ports };
    this.#deadTopic = deadTopic(ports.prefix);
  }

  get position(): bigint {
    return this.#position;
  }

  /** Events that were put aside and not delivered, as far as this relay has seen. */
  get waitingLetters(): number {
    return this.#waitingLetters;
  }

  async run(isLeading: () => boolean, signal: AbortSignal): Promise<void> {
    const { log, topics, writer, prefix, definitions } = this.#ports;
    await topics.ensure(this.#deadTopic, 'state', 1);
    const desks = await Promise.all(
      definitions.map((definition) => openPartitions(topics, definition, deskTopic(prefix, definition.name))),
    );
    const { position: head } = await log.head();
    const furthest = placesOf(desks).reduce((a, b) => (a > b ? a : b), 0n);
    assert(
      furthest <= head,
      () => `Expected desks' topics up to position ${head}, was ${furthest}: they are of another log`,
    );
    const ledger = new LedgerView();
    let isRedriven = false;
    this.#position = 0n;
    try {
      // From the first event: the ledger is folded, and what partitions have already is passed over.
      for await (const events of logChunks(log, 0n, signal)) {
        if (!isLeading() || signal.aborted) return;
        await this.#publish(events, desks, ledger);
        this.#position = events.at(-1)?.position ?? this.#position;
        if (isRedriven || this.#position < furthest) continue;
        isRedriven = true;
        await this.#redrive(desks);
      }
    } finally {
      await writer.close();
    }
  }

  async #publish(
    events: readonly StoredEvent[],
    desks: readonly DeskPartitions[],
    ledger: LedgerView,
  ): Promise<void> {
    const batches = new Map<DeskPartitions, Map<number, Batch>>(desks.map((desk) => [desk, new Map()]));
    const readersOf = new Map<string, DeskPartitions[]>();
    for (const desk of desks) {
      for (const type of desk.definition.sources) readersOf.set(type, [...(readersOf.get(type) ?? []), desk]);
    }
    for (const event of events) {
      const readers = readersOf.get(event.type) ?? [];
      const isListing = event.type === 'AssetListed' || event.type === 'AccountOpened';
      if (readers.length === 0 && !isListing) continue;
      const envelope = this.#decode(event, readers);
      if (envelope instanceof Error) {
        for (const desk of readers) await this.#putAside(desk, event, envelope);
        continue;
      }
      ledger.apply(envelope);
      for (const desk of readers) {
        try {
          this.#add(desk, batches.get(desk) as Map<number, Batch>, event, envelope, ledger);
        } catch (error) {
          if (desk.definition.isMoney) throw poison(event, desk.topic, error);
          await this.#putAside(desk, event, error);
        }
      }
    }
    for (const [desk, parts] of batches) {
      for (const [partition, batch] of parts) await this.#send(desk, partition, batch);
    }
  }

  /** An error when only topics that are not money need the event; where money does, it stops here. */
  #decode(event: StoredEvent, readers: readonly DeskPartitions[]): Envelope | Error {
    try {
      return toEnvelope(event, this.#ports.codec);
    } catch (error) {
      const money = readers.find(({ definition }) => definition.isMoney);
      if (money !== undefined || readers.length === 0) throw poison(event, money?.topic ?? 'balances', error);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #add(
    desk: DeskPartitions,
    parts: Map<number, Batch>,
    event: StoredEvent,
    envelope: Envelope,
    ledger: LedgerView,
  ): void {
    const { definition, places } = desk;
    for (const [part, fact] of definition.facts(envelope, ledger).entries()) {
      const partition = partitionOf(fact.key, places.length);
      const batch = parts.get(partition) ?? { records: [], place: places[partition] as DeskPlace };
      const { position } = batch.place;
      const isThere = event.position < position || (event.position === position && part <= batch.place.part);
      if (isThere) continue;
      const { record, place } = deskRecord(fact, event, batch.place, this.#ports.source, part);
      batch.records.push(record);
      batch.place = place;
      parts.set(partition, batch);
    }
  }

  async #send(
    { topic, places }: DeskPartitions,
    partition: number,
    { records, place }: Batch,
  ): Promise<void> {
    for (let from = 0; from < records.length; from += KAFKA_LIMITS.batchEvents) {
      const batch = records.slice(from, from + KAFKA_LIMITS.batchEvents);
      await this.#ports.writer.send(topic, partition, batch);
      countPublished({ topic }, batch.length);
    }
    places[partition] = place;
  }

  async #putAside({ topic, places }: DeskPartitions, event: StoredEvent, error: unknown): Promise<void> {
    // What an earlier run has put aside already stands there, or was delivered since.
    if (places.some(({ position }) => position > event.position)) return;
    await putAside(this.#ports.writer, this.#deadTopic, topic, event, error);
    countDeadLetter({ topic });
    this.#waitingLetters += 1;
    const reason = error instanceof Error ? error.message : String(error);
    this.#ports.onDead({ topic, position: event.position, type: event.type, reason });
  }

  /** Letters that this version of the program understands go to the end of their partitions. */
  async #redrive(desks: readonly DeskPartitions[]): Promise<void> {
    const { topics, log, writer } = this.#ports;
    const letters = await pendingLetters(topics, this.#deadTopic);
    this.#waitingLetters = letters.length;
    for (const letter of letters) {
      const desk = desks.find(({ topic }) => topic === letter.topic);
      const [event] = await log.readStored(letter.position - 1n, 1);
      if (desk === undefined || event === undefined) continue;
      const facts = this.#understood(event, desk);
      if (facts === undefined) continue;
      for (const [part, fact] of facts.entries()) {
        const partition = partitionOf(fact.key, desk.places.length);
        const after = desk.places[partition] as DeskPlace;
        // Its turn came in this run: then it went out in its turn.
        if (event.position > (desk.starts[partition]?.position ?? 0n)) continue;
        const at =
          after.position > event.position
            ? { position: after.position, part: after.part + 1 }
            : { position: event.position, part };
        const { record, place } = deskRecord(fact, event, after, this.#ports.source, part, at);
        await this.#send(desk, partition, { records: [record], place });
      }
      await markDelivered(writer, this.#deadTopic, letter);
      this.#waitingLetters -= 1;
    }
  }

  #understood(
    event: StoredEvent,
    { definition }: DeskPartitions,
  ): ReturnType<DeskTopic['facts']> | undefined {
    try {
      return definition.facts(toEnvelope(event, this.#ports.codec), new LedgerView());
    } catch {
      return undefined;
    }
  }
}

const placesOf = (desks: readonly DeskPartitions[]): readonly bigint[] =>
  desks.flatMap(({ places }) => places.map(({ position }) => position));

const poison = (event: StoredEvent, topic: string, cause: unknown): CorruptLog => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CorruptLog(event.position, `no record of ${topic} can be made of ${event.type}: ${why}`);
};
