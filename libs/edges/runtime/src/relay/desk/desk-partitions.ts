import { assert } from '@plinth/money';
import type { KafkaTopics } from '../../transport/kafka-topics.ts';
import { firstPlace, placeOfRecord, type DeskPlace } from './desk-record.ts';
import type { DeskTopic } from './desk-topics.ts';

/** One topic with the places of its partitions, as they stand in Kafka. */
export type DeskPartitions = Readonly<{
  definition: DeskTopic;
  topic: string;
  places: DeskPlace[];
  /** The places as they were found. */
  starts: readonly DeskPlace[];
}>;

/** Records at the end of a partition among which the last one of ours is looked for. */
const TAIL = 500n;

/** Makes the topic where it is missing and reads from its own ends where its partitions stand. */
export const openPartitions = async (
  topics: Pick<KafkaTopics, 'ensure' | 'ends' | 'read'>,
  definition: DeskTopic,
  topic: string,
): Promise<DeskPartitions> => {
  const { kind, partitions } = definition;
  const count = await topics.ensure(topic, kind, partitions);
  assert(
    count === partitions,
    () =>
      `Expected ${partitions} partitions of ${topic}, was ${count}: delete it, it is made again from the log`,
  );
  const places = Array.from({ length: partitions }, (_, partition) => firstPlace(topic, partition));
  const ends = await topics.ends(topic);
  for (const back of [1n, TAIL]) {
    const from = new Map(
      ends
        .filter(({ partition, first, end }) => end > first && places[partition]?.sequence === 0n)
        .map(({ partition, first, end }) => [partition, end - back > first ? end - back : first]),
    );
    for (const record of await topics.read(topic, from, ends)) {
      const place = placeOfRecord(record);
      if (place !== undefined) places[record.partition] = place;
    }
  }
  return { definition, topic, places, starts: [...places] };
};
