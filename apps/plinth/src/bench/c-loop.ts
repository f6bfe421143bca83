import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PLAIN_LOOP } from './c-source.ts';
import type { Work } from './measure.ts';

const run = promisify(execFile);

/** Shape of a book: how much there is to sum. `columns` of one width; initial and maintenance make two. */
export type BookShape = Readonly<{
  accounts: number;
  positions: number;
  balances: number;
  instruments: number;
  assets: number;
  places: number;
  underlyings: number;
  groups: number;
  columns: number;
}>;

export type PlainLoop = Readonly<{
  run: (shape: BookShape, forMs: number) => Promise<Work>;
  close: () => Promise<void>;
}>;

/**
 * The arithmetic of a float64 is not loosened: sums in the same order give the same bits, as they do in
 * Plinth.
 */
export const C_FLAGS = ['-O3', '-march=native', '-std=gnu11'] as const;

/** The compiled loop, or why there is none. */
export const compilePlainLoop = async (): Promise<PlainLoop | string> => {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-bench-c-'));
  const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const [source, program] = [join(directory, 'loop.c'), join(directory, 'loop')];
  try {
    await writeFile(source, PLAIN_LOOP);
    await run('cc', [...C_FLAGS, source, '-o', program, '-lm']);
  } catch (error) {
    await close();
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing ? 'no C compiler `cc` on PATH' : `cc failed: ${(error as Error).message.slice(0, 200)}`;
  }
  return {
    close,
    run: async (shape, forMs) => {
      const { accounts, positions, balances, instruments, assets, places } = shape;
      const { underlyings, groups, columns } = shape;
      const words = [accounts, positions, balances, instruments, assets, places, underlyings, groups];
      const { stdout } = await run(program, [...words, columns, forMs].map(String));
      const [units = NaN, ms = NaN] = stdout.split(' ').map(Number);
      return { units, ms };
    },
  };
};
