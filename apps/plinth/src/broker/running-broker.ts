import type { SimulatedVenue } from '@plinth/connectors';
import type { Clock } from '@plinth/eventing';
import {
  GatewayServer,
  PostgresNonceStore,
  ratesOf,
  signerProofs,
  type GatewayConfig,
} from '@plinth/gateway';
import type { RoutingViews } from '@plinth/routing';
import type { ObservedVenue } from '@plinth/runtime';
import {
  FreeRunner,
  InProcessCell,
  LogWatch,
  observedVenues,
  observeService,
  PostgresLeaderLock,
  PostgresSnapshots,
  ServiceHost,
  TailTransport,
  witnessFile,
  type HeadSigner,
  type Logger,
  type SnapshotPorts,
  type Witness,
} from '@plinth/runtime';
import { assert } from '@plinth/money';
import { MarketRefused, openMarket, type LiveMarket } from '@plinth/simulation';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { auditFiles, openHeadSigner } from './audit-trail.ts';
import { Loops } from './loops.ts';
import { openSecrets } from './secrets.ts';
import type { OpenLog } from './open-log.ts';
import { brokerServices } from './services.ts';
import { recordHashes } from './state-hashes.ts';
import { takeAllReports } from './take-reports.ts';

/** Where the gateway listens, and how it is protected. */
export type Door = Pick<GatewayConfig, 'host' | 'port' | 'tls' | 'allowPlaintext'>;

export type RunningBrokerOptions = Readonly<{
  open: OpenLog;
  /** Id of the cell. */
  cell: string;
  directory: string;
  clock: Clock;
  market: LiveMarket;
  venues: ReadonlyMap<string, SimulatedVenue>;
  /** Lists the market's assets and the like; does nothing where that was done. */
  isFresh: boolean;
  gateway: Door;
  logger: Logger;
}>;

export type RunningBroker = Readonly<{
  port: number;
  operatorKeyFile: string;
  cell: InProcessCell;
  /** Settles when the broker has to stop by itself: a service met an event that it cannot go on from. */
  failed: Promise<never>;
  stop: () => Promise<void>;
}>;

const HEAD_EVERY_MS = 1_000;
const POLL_EVERY_MS = 100;
const READY_TIMEOUT_MS = 600_000;
const FOLD_TIMEOUT_MS = 30_000;

const asRefusal = (error: unknown): never => {
  throw error instanceof MarketRefused ? new CliError(EXIT.refused, error.message) : error;
};

const inAll =
  (hosts: readonly ServiceHost[]) =>
  (position: bigint): Promise<unknown> =>
    Promise.all(hosts.map((host) => host.waitFor(position, AbortSignal.timeout(FOLD_TIMEOUT_MS))));

/** A whole broker at its own pace in this process: services, venues, prices, tree heads and the gateway. */
export const startBroker = async (options: RunningBrokerOptions): Promise<RunningBroker> => {
  const { open, directory, clock, venues, logger } = options;
  const snapshots = snapshotsOf(options);
  const adapters = observedVenues(venues.values());
  const hosts = brokerServices({ cell: options.cell, adapters }).map(
    (definition) => new ServiceHost(definition, { log: open.log, clock, snapshots }),
  );
  const cell = new InProcessCell(hosts);
  const loops = new Loops(logger);
  const locks = hosts.map(
    ({ name }) => new PostgresLeaderLock({ url: open.url, schema: open.log.schema, service: name }),
  );
  const watch = new LogWatch(open.log);
  const observed = hosts.map((host, i) => {
    const one = runner(host, locks[i] as PostgresLeaderLock, options);
    loops.run(host.name, (signal) => one.run(signal));
    return observeService(one, watch);
  });
  const stop = async (): Promise<void> => {
    for (const end of observed) end();
    watch.stop();
    await loops.stop();
    await Promise.all(locks.map((lock) => lock.release()));
  };
  try {
    const { position } = await open.log.head();
    await Promise.all(hosts.map((host) => host.waitFor(position, AbortSignal.timeout(READY_TIMEOUT_MS))));
    const witness = witnessFile(auditFiles(directory).witness);
    const signer = await openHeadSigner(open.log, directory, clock, witness);
    loops.every('tree heads', HEAD_EVERY_MS, () => signer.advance());
    await startMarket(options, loops, hosts, cell, adapters);
    const gateway = await startGateway(options, cell, signer, witness);
    return {
      port: gateway.port,
      operatorKeyFile: openSecrets(directory).operatorKeyFile,
      cell,
      failed: loops.failed,
      stop: async () => {
        await gateway.stop();
        await stop();
        recordHashes(directory, hosts);
        await signer.advance();
      },
    };
  } catch (error) {
    // What has started must not outlive a start that failed.
    await stop();
    throw error;
  }
};

/**
 * What venues report and what the market does, from now on; lists the market first where that was not done.
 */
const startMarket = async (
  { market, isFresh }: RunningBrokerOptions,
  loops: Loops,
  hosts: readonly ServiceHost[],
  cell: InProcessCell,
  venues: ReadonlyMap<string, ObservedVenue>,
): Promise<void> => {
  const routing = hosts.find(({ name }) => name === 'routing');
  assert(routing !== undefined, 'Expected routing in this cell');
  const { health } = routing.views as unknown as RoutingViews;
  loops.every('venue reports', POLL_EVERY_MS, (signal) =>
    takeAllReports(venues.values(), health, cell, signal),
  );
  if (isFresh) await openMarket(market.feed, cell, inAll(hosts)).catch(asRefusal);
  loops.every('market', market.everyMs, () => market.tick(cell));
};

const runner = (
  host: ServiceHost,
  lock: PostgresLeaderLock,
  { open, logger }: RunningBrokerOptions,
): FreeRunner =>
  new FreeRunner(host, {
    transport: new TailTransport(open.log),
    lock,
    onEffectFailed: ({ effect, key }, error) => {
      logger.warn(
        { service: host.name, effect, key, err: error },
        'an effect failed: its outcome will be asked for',
      );
    },
    onSnapshotFailed: (error) =>
      logger.warn({ service: host.name, err: error }, 'a snapshot could not be kept'),
    onPassing: (error) =>
      logger.warn({ service: host.name, err: error }, 'the log is out of reach, will be tried again'),
  });

const snapshotsOf = ({ open, logger }: RunningBrokerOptions): SnapshotPorts => ({
  store: new PostgresSnapshots(open.log),
  logger,
});

const startGateway = async (
  options: RunningBrokerOptions,
  cell: InProcessCell,
  signer: HeadSigner,
  witness: Witness,
): Promise<GatewayServer> => {
  const { open, directory, gateway, logger } = options;
  const { operatorKeys, sealingKey } = openSecrets(directory);
  const { PLINTH_GATEWAY_RATE_PER_KEY: perKey, PLINTH_GATEWAY_RATE_PER_CLIENT: perClient } = environment();
  const server = new GatewayServer(
    { ...gateway, operatorKeys, sealingKey, rates: ratesOf(perKey, perClient) },
    {
      cell,
      // Callers sign with the time of their own machines, whatever time the cell lives in.
      clock: { now: () => Date.now() },
      nonces: new PostgresNonceStore(open.log, Date.now()),
      log: open.log,
      transport: new TailTransport(open.log),
      snapshots: snapshotsOf(options),
      reportBug: (where, error) => logger.error({ where, err: error }, 'a call met a bug'),
      proofs: signerProofs(signer, witness, open.log),
    },
  );
  await server.start();
  return server;
};
