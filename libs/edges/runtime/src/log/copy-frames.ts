import { assert } from '@plinth/money';
import type { Duplex } from 'node:stream';

// The server's messages: one byte that says which, four of the length with themselves, and the content.
const HEAD_BYTES = 5;
const COPY_DATA = 'd'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);

/**
 * Takes the rows of one COPY from a connection that is at rest, each in place, where the driver would make a
 * message, a buffer and an event of it. Every other message goes to the driver as it came, and so does
 * everything from the end of the query on. `take` may keep nothing of the bytes.
 */
export const takeCopyData = (
  stream: Duplex,
  take: (bytes: Buffer, start: number, end: number) => void,
): void => {
  const [driver, ...others] = stream.listeners('data') as ((chunk: Buffer) => void)[];
  assert(driver !== undefined && others.length === 0, 'Expected one reader of a connection, the driver');
  let waiting: Buffer[] = [];
  let [waitingBytes, neededBytes] = [0, HEAD_BYTES];
  const read = (chunk: Buffer): void => {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < neededBytes) return;
    const bytes = waiting.length === 1 ? chunk : Buffer.concat(waiting);
    let at = 0;
    neededBytes = HEAD_BYTES;
    while (at + HEAD_BYTES <= bytes.length) {
      const code = bytes[at];
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) {
        neededBytes = end - at;
        break;
      }
      if (code === COPY_DATA) take(bytes, at + HEAD_BYTES, end);
      else if (code !== READY_FOR_QUERY) driver(bytes.subarray(at, end));
      else {
        stream.on('data', driver);
        stream.off('data', read);
        return driver(bytes.subarray(at));
      }
      at = end;
    }
    waiting = at === bytes.length ? [] : [bytes.subarray(at)];
    waitingBytes = bytes.length - at;
  };
  stream.on('data', read);
  stream.off('data', driver);
};
