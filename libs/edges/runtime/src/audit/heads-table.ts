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
