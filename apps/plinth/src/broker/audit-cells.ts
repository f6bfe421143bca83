import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { ConfigError, parseCells } from '@plinth/runtime/config';
import { auditCells, type CellsReport } from '@plinth/simulation';
import { readFileSync } from 'node:fs';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { cannotOpen } from './open-log.ts';

/** The entries of a file of cells, or what is wrong with it. */
const cellsOf = (path: string): ReturnType<typeof parseCells> => {
  try {
    return parseCells(readFileSync(path, 'utf8'));
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(EXIT.usage, error instanceof ConfigError ? message : `--cells: ${message}`);
  }
};

/** Reads the logs of all cells of a house together, and judges what must hold between them. */
export const auditCellsOf = async (path: string): Promise<CellsReport> => {
  const logs = new Map<string, PostgresLog>();
  try {
    for (const { cell, database } of cellsOf(path).cells)
      logs.set(cell, await openPostgresLog({ url: database, isForeign: true }).catch(cannotOpen));
    return await auditCells(logs);
  } finally {
    for (const log of logs.values()) await log.close();
  }
};
