import type { Clock } from '@plinth/eventing';
import { ConfigError } from '../config/config.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgresLog, type PostgresLog, type PostgresLogOptions } from '../log/postgres-log.ts';
import { isPassing } from '../service/host-failures.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What a main passes on of its process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The machine's own clock. */
export const REAL_CLOCK: Clock = { now: () => Date.now() };

/** A process of a cluster: everything up, and how it goes down. */
export type RunningProcess = Readonly<{
  logger: Logger;
  stop: () => Promise<void>;
  /** Rejects with what it cannot go on from. */
  failed: Promise<never>;
}>;

const PATIENCE_MS = 60_000;
const RETRY_MS = 500;

/**
 * Runs a step of a start again for as long as what hinders it passes, up to a minute: a step that may be run
 * again, such as one that reads. `onWait` hears of the first hindrance.
 */
export const patiently = async <T>(
  step: () => Promise<T>,
  onWait: (error: unknown) => void = () => undefined,
): Promise<T> => {
  const until = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (!isPassing(error) || performance.now() > until) throw error;
      if (attempt === 1) onWait(error);
      await sleep(RETRY_MS);
    }
  }
};

/**
 * A database that starts at the same time as its services is waited for, and that is said once. A URL that is
 * none is not waited for.
 */
export const openLogPatiently = async (options: PostgresLogOptions, logger: Logger): Promise<PostgresLog> => {
  if (!URL.canParse(options.url))
    throw new ConfigError(
      'PLINTH_DATABASE_URL: Expected a URL like postgresql://user:password@host:5432/name',
    );
  return patiently(
    () => openPostgresLog(options),
    (error) => logger.warn({ err: error }, 'the database is waited for'),
  );
};

/** Until SIGTERM or Ctrl-C, or until the process fails by itself; then down in good order. */
export const untilStopped = async ({ failed, stop, logger }: RunningProcess): Promise<void> => {
  const asked = Promise.withResolvers<string>();
  const ask = (signal: string): void => asked.resolve(signal);
  process.once('SIGINT', ask);
  process.once('SIGTERM', ask);
  try {
    const signal = await Promise.race([asked.promise, failed]);
    logger.info({ signal }, 'stopping');
  } catch (error) {
    logger.fatal({ err: error }, 'cannot go on');
    process.exitCode = 1;
  } finally {
    await stop();
  }
};
