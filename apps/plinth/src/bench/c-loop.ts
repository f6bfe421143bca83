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

export type CProgram = Readonly<{
  /** Runs it with these numbers: it answers with the units it did and the milliseconds they took. */
  run: (...given: readonly number[]) => Promise<Work>;
  close: () => Promise<void>;
}>;

/** The compiled program, or why there is none. */
export const compileC = async (text: string): Promise<CProgram | string> => {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-bench-c-'));
  const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const [source, program] = [join(directory, 'loop.c'), join(directory, 'loop')];
  try {
    await writeFile(source, text);
    await run('cc', [...C_FLAGS, source, '-o', program, '-lm']);
  } catch (error) {
    await close();
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing ? 'no C compiler `cc` on PATH' : `cc failed: ${(error as Error).message.slice(0, 200)}`;
  }
  return {
    close,
    run: async (...given) => {
      const { stdout } = await run(program, given.map(String));
      const [units = NaN, ms = NaN] = stdout.split(' ').map(Number);
      return { units, ms };
    },
  };
};

/** The plain loop of margin, or why there is none. */
export const compilePlainLoop = async (): Promise<PlainLoop | string> => {
  const program = await compileC(PLAIN_LOOP);
  if (typeof program === 'string') return program;
  return {
    close: program.close,
    run: (shape, forMs) => {
      const { accounts, positions, balances, instruments, assets, places } = shape;
      const { underlyings, groups, columns } = shape;
      const words = [accounts, positions, balances, instruments, assets, places, underlyings, groups];
      return program.run(...words, columns, forMs);
    },
  };
};
