import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { environment } from './environment.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Most cells of a broker in one process: each has services and a PostgreSQL of its own. */
export const CELLS_MAX = 8;

/** Where the cells are that are not the home cell, in a data directory. */
const FOLDER = 'cells';

const NAME = /^cell([2-9])$/;

/** One cell of a data directory. */
export type CellDirectory = Readonly<{ cell: string; directory: string }>;

const nameOf = (n: number): string => `cell${n}`;

/** Ids of the cells besides the home cell that a data directory has. */
const found = (directory: string): readonly string[] => {
  const folder = join(directory, FOLDER);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => NAME.test(name))
        .sort()
    : [];
};

const inDirectory = (directory: string, cells: readonly string[]): readonly CellDirectory[] =>
  cells.map((cell) => ({ cell, directory: join(directory, FOLDER, cell) }));

/** The cells of a data directory that are not the home cell. */
export const otherCells = (directory: string): readonly CellDirectory[] =>
  inDirectory(directory, found(directory));

/**
 * Makes directories for `count` cells in all, the home cell included; as many as there are without a count.
 * A cell that was there stays: clients are in it.
 */
export const makeCells = (directory: string, count: number | undefined): readonly CellDirectory[] => {
  const there = found(directory);
  const holds = `${directory} holds: ${there.join(', ')}`;
  const last = Number(NAME.exec(there.at(-1) ?? '')?.[1] ?? 1);
  if (count !== undefined && count < last)
    throw new CliError(
      EXIT.usage,
      `--cells ${count}: Expected at least ${last}, was less than what ${holds}`,
    );
  const { PLINTH_CELL: home } = environment();
  const names = Array.from({ length: Math.max(count ?? 1, last) - 1 }, (_, i) => nameOf(i + 2));
  if (names.includes(home))
    throw new CliError(EXIT.usage, `PLINTH_CELL: Expected none of ${names.join(', ')}, was ${home}`);
  const cells = inDirectory(directory, names);
  for (const one of cells) mkdirSync(one.directory, { recursive: true });
  return cells;
};

/** Where a cell's log is in a data directory; the home cell's is the directory itself. */
export const cellDirectory = (directory: string, cell: string | undefined): string => {
  const { PLINTH_CELL: home } = environment();
  if (cell === undefined || cell === home) return directory;
  const others = otherCells(directory);
  const one = others.find((other) => other.cell === cell);
  if (one !== undefined) return one.directory;
  const names = [home, ...others.map((other) => other.cell)].join(', ');
  throw new CliError(EXIT.usage, `--cell ${cell}: Expected a cell of ${directory}: ${names}`);
};

/** The id of the cell whose log is in a directory, and that of the home cell beside it. */
export const cellOfDirectory = (directory: string): Readonly<{ cell: string; home: string }> => {
  const { PLINTH_CELL: home } = environment();
  const path = existsSync(directory) ? realpathSync(directory) : directory;
  const isOther = NAME.test(basename(path)) && basename(dirname(path)) === FOLDER;
  return { cell: isOther ? basename(path) : home, home };
};
