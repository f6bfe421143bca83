import type { Clock } from '@plinth/eventing';
import { makeLogger, startTelemetry } from '@plinth/runtime';
import { telemetryOf } from '@plinth/runtime/config';
import { calmProgram, liveFeed, LiveMarket, openMarketFile, openVenues, tickAt } from '@plinth/simulation';
import { mkdirSync } from 'node:fs';
import { environment } from '../cli/environment.ts';
import { tellHowToCall } from './how-to-call.ts';
import { openLog } from './open-log.ts';
import { startBroker, type Door } from './running-broker.ts';

export type OpenUpOptions = Readonly<{
  directory: string;
  database?: string;
  gateway: Door;
  seed: number;
  logLevel: string;
}>;

/** The machine's own clock: the one place of the broker that reads it. */
export const REAL_CLOCK: Clock = { now: () => Date.now() };

const MARKET_EVERY_MS = 1_000;

/** Runs a broker until the signal. */
export const openUp = async (options: OpenUpOptions, signal: AbortSignal): Promise<void> => {
  const { directory, gateway } = options;
  mkdirSync(directory, { recursive: true });
  const logger = makeLogger('plinth', options.logLevel);
  const { seed, startedAtMs, isDated, ...file } = openMarketFile(directory, options.seed, REAL_CLOCK);
  const datedSinceMs = file.datedSinceMs ?? (isDated === true ? startedAtMs : 0);
  const program = calmProgram(seed, startedAtMs, datedSinceMs);
  const feed = liveFeed(program);
  const telemetry = await startTelemetry('plinth', telemetryOf(environment()));
  const open = await openLog(directory, options.database);
  const clock = REAL_CLOCK;
  const venues = openVenues({ feed, directory }, clock);
  try {
    const market = new LiveMarket(feed, venues, clock, MARKET_EVERY_MS, (now) => tickAt(program, now));
    const broker = await startBroker({
      open,
      directory,
      clock,
      market,
      cell: environment().PLINTH_CELL,
      isFresh: true,
      venues,
      gateway,
      logger,
    });
    tellHowToCall(`${gateway.host}:${broker.port}`, broker.operatorKeyFile);
    try {
      await Promise.race([broker.failed, untilAborted(signal)]);
    } finally {
      await broker.stop();
    }
  } finally {
    for (const venue of venues.values()) venue.close();
    await open.close();
    await telemetry.stop();
  }
};

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
