import { CorruptLog, type AnyCellLink, type AnyService } from '@plinth/eventing';
import { HistoryForked } from '../audit/history-forked.ts';
import { homeOf, othersOf, readCells, type CellMap } from '../config/cells.ts';
import { readConfig } from '../config/config.ts';
import { kafkaOf, telemetryOf, tlsOf, type KafkaCell } from '../config/process-files.ts';
import {
  cellSettings,
  cellsSettings,
  kafkaSettings,
  processSettings,
  snapshotSettings,
  telemetrySettings,
} from '../config/settings.ts';
import { followCell, openCell } from '../link/follow-cell.ts';
import { PostgresLeaderLock } from '../log/leader-lock.ts';
import { PostgresSnapshots } from '../log/snapshot-store.ts';
import { openLogPatiently, REAL_CLOCK, untilStopped, type Environment } from '../process/run-process.ts';
import { observeService } from '../service/observe-service.ts';
import { PoisonEvent } from '../service/host-failures.ts';
import { startTelemetry } from '../telemetry/export.ts';
import { LogWatch } from '../telemetry/log-watch.ts';
import { makeLogger, type Logger } from '../telemetry/logger.ts';
import { openTransport } from '../transport/open-transport.ts';
import { startService, type StartedService } from './start-service.ts';

export const serviceSettings = {
  ...cellSettings,
  ...cellsSettings,
  ...processSettings,
  ...snapshotSettings,
  ...kafkaSettings,
  ...telemetrySettings,
} as const;

export type ServiceLink = Readonly<{
  link: AnyCellLink;
  from: 'home' | 'others';
  everyMs?: number;
  lookBack?: bigint;
}>;

export type ServiceParts = Readonly<{
  definition: AnyService;
  /** What the service takes over from the logs of other cells: of all of them, or of the home cell. */
  links?: readonly ServiceLink[];
  /** What else goes on beside the service's loop, such as asking venues for reports. */
  beside?: (started: StartedService, logger: Logger) => Readonly<{ stop: () => Promise<void> }>;
  /**
   * Lets go of what its effects use, such as connections to venues, once nothing of the service goes on:
   * earlier a call under way would fail, and be taken for the venue's failure.
   */
  close?: () => void;
}>;

/**
 * One service as a process: settings from the environment, its log, the transport that brings the log's
 * events, leadership shared with its replicas, gRPC, telemetry. `make` gets the ids of the cell and of the
 * home cell.
 * @throws ConfigError naming every setting that is missing or wrong.
 */
export const runService = async (
  name: string,
  environment: Environment,
  make: (cell: string, home: string) => ServiceParts,
): Promise<void> => {
  const config = readConfig(serviceSettings, environment);
  const cells = readCells(config.PLINTH_CELLS, config.PLINTH_CELL);
  const {
    PLINTH_DATABASE_URL: url,
    PLINTH_DATABASE_OWNER_URL: ownerUrl,
    PLINTH_HOST: host,
    PLINTH_PORT: port,
  } = config;
  const telemetry = await startTelemetry(`plinth-${name}`, telemetryOf(config));
  const logger = makeLogger(name, config.PLINTH_LOG_LEVEL);
  const log = await openLogPatiently({ url, ...(ownerUrl === undefined ? {} : { ownerUrl }) }, logger);
  const transport = openTransport(log, name, kafkaOf(config));
  const home = homeOf(cells, config.PLINTH_CELL);
  const { definition, beside, close, links = [] } = make(config.PLINTH_CELL, home);
  const service = await startService({
    ...{ definition, log, logger, host, port, clock: REAL_CLOCK, transport },
    healthPort: config.PLINTH_HEALTH_PORT,
    lock: new PostgresLeaderLock({ url, schema: log.schema, service: name }),
    snapshots: new PostgresSnapshots(log),
    snapshotEvery: BigInt(config.PLINTH_SNAPSHOT_EVERY),
    allowPlaintext: config.PLINTH_PLAINTEXT === 'anywhere',
    ...tlsOf(config),
  });
  const watch = new LogWatch(log);
  const stopObserving = observeService(service.runner, watch);
  const stopTelling = tellStates(service, logger);
  const more = beside?.(service, logger);
  const followers = follow(links, {
    cells,
    own: config.PLINTH_CELL,
    service,
    logger,
    kafka: kafkaOf(config),
  });
  logger.info({ address: `${host}:${port}`, position: service.host.last.toString() }, 'serving');
  await untilStopped({
    logger,
    failed: service.failed.catch((error: unknown) => {
      // What it cannot read it would not read after a restart either: it stays up, not ready, for questions.
      if (isStanding(error)) return new Promise<never>(() => undefined);
      throw error;
    }),
    stop: async () => {
      stopObserving();
      watch.stop();
      stopTelling();
      await more?.stop();
      await Promise.all(followers.map((follower) => follower.stop()));
      await service.stop();
      close?.();
      await log.close();
      await telemetry.stop();
    },
  });
};

/** The service stands at a position of the log that it must not pass over: an operator is needed. */
const isStanding = (error: unknown): boolean =>
  error instanceof PoisonEvent || error instanceof CorruptLog || error instanceof HistoryForked;

type LinkPorts = Readonly<{
  cells: CellMap | undefined;
  own: string;
  service: StartedService;
  logger: Logger;
  kafka: KafkaCell | undefined;
}>;

/** One follower for each link and each cell that it is about. */
const follow = (
  links: readonly ServiceLink[],
  { cells, own, service: { host, isLeading }, logger, kafka }: LinkPorts,
): readonly ReturnType<typeof followCell>[] =>
  links.flatMap(({ from, ...link }) =>
    othersOf(cells, own)
      .filter(({ cell }) => from === 'others' || cell === cells?.home)
      .map((entry) =>
        followCell({
          ...{ ...link, host, isLeading, logger, from: entry.cell },
          open: () => openCell(entry, host.name, kafka),
        }),
      ),
  );

/**
 * On SIGUSR2 a process says in its log what its views hold, by hash: replicas at one position must say the
 * same, and so must a replay of the log (`plinth replay --check`, which reads such lines).
 */
const tellStates = ({ host }: StartedService, logger: Logger): (() => void) => {
  const tell = (): void => {
    const position = host.last.toString();
    const states = [...host.hashes()].map(([view, hash]) => {
      const revision = host.views[view]?.revision ?? 0;
      return { position, service: host.name, view, revision, hash };
    });
    logger.info({ states }, 'state');
  };
  process.on('SIGUSR2', tell);
  return () => process.off('SIGUSR2', tell);
};
