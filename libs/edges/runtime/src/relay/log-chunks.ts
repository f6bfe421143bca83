import type { EventLog, StoredEvent, StoredLog } from '@plinth/eventing';
import { pause } from '../transport/pause.ts';

export type RelayedLog = EventLog & StoredLog;

/** Events of one read; the next read is under way while these are published. */
const READ_EVENTS = 4_000;
const POLL_MS = 50;

/**
 * Runs of events after a position, each read ahead while the one before is worked on; an empty one from time
 * to time while nothing is appended.
 */
export async function* logChunks(
  log: RelayedLog,
  after: bigint,
  signal: AbortSignal,
): AsyncIterable<readonly StoredEvent[]> {
  let wake: () => void = () => undefined;
  let isAppended = false;
  const unsubscribe = log.onAppend(() => {
    isAppended = true;
    wake();
  });
  const read = (from: bigint): Promise<readonly StoredEvent[]> => {
    const reading = log.readStored(from, READ_EVENTS);
    // Whoever awaits it gets the error; when the publication failed meanwhile nobody does.
    reading.catch(() => undefined);
    return reading;
  };
  try {
    let [last, reading] = [after, read(after)];
    while (!signal.aborted) {
      const events = await reading;
      last = events.at(-1)?.position ?? last;
      if (events.length === 0) {
        if (!isAppended) await pause(POLL_MS, signal, (resolve) => (wake = resolve));
        isAppended = false;
      }
      reading = read(last);
      yield events;
    }
  } finally {
    unsubscribe();
  }
}
