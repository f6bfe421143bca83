import type { StoredEvent } from '@plinth/eventing';
import { EVENT_COLUMNS, eventParser } from '../copy-rows.ts';
import { BackupDamaged } from './manifest.ts';

// Rows are kept as PostgreSQL itself writes and reads them, COPY … (FORMAT binary): nothing is translated.

/** Columns of a kept event: those that every reader reads, then the server's own time. */
export const KEPT_EVENT_COLUMNS = `${EVENT_COLUMNS}, recorded_at`;
export const KEPT_COMMAND_COLUMNS = 'tenant, key, last, body_hash, answer';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const END_OF_DATA = -1;
const KEPT_COLUMNS = 13;

const parse = eventParser(
  (event): StoredEvent => ({ ...event, bytes: new Uint8Array(event.bytes) }),
  KEPT_COLUMNS,
);

/**
 * Where each row of a COPY file in binary format begins.
 * @throws BackupDamaged when it does not have that form to its end.
 */
function* rowStarts(bytes: Buffer, name: string): Iterable<number> {
  const damaged = (): never => {
    throw new BackupDamaged(`${name}: Expected rows as PostgreSQL copies them, it is cut`);
  };
  const at32 = (at: number): number => (at + 4 <= bytes.length ? bytes.readInt32BE(at) : damaged());
  const at16 = (at: number): number => (at + 2 <= bytes.length ? bytes.readInt16BE(at) : damaged());
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) damaged();
  let at = SIGNATURE.length + 8 + at32(SIGNATURE.length + 4);
  for (;;) {
    const columns = at16(at);
    if (columns === END_OF_DATA) return;
    const start = at;
    at += 2;
    for (let column = 0; column < columns; column += 1) at += 4 + Math.max(at32(at), 0);
    if (at > bytes.length) damaged();
    yield start;
  }
}

/** The events of an uncompressed file, in its order. */
export function* eventsOf(bytes: Buffer, name: string): Iterable<StoredEvent> {
  for (const start of rowStarts(bytes, name)) yield parse(bytes, start);
}

export const countRows = (bytes: Buffer, name: string): number => {
  let rows = 0;
  for (const _ of rowStarts(bytes, name)) rows += 1;
  return rows;
};
