import type { EventData, EventType } from '@plinth/messages';
import { asOwner, type PostgresLog } from '@plinth/runtime';

/** The last event of a stream, which must be of this type. */
export const lastOf = async <K extends EventType>(
  url: string,
  log: PostgresLog,
  type: K,
  stream: string,
): Promise<Readonly<{ data: EventData<K>; version: number }>> => {
  const found = await asOwner(url, async (client) => {
    const { rows } = await client.query<{ version: number }>(
      `SELECT version FROM ${log.schema}.events WHERE stream = $1 ORDER BY version DESC LIMIT 1`,
      [stream],
    );
    return rows[0];
  });
  const [event] = found === undefined ? [] : await log.readStream(stream, found.version - 1, 1);
  if (event?.type !== type) throw new Error(`Expected ${type} at the end of ${stream}`);
  return { data: event.data as EventData<K>, version: event.version };
};
