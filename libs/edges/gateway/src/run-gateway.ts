import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  HeadFollower,
  headsOfTable,
  HeadSigner,
  keepInTable,
  loadSigningKey,
  makeLogger,
  openLogPatiently,
  openTransport,
  PostgresLeaderLock,
  PostgresSnapshots,
  REAL_CLOCK,
  RemoteCell,
  startTelemetry,
  untilStopped,
  witnessFile,
  type Environment,
  type Logger,
  type PostgresLog,
  type SigningKey,
} from '@plinth/runtime';
import {
  cellSettings,
  ConfigError,
  gatewayFiles,
  gatewaySettings,
  kafkaOf,
  kafkaSettings,
  parseAddresses,
  peerSettings,
  processSettings,
  snapshotSettings,
  readConfig,
  telemetryOf,
  telemetrySettings,
  tlsOf,
} from '@plinth/runtime/config';
import { openHealthPort, type TlsFiles } from '@plinth/runtime/grpc';
import type { OperatorKey } from './auth/key-directory.ts';
import { PostgresNonceStore } from './auth/postgres-nonce-store.ts';
import { openSealingKeyFile } from './client/key-file.ts';
import { ratesOf } from './policy/rate-limits.ts';
import { followerProofs } from './proofs/proof-source.ts';
import { GatewayServer } from './server/gateway-server.ts';

const schema = {
  ...cellSettings,
  ...processSettings,
  ...snapshotSettings,
  ...kafkaSettings,
  ...telemetrySettings,
  ...peerSettings,
  ...gatewaySettings,
  ...gatewayFiles,
} as const;

const HEADS_EVERY_MS = 1_000;

const operatorKeysOf = (path: string): readonly OperatorKey[] => {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`PLINTH_OPERATOR_KEYS: ${(error as Error).message}`);
  }
  const keys = (Array.isArray(found) ? found : []) as readonly Partial<Record<string, unknown>>[];
  return keys.map(({ keyId, publicKey }, n) => {
    const bytes = Buffer.from(typeof publicKey === 'string' ? publicKey : '', 'base64');
    if (typeof keyId === 'string' && bytes.length === 32) return { keyId, publicKey: bytes };
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

/** Something that is done again and again until the signal; a failure is told and it is tried again. */
const forever = async (
  logger: Logger,
  what: string,
  signal: AbortSignal,
  once: () => Promise<unknown>,
): Promise<void> => {
  while (!signal.aborted) {
    await once().catch((error: unknown) => logger.error({ what, err: error }, 'failed, will be tried again'));
    await sleep(HEADS_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
};

type Signing = Readonly<{
  log: PostgresLog;
  url: string;
  key: SigningKey;
  witnessPath: string;
  logger: Logger;
}>;

/** One gateway of the cell signs heads, whichever holds the lock; all of them prove from the heads signed. */
const signHeads = async (parts: Signing, signal: AbortSignal): Promise<void> => {
  const { log, url, key, witnessPath, logger } = parts;
  const lock = new PostgresLeaderLock({ url, schema: log.schema, service: 'heads' });
  while (!signal.aborted) {
    await lock.acquire(signal).catch(() => undefined);
    if (signal.aborted) break;
    const [logId, witness] = [await log.logId(), witnessFile(witnessPath)];
    const ports = { log, logId, epoch: log.epoch, key, witness, clock: REAL_CLOCK, keep: keepInTable(log) };
    const signer = new HeadSigner(ports);
    while (!signal.aborted && lock.isHeld) {
      await signer.advance().catch((error: unknown) => logger.error({ err: error }, 'no head was signed'));
      await sleep(HEADS_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  await lock.release();
};

/** A gateway as a process: settings from the environment, services at their addresses. */
export const runGateway = async (environment: Environment): Promise<void> => {
  const config = readConfig(schema, environment);
  const { PLINTH_DATABASE_URL: url, PLINTH_DATABASE_OWNER_URL: ownerUrl } = config;
  const telemetry = await startTelemetry('plinth-gateway', telemetryOf(config));
  const logger = makeLogger('gateway', config.PLINTH_LOG_LEVEL);
  const operatorKeys = operatorKeysOf(config.PLINTH_OPERATOR_KEYS);
  const sealingKey = openSealingKeyFile(config.PLINTH_SEALING_KEY);
  const key = loadSigningKey(config.PLINTH_HEAD_KEY);
  const log = await openLogPatiently({ url, ...(ownerUrl === undefined ? {} : { ownerUrl }) });
  const transport = openTransport(log, 'gateway', kafkaOf(config));
  const onCertificateRefused = (error: Error): void =>
    logger.error({ err: error }, 'a certificate is not used');
  const addresses = parseAddresses(config.PLINTH_SERVICES);
  const cell = new RemoteCell({ addresses, ...tlsOf(config), onCertificateRefused });
  const follower = new HeadFollower({ log, heads: headsOfTable(log), publicKey: key.publicKey });
  const stopping = new AbortController();
  const { signal } = stopping;
  const server = new GatewayServer(
    {
      host: config.PLINTH_GATEWAY_HOST,
      port: config.PLINTH_GATEWAY_PORT,
      connectionsPerAddressMax: config.PLINTH_GATEWAY_CONNECTIONS_PER_ADDRESS,
      allowPlaintext: config.PLINTH_GATEWAY_PLAINTEXT === 'anywhere',
      ...clientTlsOf(config),
      ...{ operatorKeys, sealingKey, onCertificateRefused },
      rates: ratesOf(config.PLINTH_GATEWAY_RATE_PER_KEY, config.PLINTH_GATEWAY_RATE_PER_CLIENT),
    },
    {
      ...{
        cell,
        log,
        clock: REAL_CLOCK,
        transport,
        proofs: followerProofs(follower),
      },
      nonces: new PostgresNonceStore(log, REAL_CLOCK.now()),
      snapshots: {
        ...{ store: new PostgresSnapshots(log), logger },
        every: BigInt(config.PLINTH_SNAPSHOT_EVERY),
      },
      reportBug: (where, error) => logger.error({ where, err: error }, 'a call met a bug'),
    },
  );
  const running = [
    signHeads({ log, url, key, witnessPath: config.PLINTH_WITNESS, logger }, signal),
    forever(logger, 'heads', signal, () => follower.advance()),
  ];
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
      await Promise.allSettled(running);
      cell.close();
      await log.close();
      await telemetry.stop();
    },
  });
};
