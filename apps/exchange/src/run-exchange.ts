import { Server } from '@grpc/grpc-js';
import { serveVenues, type Around } from '@plinth/connectors';
import {
  makeLogger,
  REAL_CLOCK,
  RemoteCell,
  rpcMethod,
  startTelemetry,
  traceCall,
  untilStopped,
  innerServerOptions,
  type CellClient,
  type Environment,
  type Logger,
} from '@plinth/runtime';
import {
  cellSettings,
  cellsSettings,
  homeOf,
  integerSetting,
  parseAddresses,
  peerSettings,
  processSettings,
  readCells,
  readConfig,
  telemetrySettings,
  telemetryOf,
  textSetting,
  tlsOf,
} from '@plinth/runtime/config';
import {
  addHealth,
  bind,
  isLoopback,
  openHealthPort,
  serverCredentials,
  shutDown,
} from '@plinth/runtime/grpc';
import { openMarket } from '@plinth/simulation';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program, serveProgram } from './program.ts';

const { PLINTH_DATABASE_URL: _url, PLINTH_DATABASE_OWNER_URL: _owner, ...ownSettings } = processSettings;

const schema = {
  ...ownSettings,
  ...cellSettings,
  ...cellsSettings,
  ...telemetrySettings,
  ...peerSettings,
  PLINTH_MARKET_DATA: textSetting({
    about: 'directory of the venues’ journals',
    fallback: '.plinth/exchange',
  }),
  PLINTH_MARKET_SEED: integerSetting({ about: 'seed of the prices', fallback: 1, min: 0, max: 2 ** 31 - 1 }),
} as const;

const STOP_GRACE_MS = 5_000;
const RETRY_MS = 1_000;

/** A query of every service that costs nothing: asked with a position, it waits for it. */
const CHEAP_QUERIES = ['ListInstruments', 'ListVenues', 'ListPools', 'ListBreaches', 'ListAssets'] as const;

const READ_TIMEOUT_MS = 30_000;

const waitAll =
  (cell: CellClient) =>
  (position: bigint): Promise<unknown> =>
    Promise.all(
      CHEAP_QUERIES.map((name) => {
        const empty = rpcMethod(name, 'query').decodeRequest(new Uint8Array()) as object;
        const request = { ...empty, read: { minPosition: position } };
        return cell.query(name, request, AbortSignal.timeout(READ_TIMEOUT_MS));
      }),
    );

const play = async (
  program: Program,
  cell: RemoteCell,
  isHome: boolean,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> => {
  let isOpen = false;
  while (!signal.aborted) {
    try {
      if (!isOpen) {
        await openMarket(program.market.feed, cell, waitAll(cell));
        isOpen = true;
        logger.info('the market is open');
      }
      // Marks are judged in the home cell; in any other the venues move, and that is all.
      if (isHome) await program.market.tick(cell);
      else program.market.move();
    } catch (error) {
      logger.warn({ err: error }, 'the market could not move, will be tried again');
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
    await sleep(program.market.everyMs, undefined, { signal }).catch(() => undefined);
  }
};

/** Calls that are asked all the time, by every router, are not worth a span. */
const around: Around = (call, traceparent, run) =>
  traceparent === undefined ? run() : traceCall(call.slice(1), traceparent, run);

/**
 * A market for a cluster that has no real one: simulated venues behind one address, and the prices of several
 * sources, published as an operator.
 */
export const runExchange = async (environment: Environment): Promise<void> => {
  const config = readConfig(schema, environment);
  const logger = makeLogger('exchange', config.PLINTH_LOG_LEVEL);
  const telemetry = await startTelemetry('plinth-exchange', telemetryOf(config));
  const { PLINTH_CELL: own } = config;
  const isHome = homeOf(readCells(config.PLINTH_CELLS, own), own) === own;
  const { PLINTH_HOST: host, PLINTH_PORT: port, PLINTH_MARKET_DATA: directory } = config;
  const security = tlsOf(config);
  if (security.tls === undefined && config.PLINTH_PLAINTEXT !== 'anywhere' && !isLoopback(host))
    throw new Error(
      `Expected TLS or a loopback address, was ${host}: set PLINTH_TLS_KEY and PLINTH_TLS_CERT`,
    );
  mkdirSync(directory, { recursive: true });
  const program = new Program(directory, config.PLINTH_MARKET_SEED, REAL_CLOCK);
  const { venues } = program;
  const cell = new RemoteCell({ addresses: parseAddresses(config.PLINTH_SERVICES), ...security });
  const server = new Server(innerServerOptions(security.tls));
  serveVenues(server, venues, around);
  serveProgram(server, program);
  const health = addHealth(server, ['plinth.venue.v1.VenueTrading']);
  await bind(server, host, port, serverCredentials(security.tls));
  const closeHealth = await openHealthPort(health, host, config.PLINTH_HEALTH_PORT);
  health.set(true);
  logger.info({ address: `${host}:${port}`, venues: [...venues.keys()] }, 'serving');
  const stopping = new AbortController();
  const playing = play(program, cell, isHome, logger, stopping.signal);
  await untilStopped({
    logger,
    failed: playing as Promise<never>,
    stop: async () => {
      stopping.abort();
      health.set(false);
      await playing;
      await shutDown(server, STOP_GRACE_MS);
      await closeHealth();
      cell.close();
      for (const venue of venues.values()) venue.close();
      await telemetry.stop();
    },
  });
};
