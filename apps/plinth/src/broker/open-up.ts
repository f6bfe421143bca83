import type { Clock } from '@plinth/eventing';
import { makeLogger, startTelemetry } from '@plinth/runtime';
import { telemetryOf } from '@plinth/runtime/config';
import {
  calmProgram,
  joinMarketFile,
  liveFeed,
  LiveMarket,
  openMarketFile,
  openVenues,
  tickAt,
  type MarketFile,
} from '@plinth/simulation';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeCells, otherCells, type CellDirectory } from '../cli/cell-directories.ts';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { tellHowToCall } from './how-to-call.ts';
import { openLog } from './open-log.ts';
import { startBroker, type Door } from './running-broker.ts';
import type { CellOptions } from './running-cell.ts';
import { untilAborted } from './until-aborted.ts';

export type OpenUpOptions = Readonly<{
  directory: string;
  database?: string;
  /** Cells of the house; as many as the directory has when it is absent. */
  cells?: number;
  gateway: Door;
  seed: number;
  logLevel: string;
}>;

/** The machine's own clock: the one place of the broker that reads it. */
export const REAL_CLOCK: Clock = { now: () => Date.now() };

const MARKET_EVERY_MS = 1_000;

type Opened = CellOptions & Readonly<{ close: () => Promise<void> }>;

/** The log of one cell and venues of its own, on the market of its file. */
const openCell = async (
  { cell, directory }: CellDirectory,
  { seed, startedAtMs, isDated, ...file }: MarketFile,
  database?: string,
): Promise<Opened> => {
  const datedSinceMs = file.datedSinceMs ?? (isDated === true ? startedAtMs : 0);
  const program = calmProgram(seed, startedAtMs, datedSinceMs);
  const feed = liveFeed(program);
  const open = await openLog(directory, database);
  const venues = openVenues({ feed, directory }, REAL_CLOCK);
  const market = new LiveMarket(feed, venues, REAL_CLOCK, MARKET_EVERY_MS, (now) => tickAt(program, now));
  const close = async (): Promise<void> => {
    for (const venue of venues.values()) venue.close();
    await open.close();
  };
  return { cell, directory, open, venues, market, isFresh: true, close };
};

/** Every cell of the house, the home cell first; into `opened`, so that a start that fails can close them. */
const openCells = async ({ directory, cells, seed, database }: OpenUpOptions, opened: Opened[]) => {
  if (database !== undefined && ((cells ?? 1) > 1 || otherCells(directory).length > 0))
    throw new CliError(
      EXIT.usage,
      '--database: Expected none (nor PLINTH_DATABASE_URL) with --cells: it is of one cell; ' +
        'cells over databases of your own are processes of a cluster',
    );
  const isNew = !existsSync(join(directory, 'postgres'));
  const others = makeCells(directory, cells);
  const market = openMarketFile(directory, seed, REAL_CLOCK);
  const files = others.map((one) => joinMarketFile(one.directory, market, isNew));
  const home = await openCell({ cell: environment().PLINTH_CELL, directory }, market, database);
  opened.push(home);
  for (const [i, one] of others.entries()) opened.push(await openCell(one, files[i] ?? market));
  return home;
};

/** Runs a broker until the signal. */
export const openUp = async (options: OpenUpOptions, signal: AbortSignal): Promise<void> => {
  const { directory, gateway } = options;
  mkdirSync(directory, { recursive: true });
  const logger = makeLogger('plinth', options.logLevel);
  const telemetry = await startTelemetry('plinth', telemetryOf(environment()));
  const cells: Opened[] = [];
  try {
    const home = await openCells(options, cells);
    const common = { clock: REAL_CLOCK, gateway, logger };
    const broker = await startBroker({ ...home, ...common, others: cells.slice(1) });
    tellHowToCall(`${gateway.host}:${broker.port}`, broker.operatorKeyFile);
    try {
      await Promise.race([broker.failed, untilAborted(signal)]);
    } finally {
      await broker.stop();
    }
    // Others went on; that one did not is how this run ended all the same.
    if (broker.failure() !== undefined) throw broker.failure();
  } finally {
    for (const one of cells.reverse()) await one.close();
    await telemetry.stop();
  }
};
