import { readFileSync } from 'node:fs';
import {
  loadSigningKey,
  makeLogger,
  openLogPatiently,
  openTransport,
  PostgresSnapshots,
  REAL_CLOCK,
  RemoteCell,
  startTelemetry,
  untilStopped,
  type Environment,
} from '@plinth/runtime';
import {
  cellSettings,
  cellsSettings,
  ConfigError,
  gatewayFiles,
  gatewaySettings,
  homeOf,
  kafkaOf,
  kafkaSettings,
  othersOf,
  parseAddresses,
  peerSettings,
  processSettings,
  readCells,
  snapshotSettings,
  readConfig,
  telemetryOf,
  telemetrySettings,
  tlsOf,
  type CellEntry,
  type CellMap,
} from '@plinth/runtime/config';
import { openHealthPort, type TlsFiles } from '@plinth/runtime/grpc';
import { SCOPES, type OperatorKey, type Scope } from './auth/key-directory.ts';
import { PostgresNonceStore } from './auth/postgres-nonce-store.ts';
import { keepHeads, OtherCell } from './cells/open-cell.ts';
import { openSealingKeyFile } from './client/key-file.ts';
import { ratesOf } from './policy/rate-limits.ts';
import { GatewayServer } from './server/gateway-server.ts';

const schema = {
  ...cellSettings,
  ...cellsSettings,
  ...processSettings,
  ...snapshotSettings,
  ...kafkaSettings,
  ...telemetrySettings,
  ...peerSettings,
  ...gatewaySettings,
  ...gatewayFiles,
} as const;

const isScopes = (found: unknown): found is readonly Scope[] =>
  Array.isArray(found) && found.every((one) => (SCOPES as readonly unknown[]).includes(one));

const operatorKeysOf = (path: string): readonly OperatorKey[] => {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // What a parser says of a text shows some of it, and it may be the wrong file.
    const why = error instanceof SyntaxError ? `Expected JSON in ${path}` : (error as Error).message;
    throw new ConfigError(`PLINTH_OPERATOR_KEYS: ${why}`);
  }
  const keys = (Array.isArray(found) ? found : []) as readonly Partial<Record<string, unknown>>[];
  return keys.map(({ keyId, publicKey, scopes = SCOPES }, n) => {
    const bytes = Buffer.from(typeof publicKey === 'string' ? publicKey : '', 'base64');
    if (!isScopes(scopes))
      throw new ConfigError(
        `PLINTH_OPERATOR_KEYS: Expected scopes of ${SCOPES.join(', ')} at [${n}] of ${path}`,
      );
    if (typeof keyId === 'string' && bytes.length === 32) return { keyId, publicKey: bytes, scopes };
    throw new ConfigError(
      `PLINTH_OPERATOR_KEYS: Expected keyId and publicKey of 32 bytes at [${n}] of ${path}`,
    );
  });
};

const clientTlsOf = (config: {
  PLINTH_GATEWAY_TLS_KEY: string | undefined;
  PLINTH_GATEWAY_TLS_CERT: string | undefined;
  PLINTH_GATEWAY_TLS_CLIENT_CA: string | undefined;
}): Readonly<{ tls?: TlsFiles }> => {
  const { PLINTH_GATEWAY_TLS_KEY: keyFile, PLINTH_GATEWAY_TLS_CERT: certFile } = config;
  const { PLINTH_GATEWAY_TLS_CLIENT_CA: caFile } = config;
  if (keyFile === undefined && certFile === undefined && caFile === undefined) return {};
  if (keyFile === undefined || certFile === undefined)
    throw new ConfigError('PLINTH_GATEWAY_TLS_KEY, PLINTH_GATEWAY_TLS_CERT: Expected both');
  return { tls: { keyFile, certFile, ...(caFile === undefined ? {} : { caFile }) } };
};

/**
 * The other cells of the house. A gateway of several cells stands at the home cell: there it knows where
 * clients are.
 */
const otherEntries = (cells: CellMap | undefined, own: string): readonly CellEntry[] => {
  const home = homeOf(cells, own);
  if (home === own) return othersOf(cells, own);
  throw new ConfigError(`PLINTH_CELL: Expected ${home}, the home cell, for a gateway; was ${own}`);
};

/** A gateway as a process: settings from the environment, services at their addresses. */
export const runGateway = async (environment: Environment): Promise<void> => {
  const config = readConfig(schema, environment);
  const { PLINTH_DATABASE_URL: url, PLINTH_DATABASE_OWNER_URL: ownerUrl, PLINTH_CELL: cellId } = config;
  const map = readCells(config.PLINTH_CELLS, cellId);
  const entries = otherEntries(map, cellId);
  const telemetry = await startTelemetry('plinth-gateway', telemetryOf(config));
  const logger = makeLogger('gateway', config.PLINTH_LOG_LEVEL);
  const operatorKeys = operatorKeysOf(config.PLINTH_OPERATOR_KEYS);
  const sealingKey = openSealingKeyFile(config.PLINTH_SEALING_KEY);
  const key = loadSigningKey(config.PLINTH_HEAD_KEY);
  const log = await openLogPatiently({ url, ...(ownerUrl === undefined ? {} : { ownerUrl }) }, logger);
  const transport = openTransport(log, 'gateway', kafkaOf(config));
  const onCertificateRefused = (error: Error): void =>
    logger.error({ err: error }, 'a certificate is not used');
  const addresses = parseAddresses(config.PLINTH_SERVICES);
  const cell = new RemoteCell({ addresses, ...tlsOf(config), onCertificateRefused });
  const stopping = new AbortController();
  const { signal } = stopping;
  const witnessPath = config.PLINTH_WITNESS;
  const { proofs, ended } = keepHeads({ log, url, key, witnessPath, logger }, signal);
  const others = entries.map((entry) => {
    const security = { ...tlsOf(config), onCertificateRefused, kafka: kafkaOf(config), key, logger };
    // A witness tells one log's history: each has a file of its own.
    return new OtherCell({ entry, ...security, witnessPath: `${witnessPath}.${entry.cell}` }, signal);
  });
  const server = new GatewayServer(
    {
      host: config.PLINTH_GATEWAY_HOST,
      port: config.PLINTH_GATEWAY_PORT,
      connectionsPerAddressMax: config.PLINTH_GATEWAY_CONNECTIONS_PER_ADDRESS,
      allowPlaintext: config.PLINTH_GATEWAY_PLAINTEXT === 'anywhere',
      origins: config.PLINTH_GATEWAY_ORIGINS,
      ...clientTlsOf(config),
      ...{ operatorKeys, sealingKey, onCertificateRefused },
      rates: ratesOf(config.PLINTH_GATEWAY_RATE_PER_KEY, config.PLINTH_GATEWAY_RATE_PER_CLIENT),
    },
    {
      ...{ cell, cellId, log, transport, proofs, clock: REAL_CLOCK },
      takesClients: map?.cells[0]?.takesClients ?? true,
      others: others.map(({ ports }) => ports),
      nonces: new PostgresNonceStore(log, REAL_CLOCK.now()),
      snapshots: {
        ...{ store: new PostgresSnapshots(log), logger },
        every: BigInt(config.PLINTH_SNAPSHOT_EVERY),
      },
      reportBug: (where, error) => logger.error({ where, err: error }, 'a call met a bug'),
    },
  );
  const { PLINTH_GATEWAY_HOST: host, PLINTH_HEALTH_PORT: healthPort } = config;
  const closeHealth = await openHealthPort(server.health, host, healthPort);
  await server.start();
  logger.info({ address: `${config.PLINTH_GATEWAY_HOST}:${server.port}` }, 'serving');
  await untilStopped({
    logger,
    failed: new Promise<never>(() => undefined),
    stop: async () => {
      stopping.abort();
      await server.stop();
      await closeHealth();
      await ended;
      await Promise.all(others.map((other) => other.close()));
      cell.close();
      await log.close();
      await telemetry.stop();
    },
  });
};
