import type { StoredEvent } from '@plinth/eventing';
import type { KafkaTopics } from '../../transport/kafka-topics.ts';
import type { PartitionWriter } from '../../transport/kafka-writer.ts';

/** An event that could not be made into records of a topic. */
export type DeadLetter = Readonly<{ topic: string; position: bigint; type: string; reason: string }>;

const REASON_MAX = 500;

const keyOf = ({ topic, position }: Pick<DeadLetter, 'topic' | 'position'>): string => `${topic}@${position}`;

/** The letters that were put aside and not yet delivered, oldest first. */
export const pendingLetters = async (
  topics: Pick<KafkaTopics, 'ends' | 'read'>,
  deadTopic: string,
): Promise<readonly DeadLetter[]> => {
  const ends = await topics.ends(deadTopic);
  const from = new Map(ends.map(({ partition, first }) => [partition, first]));
  const pending = new Map<string, DeadLetter>();
  for (const { key, value, headers } of await topics.read(deadTopic, from, ends)) {
    const name = key?.toString() ?? '';
    const at = name.lastIndexOf('@');
    if (at < 0) continue;
    if (value === null) pending.delete(name);
    else {
      const [topic, position] = [name.slice(0, at), BigInt(name.slice(at + 1))];
      const type = headers['type']?.toString() ?? '';
      pending.set(name, { topic, position, type, reason: headers['reason']?.toString() ?? '' });
    }
  }
  return [...pending.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
};

/** Puts an event aside, its bytes as the log has them. */
export const putAside = async (
  writer: PartitionWriter,
  deadTopic: string,
  topic: string,
  event: StoredEvent,
  error: unknown,
): Promise<void> => {
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, REASON_MAX);
  const key = keyOf({ topic, position: event.position });
  const headers = { type: event.type, schema: String(event.schema), reason };
  await writer.send(deadTopic, 0, [{ key, value: Buffer.from(event.bytes), headers }]);
};

/** The letter was delivered: its key stands no longer. */
export const markDelivered = async (
  writer: PartitionWriter,
  deadTopic: string,
  letter: DeadLetter,
): Promise<void> => {
  await writer.send(deadTopic, 0, [{ key: keyOf(letter), value: null, headers: {} }]);
};
