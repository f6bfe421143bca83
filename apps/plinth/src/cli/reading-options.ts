import type { Command } from 'commander';
import { environment } from './environment.ts';

/** Where a command that only looks finds its log. */
export type ReadingOptions = Readonly<{ data?: string; database?: string; cell?: string }>;

const DEFAULT_DATA =
  'data directory (default: .plinth/data, or .plinth/demo when there is no such); it may be in use';

export const addLogOptions = (command: Command, aboutData = DEFAULT_DATA): Command =>
  command
    .option('--data <dir>', aboutData)
    .option('--database <url>', 'a PostgreSQL instead of the embedded one (default: PLINTH_DATABASE_URL)');

/** A command that also calls a gateway has `--cell` already: it means the same cell. */
export const addReadingOptions = (command: Command, aboutData = DEFAULT_DATA): Command => {
  addLogOptions(command, aboutData);
  if (command.options.some(({ long }) => long === '--cell')) return command;
  return command.option('--cell <id>', 'the cell, of a data directory that has several (default: home)');
};

/** The database that a reading command is to open; none means the embedded one of the data directory. */
export const databaseOf = ({ database }: ReadingOptions): string | undefined =>
  database ?? environment().PLINTH_DATABASE_URL;
