import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { ConfigError, parseCells } from '@plinth/runtime/config';
import { auditCells, type CellsReport } from '@plinth/simulation';
import { readFileSync } from 'node:fs';
import { cellOfDirectory, otherCells } from '../cli/cell-directories.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { cannotOpen } from './open-log.ts';
import { openDirectory } from './reading.ts';

/** The entries of a file of cells, or what is wrong with it. */
const cellsOf = (path: string): ReturnType<typeof parseCells> => {
  try {
    return parseCells(readFileSync(path, 'utf8'));
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(EXIT.usage, error instanceof ConfigError ? message : `--cells: ${message}`);
  }
};

type Opened = Readonly<{ log: PostgresLog; close: () => Promise<void> }>;

/** Opens the log of every cell, judges what must hold between them, and closes them. */
const auditOpened = async (
  cells: readonly (readonly [cell: string, open: () => Promise<Opened>])[],
): Promise<CellsReport> => {
  const opened = new Map<string, Opened>();
  try {
    for (const [cell, open] of cells) opened.set(cell, await open().catch(cannotOpen));
    return await auditCells(new Map([...opened].map(([cell, { log }]) => [cell, log])));
  } finally {
    for (const { close } of opened.values()) await close();
  }
};

/** Reads the logs of all cells of a house together, and judges what must hold between them. */
export const auditCellsOf = (path: string): Promise<CellsReport> =>
  auditOpened(
    cellsOf(path).cells.map(({ cell, database }) => [
      cell,
      async () => {
        const log = await openPostgresLog({ url: database, isForeign: true });
        return { log, close: () => log.close() };
      },
    ]),
  );

/** The same of the cells of a broker in one process, which may be running. */
export const auditCellsIn = (directory: string): Promise<CellsReport> => {
  const { cell, home } = cellOfDirectory(directory);
  const others = otherCells(directory);
  if (cell !== home || others.length === 0)
    throw new CliError(EXIT.usage, `--data ${directory}: Expected the directory of several cells`);
  return auditOpened(
    [{ cell: home, directory }, ...others].map((one) => [one.cell, () => openDirectory(one.directory)]),
  );
};
