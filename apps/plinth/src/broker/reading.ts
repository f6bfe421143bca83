import { CorruptLog, Retryable } from '@plinth/eventing';
import {
  asOwner,
  DEFAULT_SCHEMA,
  findEmbeddedPostgres,
  openPostgresLog,
  WitnessError,
  type PostgresLog,
} from '@plinth/runtime';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { cellDirectory } from '../cli/cell-directories.ts';
import { stateHome } from '../cli/places.ts';
import { databaseOf, type ReadingOptions } from '../cli/reading-options.ts';
import { cannotOpen, openLog } from './open-log.ts';

/** The directory that was named, or the first of the usual ones that exists; in it that of the cell. */
export const dataDirectory = ({ data, cell }: ReadingOptions): string => {
  const usual = ['data', 'demo'].map((name) => join(stateHome(), name));
  const first = usual.find((directory) => existsSync(directory)) ?? usual[0];
  return cellDirectory(data ?? first ?? '', cell);
};

type Opened = Readonly<{ log: PostgresLog; url: string; close: () => Promise<void> }>;

const openDatabase = async (url: string): Promise<Opened> => {
  const isThere = await asOwner(url, async (client) => {
    const { rows } = await client.query<{ found: unknown }>(
      `SELECT to_regclass('${DEFAULT_SCHEMA}.events') AS found`,
    );
    return rows[0]?.found !== null;
  });
  if (!isThere) {
    throw new CliError(
      EXIT.usage,
      `--database: Expected a database with a log in schema ${DEFAULT_SCHEMA}, was none`,
    );
  }
  const log = await openPostgresLog({ url });
  return { log, url, close: () => log.close() };
};

/** The log of a data directory, beside the process that writes it or without one. */
export const openDirectory = async (directory: string): Promise<Opened> => {
  const found = await findEmbeddedPostgres(join(directory, 'postgres'));
  switch (found.state) {
    case 'absent':
      throw new CliError(
        EXIT.usage,
        `--data ${directory}: Expected a directory with a log, was none: run \`plinth demo\` first`,
      );
    case 'running': {
      const log = await openPostgresLog({ url: found.url, ownerUrl: found.ownerUrl });
      return { log, url: found.url, close: () => log.close() };
    }
    case 'stopped':
      return openLog(directory);
  }
};

/** Runs a command over an existing log, beside the process that writes it or without one. */
export const reading = async (
  options: ReadingOptions,
  /** `url` is the login of the services. */
  run: (log: PostgresLog, directory: string, url: string) => Promise<void>,
): Promise<void> => {
  const database = databaseOf(options);
  if (database !== undefined && options.cell !== undefined)
    throw new CliError(EXIT.usage, '--cell: Expected no --database beside it: a database is of one cell');
  const directory = dataDirectory(options);
  try {
    const { log, url, close } = await (
      database === undefined ? openDirectory(directory) : openDatabase(database)
    ).catch(cannotOpen);
    try {
      await run(log, directory, url);
    } finally {
      await close();
    }
  } catch (error) {
    throw asCliError(error);
  }
};

/** What a person at a shell can do something about. */
export const asCliError = (error: unknown): unknown => {
  if (error instanceof CorruptLog) return new CliError(EXIT.checkFailed, `first bad ${error.message}`);
  if (error instanceof WitnessError) return new CliError(EXIT.checkFailed, error.message);
  if (error instanceof Retryable) return new CliError(EXIT.unavailable, error.message);
  return error;
};
