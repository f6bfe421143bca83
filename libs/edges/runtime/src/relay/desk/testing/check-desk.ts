import type { KafkaTopics } from '../../../transport/kafka-topics.ts';
import { deskHash, firstPlace, placeOfRecord } from '../desk-record.ts';

export type DeskCheck = Readonly<{
  /** Distinct records. */
  records: number;
  duplicates: number;
  /** Records missing before one that is there, and records that do not follow on the one before. */
  missing: number;
  unlinked: number;
  /** Links at the ends of the partitions: equal topics have equal ones. */
  ends: readonly string[];
}>;

/** What a desk does to prove that it missed nothing, over a whole topic. */
export const checkDesk = async (topics: KafkaTopics, topic: string): Promise<DeskCheck> => {
  const ends = await topics.ends(topic);
  const from = new Map(ends.map(({ partition, first }) => [partition, first]));
  const places = ends.map(({ partition }) => firstPlace(topic, partition));
  const count = { records: 0, duplicates: 0, missing: 0, unlinked: 0 };
  for (const record of await topics.read(topic, from, ends)) {
    const last = places[record.partition];
    const place = placeOfRecord(record);
    if (last === undefined || place === undefined) throw new Error('Expected a record of ours');
    if (place.sequence <= last.sequence) {
      count.duplicates += 1;
      continue;
    }
    count.records += 1;
    if (place.sequence !== last.sequence + 1n) count.missing += 1;
    const { key, value, headers } = record;
    const id = headers['ce_id']?.toString() ?? '';
    const hash = deskHash(last.hash, { sequence: place.sequence, id, key: key?.toString() ?? '', value });
    if (!hash.equals(place.hash)) count.unlinked += 1;
    places[record.partition] = place;
  }
  return { ...count, ends: places.map(({ hash }) => hash.toString('hex')) };
};
