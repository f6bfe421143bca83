import type { SnapshotStore } from '@plinth/eventing';
import type { PostgresLog } from '@plinth/runtime';

export type SnapshotRow = Readonly<{
  owner: string;
  position: bigint;
  /** Events of the log after it. */
  behind: bigint;
  /** Since its last event was recorded. */
  ageSeconds: number;
  bytes: number;
  hash: string;
}>;

/** The kept snapshots, by owner, newest first. */
export const snapshotRows = async (
  log: PostgresLog,
  store: SnapshotStore,
): Promise<readonly SnapshotRow[]> => {
  const heads = await store.list();
  const { position: head } = await log.head();
  const ages = await log.query<{ position: string; age: string }>(
    `SELECT position, extract(epoch FROM clock_timestamp() - recorded_at)::bigint AS age
      FROM ${log.schema}.events WHERE position = ANY($1::bigint[])`,
    [heads.map(({ position }) => position)],
  );
  const ageOf = new Map(ages.map(({ position, age }) => [BigInt(position), Number(age)]));
  return heads.map(({ owner, position, bytes, stateHash }) => ({
    ...{
      owner,
      position,
      behind: head - position,
      ageSeconds: ageOf.get(position) ?? 0,
      bytes,
      hash: stateHash,
    },
  }));
};
