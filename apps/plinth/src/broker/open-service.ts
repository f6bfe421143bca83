import {
  LogWatch,
  makeLogger,
  observeService,
  openPostgresLog,
  PostgresLeaderLock,
  PostgresSnapshots,
  startTelemetry,
  TailTransport,
} from '@plinth/runtime';
import { telemetryOf } from '@plinth/runtime/config';
import type { MutualTlsFiles } from '@plinth/runtime/grpc';
import { startService } from '@plinth/runtime/nest';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { environment } from '../cli/environment.ts';
import { REAL_CLOCK } from './open-up.ts';
import { untilAborted } from './until-aborted.ts';
import { brokerServices } from './services.ts';

export type OpenServiceOptions = Readonly<{
  name: string;
  database: string;
  host: string;
  port: number;
  tls?: MutualTlsFiles;
}>;

/** Runs one service until the signal. Several of the same name stand by for one another. */
export const openService = async (options: OpenServiceOptions, signal: AbortSignal): Promise<void> => {
  const { name, database, host, port, tls } = options;
  const { PLINTH_CELL: cell, PLINTH_LOG_LEVEL, PLINTH_DESTINATION_DELAY_MS } = environment();
  const destinationDelayMs = PLINTH_DESTINATION_DELAY_MS;
  const services = brokerServices({ cell, adapters: new Map(), destinationDelayMs });
  const definition = services.find((one) => one.name === name);
  if (definition === undefined) throw new CliError(EXIT.usage, `${name}: Expected a service`);
  const telemetry = await startTelemetry(`plinth-${name}`, telemetryOf(environment()));
  const logger = makeLogger(name, PLINTH_LOG_LEVEL);
  const log = await openPostgresLog({ url: database });
  try {
    const service = await startService({
      ...{ definition, log, logger, host, port, clock: REAL_CLOCK },
      transport: new TailTransport(log),
      lock: new PostgresLeaderLock({ url: database, schema: log.schema, service: name }),
      snapshots: new PostgresSnapshots(log),
      ...(tls === undefined ? {} : { tls }),
    });
    logger.info({ address: `${host}:${port}`, position: service.host.last.toString() }, 'serving');
    const watch = new LogWatch(log);
    const stopObserving = observeService(service.runner, watch);
    await untilAborted(signal);
    stopObserving();
    watch.stop();
    await service.stop();
  } finally {
    await log.close();
    await telemetry.stop();
  }
};
