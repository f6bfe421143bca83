import {
  makeLogger,
  openPostgresLog,
  PostgresLeaderLock,
  PostgresSnapshots,
  startTelemetry,
  TailTransport,
} from '@plinth/runtime';
import type { MutualTlsFiles } from '@plinth/runtime/grpc';
import { startService } from '@plinth/runtime/nest';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { environment } from '../cli/environment.ts';
import { REAL_CLOCK, untilAborted } from './open-up.ts';
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
  const { PLINTH_CELL, PLINTH_LOG_LEVEL, OTEL_EXPORTER_OTLP_ENDPOINT: collector } = environment();
  const definition = brokerServices({ cell: PLINTH_CELL, adapters: new Map() }).find(
    (one) => one.name === name,
  );
  if (definition === undefined) throw new CliError(EXIT.usage, `${name}: Expected a service`);
  const telemetry = collector === undefined ? undefined : startTelemetry(`plinth-${name}`, collector);
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
    await untilAborted(signal);
    await service.stop();
  } finally {
    await log.close();
    await telemetry?.stop();
  }
};
