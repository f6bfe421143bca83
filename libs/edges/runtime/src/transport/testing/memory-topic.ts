import type { RawRecord } from '../log-record.ts';
import type { NewRecord, PartitionWriter } from '../kafka-writer.ts';

/**
 * A topic of one partition in memory; `fail` is asked at every send whether it fails, and whether before or
 * after the records were written.
 */
export const memoryTopic = (fail: (send: number) => 'before' | 'after' | undefined = () => undefined) => {
  let records: RawRecord[] = [];
  let sends = 0;
  const writer: PartitionWriter = {
    send: async (_topic, partition, added: readonly NewRecord[]) => {
      sends += 1;
      const fault = fail(sends);
      if (fault === 'before') throw new Error('cut before');
      const offset = BigInt(records.length);
      records.push(
        ...added.map(({ value, headers }, i) => ({
          ...{ partition, offset: offset + BigInt(i), key: null, value },
          headers: headers,
        })),
      );
      if (fault === 'after') throw new Error('cut after');
      return offset;
    },
    close: async () => undefined,
  };
  const topics = {
    ensure: async () => 1,
    ends: async () => [{ partition: 0, first: 0n, end: BigInt(records.length) }],
    read: async (_topic: string, from: ReadonlyMap<number, bigint>) => {
      const start = from.get(0) ?? 0n;
      return records.filter(({ offset }) => offset >= start);
    },
    lastRecords: async () => new Map(records.slice(-1).map((record) => [0, record])),
  };
  const cut = (length: number): void => {
    records = records.slice(0, length);
  };
  return { writer, topics, cut, records: (): readonly RawRecord[] => records };
};
