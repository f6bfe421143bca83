import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { assert } from '@plinth/money';
import { LIMITS } from './limits.ts';

/**
 * The memory of a simulated exchange: lines, appended before they have their effect, read once at the start.
 */
export interface VenueJournal {
  /** Returns when the line is kept (it then survives the end of the process, not of the machine). */
  append(line: string): void;
  lines(): Iterable<string>;
  close(): void;
}

export const memoryJournal = (
  kept: readonly string[] = [],
): VenueJournal & { readonly kept: readonly string[] } => {
  const all = [...kept];
  return {
    kept: all,
    append: (line) => void all.push(line),
    lines: () => [...all],
    close: () => undefined,
  };
};

const CHUNK_BYTES = 1 << 16;
const LINE_FEED = 10;

/** Complete lines of an open file, and in `end` where the last of them ends. */
function* completeLines(file: number, end: { offset: number }): Generator<string> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  let at = 0;
  for (;;) {
    const size = readSync(file, chunk, 0, CHUNK_BYTES, at);
    if (size === 0) return;
    let start = 0;
    for (
      let feed = chunk.indexOf(LINE_FEED);
      feed >= 0 && feed < size;
      feed = chunk.indexOf(LINE_FEED, start)
    ) {
      const line = Buffer.concat([...carried, chunk.subarray(start, feed)]).toString('utf8');
      carried = [];
      carriedBytes = 0;
      start = feed + 1;
      end.offset = at + start;
      yield line;
    }
    carried.push(Buffer.from(chunk.subarray(start, size)));
    carriedBytes += size - start;
    assert(
      carriedBytes <= 4 * LIMITS.journalLineMax,
      () => `Expected journal lines of ${LIMITS.journalLineMax}`,
    );
    at += size;
  }
}

/**
 * A journal in a file that one process at a time has open. A line that was cut off by a crash is dropped: its
 * operation was never answered. The file is made when it does not exist.
 */
export const fileJournal = (path: string): VenueJournal => {
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
  const end = { offset: 0 };
  for (const line of completeLines(file, end)) void line;
  ftruncateSync(file, end.offset);
  let offset = end.offset;
  return {
    append: (line) => {
      assert(
        !line.includes('\n') && line.length <= LIMITS.journalLineMax,
        'Expected one line within the limit',
      );
      const bytes = Buffer.from(`${line}\n`, 'utf8');
      for (let written = 0; written < bytes.length;) {
        written += writeSync(file, bytes, written, bytes.length - written, offset + written);
      }
      offset += bytes.length;
    },
    lines: () => {
      assert(fstatSync(file).size === offset, 'Expected the journal to have one writer');
      return completeLines(file, { offset: 0 });
    },
    close: () => closeSync(file),
  };
};
