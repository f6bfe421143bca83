import { Retryable, type AnyService, type Clock } from '@plinth/eventing';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../config/config.ts';
import { tlsOf } from '../config/process-files.ts';
import { cellSettings, processSettings, telemetrySettings } from '../config/settings.ts';
import { PostgresLeaderLock } from '../log/leader-lock.ts';
import { openPostgresLog, type PostgresLog, type PostgresLogOptions } from '../log/postgres-log.ts';
import { startTelemetry } from '../telemetry/export.ts';
import { observeLag } from '../telemetry/instruments.ts';
import { makeLogger, type Logger } from '../telemetry/logger.ts';
import { openTransport } from '../transport/open-transport.ts';
import { startService, type StartedService } from './start-service.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const serviceSettings = {
  ...cellSettings,
  ...processSettings,
  ...telemetrySettings,
} as const;

/** The machine's own clock. */
export const REAL_CLOCK: Clock = { now: () => Date.now() };

/** A process of a cluster: everything up, and how it goes down. */
export type RunningProcess = Readonly<{
  logger: Logger;
  stop: () => Promise<void>;
  /** Rejects with what it cannot go on from. */
  failed: Promise<never>;
}>;

const DATABASE_WAIT_MS = 60_000;
const DATABASE_RETRY_MS = 500;

/** A database that starts at the same time as its services is waited for, not given up on. */
export const openLogPatiently = async (options: PostgresLogOptions): Promise<PostgresLog> => {
  const until = performance.now() + DATABASE_WAIT_MS;
  for (;;) {
    try {
      return await openPostgresLog(options);
    } catch (error) {
      if (!(error instanceof Retryable) || performance.now() > until) throw error;
      await sleep(DATABASE_RETRY_MS);
    }
  }
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

export type ServiceParts = Readonly<{
  definition: AnyService;
  /** What else goes on beside the service's loop, such as asking venues for reports. */
  beside?: (started: StartedService, logger: Logger) => Readonly<{ stop: () => Promise<void> }>;
}>;

/**
 * One service as a process: settings from the environment, its log, the transport that brings the log's
 * events, leadership shared with its replicas, gRPC, telemetry. `make` gets the cell's id.
 * @throws ConfigError naming every setting that is missing or wrong.
 */
export const runService = async (
  name: string,
  environment: Environment,
  make: (cell: string) => ServiceParts,
): Promise<void> => {
  const config = readConfig(serviceSettings, environment);
  const { OTEL_EXPORTER_OTLP_ENDPOINT: collector, PLINTH_DATABASE_URL: url } = config;
  const { PLINTH_DATABASE_OWNER_URL: ownerUrl, PLINTH_HOST: host, PLINTH_PORT: port } = config;
  const telemetry = collector === undefined ? undefined : startTelemetry(`plinth-${name}`, collector);
  const logger = makeLogger(name, config.PLINTH_LOG_LEVEL);
  const log = await openLogPatiently({ url, ...(ownerUrl === undefined ? {} : { ownerUrl }) });
  const transport = openTransport(log);
  const { definition, beside } = make(config.PLINTH_CELL);
  const service = await startService({
    ...{ definition, log, logger, host, port, clock: REAL_CLOCK, transport },
    lock: new PostgresLeaderLock({ url, schema: log.schema, service: name }),
    allowPlaintext: config.PLINTH_PLAINTEXT === 'anywhere',
    ...tlsOf(config),
  });
  const stopLag = observeHead(name, service, log);
  const more = beside?.(service, logger);
  logger.info({ address: `${host}:${port}`, position: service.host.last.toString() }, 'serving');
  await untilStopped({
    logger,
    failed: service.failed,
    stop: async () => {
      stopLag();
      await more?.stop();
      await service.stop();
      await log.close();
      await telemetry?.stop();
    },
  });
};

const HEAD_EVERY_MS = 5_000;

/** Keeps the figure of how far the folds are behind the head of the log. */
const observeHead = (name: string, { host }: StartedService, log: PostgresLog): (() => void) => {
  let head = host.last;
  const timer = setInterval(() => {
    log.head().then(
      ({ position }) => (head = position),
      () => undefined,
    );
  }, HEAD_EVERY_MS);
  const stop = observeLag(name, () => Math.max(0, Number(head - host.last)));
  return () => {
    clearInterval(timer);
    stop();
  };
};
