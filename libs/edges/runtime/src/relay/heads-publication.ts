import { assert } from '@plinth/money';
import { HistoryForked } from '../audit/history-forked.ts';
import type { TreeHead } from '../audit/tree-head.ts';
import type { KafkaTopics } from '../transport/kafka-topics.ts';
import type { NewRecord, PartitionWriter } from '../transport/kafka-writer.ts';
import type { RawRecord } from '../transport/log-record.ts';
import { pause } from '../transport/pause.ts';
import type { Publication } from './publication.ts';

export type HeadsPublicationPorts = Readonly<{
  /** Signed heads beside the log that are larger than a size, in order, at most so many. */
  heads: (afterSize: number, limit: number) => Promise<readonly TreeHead[]>;
  topics: Pick<KafkaTopics, 'ensure' | 'ends' | 'lastRecords'>;
  writer: PartitionWriter;
  topic: string;
  pollMs?: number;
}>;

const HEADS_MAX = 500;
const POLL_MS = 1_000;

/**
 * Signed tree heads where the database's owner has no hand: each once, in the order in which they were
 * signed. The relay cannot make one up: whoever reads them checks the signature. What it does see is a
 * table that no longer has the head that was published last; then it stops.
 */
export class HeadsPublication implements Publication {
  readonly name: string;
  readonly #ports: Required<HeadsPublicationPorts>;
  #position = 0n;

  constructor(ports: HeadsPublicationPorts) {
    this.#ports = { pollMs: POLL_MS, ...ports };
    this.name = ports.topic;
  }

  /** Events under the last published head. */
  get position(): bigint {
    return this.#position;
  }

  async run(isLeading: () => boolean, signal: AbortSignal): Promise<void> {
    const { heads, topics, writer, topic, pollMs } = this.#ports;
    const partitions = await topics.ensure(topic, 'events', 1);
    assert(partitions === 1, () => `Expected one partition of ${topic}, was ${partitions}: order needs one`);
    const last = headOfRecord((await topics.lastRecords(topic)).get(0));
    let after = last === undefined ? 0 : await this.#continue(last);
    this.#position = BigInt(after);
    try {
      while (isLeading() && !signal.aborted) {
        const fresh = await heads(after, HEADS_MAX);
        if (!isLeading()) return;
        if (fresh.length > 0) await writer.send(topic, 0, fresh.map(recordOf));
        after = fresh.at(-1)?.size ?? after;
        this.#position = BigInt(after);
        if (fresh.length < HEADS_MAX) await pause(pollMs, signal);
      }
    } finally {
      await writer.close();
    }
  }

  /** The size after which heads are to be published. */
  async #continue(last: TreeHead): Promise<number> {
    const [same] = await this.#ports.heads(last.size - 1, 1);
    if (same?.size === last.size && same.signature === last.signature) return last.size;
    const kept = await this.#lastOfEpoch(last.epoch);
    // A restored log goes on in an epoch of its own; what was published of the lost end stays published.
    if (kept.isContinued) return kept.size;
    throw new HistoryForked(
      `HISTORY_FORKED: ${this.name} ends with the head of ${last.size} events of epoch ${last.epoch}, ` +
        'the table of heads has not',
    );
  }

  async #lastOfEpoch(epoch: number): Promise<Readonly<{ size: number; isContinued: boolean }>> {
    for (let size = 0; ;) {
      const page = await this.#ports.heads(size, HEADS_MAX);
      for (const head of page) {
        if (head.epoch > epoch) return { size, isContinued: true };
        size = head.size;
      }
      if (page.length < HEADS_MAX) return { size, isContinued: false };
    }
  }
}

const recordOf = (head: TreeHead): NewRecord => ({
  key: null,
  value: Buffer.from(JSON.stringify(head)),
  headers: { size: String(head.size), epoch: String(head.epoch) },
});

/** The head that a record of the topic holds; undefined when there is no record. */
export const headOfRecord = (record: RawRecord | undefined): TreeHead | undefined =>
  record === undefined || record.value === null
    ? undefined
    : (JSON.parse(record.value.toString('utf8')) as TreeHead);

/** Every head of the topic, in order. */
export const publishedHeads = async (
  topics: Pick<KafkaTopics, 'ends' | 'read'>,
  topic: string,
): Promise<readonly TreeHead[]> => {
  const ends = await topics.ends(topic);
  const from = new Map(ends.map(({ partition, first }) => [partition, first]));
  const records = await topics.read(topic, from, ends);
  return records.flatMap((record) => headOfRecord(record) ?? []);
};
