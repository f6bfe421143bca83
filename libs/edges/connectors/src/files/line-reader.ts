import { closeSync, openSync, readSync } from 'node:fs';
import { LIMITS } from './limits.ts';

/** A line without its line end. `text` is undefined when it is longer than the limit. */
export type Line = Readonly<{ number: number; text: string | undefined }>;

const CHUNK_BYTES = 1 << 16;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = '\uFEFF';

const textOf = (parts: readonly Buffer[], number: number): string => {
  let bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
  const text = bytes.toString('utf8');
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
};

/**
 * The lines of a file, one chunk in memory at a time. Synchronous, because a replay reads many files in one
 * order and has nothing else to do meanwhile. A last line without a line feed counts; the file is closed when
 * the reader stops early.
 */
export function* readLines(path: string): Generator<Line> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let parts: Buffer[] = [];
    let bytes = 0;
    let number = 1;
    for (;;) {
      const size = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (size === 0) break;
      const filled = chunk.subarray(0, size);
      let start = 0;
      for (let end = filled.indexOf(LINE_FEED); end >= 0; end = filled.indexOf(LINE_FEED, start)) {
        bytes += end - start;
        if (bytes <= LIMITS.lineBytesMax) parts.push(filled.subarray(start, end));
        yield { number, text: bytes <= LIMITS.lineBytesMax ? textOf(parts, number) : undefined };
        number++;
        start = end + 1;
        parts = [];
        bytes = 0;
      }
      bytes += size - start;
      // What is carried over must not be overwritten by the next chunk; of an endless line nothing more is
      // kept.
      if (bytes <= LIMITS.lineBytesMax) parts.push(Buffer.from(filled.subarray(start)));
      else parts = [];
    }
    if (bytes > 0) yield { number, text: bytes <= LIMITS.lineBytesMax ? textOf(parts, number) : undefined };
  } finally {
    closeSync(file);
  }
}
