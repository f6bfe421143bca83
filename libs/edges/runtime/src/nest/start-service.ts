import 'reflect-metadata';
import type { Server } from '@grpc/grpc-js';
import { NestFactory } from '@nestjs/core';
import { Transport, type GrpcOptions } from '@nestjs/microservices';
import type {
  AnyService,
  Clock,
  EventLog,
  LeaderLock,
  SnapshotStore,
  Transport as LogTransport,
} from '@plinth/eventing';
import { addHealth, openHealthPort, type Health } from '../grpc/health.ts';
import { addReflection } from '../grpc/reflection.ts';
import type { MutualTlsFiles } from '../grpc/certificates.ts';
import { serverCredentials } from '../grpc/credentials.ts';
import { isLoopback } from '../grpc/server.ts';
import { innerServerOptions } from '../rpc/callers.ts';
import { FreeRunner } from '../service/free-runner.ts';
import { ServiceHost } from '../service/service-host.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ServiceCalls } from './service-calls.ts';
import { ServiceLifecycle, serviceModule } from './service-module.ts';

export type StartServiceOptions = Readonly<{
  definition: AnyService;
  log: EventLog;
  transport: LogTransport;
  lock: LeaderLock;
  clock: Clock;
  logger: Logger;
  /** Where the service keeps what its folds know; without it they start from the first event. */
  snapshots?: SnapshotStore;
  /** Events between two of its snapshots; the house's when absent. */
  snapshotEvery?: bigint;
  host: string;
  port: number;
  /** Answers health without TLS; absent or 0: none. */
  healthPort?: number;
  /** Mutual TLS between services; without it only a loopback address is taken. */
  tls?: MutualTlsFiles;
  /** Something else protects the network: plaintext on any address. */
  allowPlaintext?: boolean;
}>;

export type StartedService = Readonly<{
  host: ServiceHost;
  runner: FreeRunner;
  /** Whether this replica reacts. */
  isLeading: () => boolean;
  /**
   * Rejects when the loop has stopped by itself. Health says so by then; queries are still answered, from
   * where the service stands.
   */
  failed: Promise<never>;
  /** Stops taking calls, lets those under way finish, ends the loop. */
  stop: () => Promise<void>;
}>;

const READY_TIMEOUT_MS = 600_000;

/**
 * Runs one service as a process of its own: Nest for its life and its gRPC, health that says serving once the
 * folds have caught up, reflection, graceful stop.
 */
export const startService = async (options: StartServiceOptions): Promise<StartedService> => {
  const { definition, log, clock, logger, transport, lock, host: address, port, tls } = options;
  if (tls === undefined && options.allowPlaintext !== true && !isLoopback(address)) {
    throw new Error(`Expected TLS or a loopback address for ${definition.name}, was ${address}`);
  }
  const { snapshots: store, snapshotEvery: every } = options;
  const host = new ServiceHost(definition, {
    ...{ log, clock },
    ...(store === undefined
      ? {}
      : { snapshots: { store, logger, ...(every === undefined ? {} : { every }) } }),
  });
  const runner = new FreeRunner(host, {
    transport,
    lock,
    onEffectFailed: ({ effect, key }, error) => logger.warn({ effect, key, err: error }, 'an effect failed'),
    onSnapshotFailed: (error) => logger.warn({ err: error }, 'a snapshot could not be kept'),
    onPassing: (error) => logger.warn({ err: error }, 'the log is out of reach, will be tried again'),
    onLeading: (isLeading) =>
      logger.info({ position: host.last.toString() }, isLeading ? 'leading' : 'standing by'),
  });
  let health: Health | undefined;
  const grpc: GrpcOptions['options'] = {
    url: `${address}:${port}`,
    // Nest binds the port and closes it; calls go straight to what answers them.
    ...{ package: [], packageDefinition: {} },
    credentials: serverCredentials(tls, (error) => logger.error({ err: error }, 'a certificate is not used')),
    channelOptions: { ...innerServerOptions(tls) },
    gracefulShutdown: true,
    onLoadPackageDefinition: (_: unknown, server: Server) => {
      const names = app.get(ServiceCalls).addTo(server, definition.name);
      health = addHealth(server, names);
      addReflection(server, names);
    },
  };
  const module = serviceModule(runner, (id, error) => logger.error({ id, err: error }, 'a call met a bug'));
  const app = await NestFactory.createMicroservice(module, {
    transport: Transport.GRPC,
    options: grpc,
    logger: false,
  });
  // Nothing is answered from views that have yet to be folded.
  const { position } = await log.head();
  host.raiseFloor(position);
  await app.listen();
  const closeHealth =
    health === undefined ? undefined : await openHealthPort(health, address, options.healthPort ?? 0);
  const lifecycle = app.get(ServiceLifecycle);
  lifecycle.failed.catch((error: unknown) => {
    health?.set(false);
    logger.fatal({ err: error, position: host.last.toString() }, 'stopped at this position');
    // Another replica may be able to go on.
    void lock.release();
  });
  const isReady = await lifecycle.caughtUp(position, AbortSignal.timeout(READY_TIMEOUT_MS));
  if (isReady) health?.set(true);
  return {
    host,
    runner,
    isLeading: () => runner.isLeading,
    failed: lifecycle.failed,
    stop: async () => {
      health?.set(false);
      await app.close();
      await lock.release();
      await closeHealth?.();
    },
  };
};
