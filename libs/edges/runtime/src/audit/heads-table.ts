import type { TreeHead } from './tree-head.ts';

type Queries = Readonly<{
  schema: string;
  query: (text: string, values: readonly unknown[]) => Promise<readonly unknown[]>;
}>;

/** Keeps heads in the table beside the log, for queries; the witness is what counts. */
export const keepInTable =
  (log: Queries) =>
  async ({ size, epoch, root, timeMs, logId, keyId, signature }: TreeHead): Promise<void> => {
    await log.query(
      `INSERT INTO ${log.schema}.tree_heads (size, epoch, root, time_ms, log_id, key_id, signature)
        VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, decode($7, 'base64')) ON CONFLICT DO NOTHING`,
      [size, epoch, root, timeMs, logId, keyId, signature],
    );
  };

type HeadRow = Readonly<{
  size: string;
  epoch: number;
  root: string;
  time_ms: string;
  log_id: string;
  key_id: string;
  signature: string;
}>;

/** Heads of the table that are larger than a size, in order. */
export const headsOfTable =
  (log: Queries) =>
  async (afterSize: number, limit: number): Promise<readonly TreeHead[]> => {
    const rows = (await log.query(
      `SELECT size, epoch, encode(root, 'hex') AS root, time_ms, log_id, key_id,
          encode(signature, 'base64') AS signature
        FROM ${log.schema}.tree_heads WHERE size > $1 ORDER BY size LIMIT $2`,
      [afterSize, limit],
    )) as readonly HeadRow[];
    return rows.map(({ size, epoch, root, time_ms: timeMs, log_id: logId, key_id: keyId, signature }) => ({
      ...{ logId, epoch, root, keyId },
      size: Number(size),
      timeMs: Number(timeMs),
      signature: signature.replaceAll('\n', ''),
    }));
  };
