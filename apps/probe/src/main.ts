import { Client, credentials } from '@grpc/grpc-js';
import {
  ConfigError,
  integerSetting,
  optionalTextSetting,
  readConfig,
  tlsSettings,
} from '@plinth/runtime/config';
import { readFileSync } from 'node:fs';

/*
 * Asks the standard health service of the process beside it, for containers: exit code 0 when it serves, 1
 * when it does not, 2 when the question could not be asked.
 */

const schema = {
  PLINTH_PROBE_PORT: integerSetting({
    about: 'port to ask on this host',
    fallback: 7410,
    min: 1,
    max: 65_535,
  }),
  ...tlsSettings,
  PLINTH_GATEWAY_TLS_CERT: optionalTextSetting('file of the certificate that a gateway shows to clients'),
} as const;

const TIMEOUT_MS = 2_000;
const SERVING = 1;

/**
 * Whoever answers at this port of this host is the process itself, and it is told nothing: its certificate,
 * which names no loopback address, is not looked at.
 */
const channelOf = (config: ReturnType<typeof settings>) => {
  const { PLINTH_TLS_KEY: key, PLINTH_TLS_CERT: cert, PLINTH_GATEWAY_TLS_CERT: edge } = config;
  if (key === undefined || cert === undefined)
    return edge === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(null, null, null, { rejectUnauthorized: false });
  return credentials.createSsl(null, readFileSync(key), readFileSync(cert), { rejectUnauthorized: false });
};

const settings = () => readConfig(schema, process.env);

/** HealthCheckResponse { ServingStatus status = 1; } */
const statusOf = (bytes: Buffer): number => (bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0);

const check = (): Promise<boolean> =>
  new Promise((resolve) => {
    const config = settings();
    const client = new Client(`127.0.0.1:${config.PLINTH_PROBE_PORT}`, channelOf(config));
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (bytes: Buffer) => bytes,
      statusOf,
      Buffer.alloc(0),
      { deadline: Date.now() + TIMEOUT_MS },
      (error, status) => resolve(error === null && status === SERVING),
    );
  });

try {
  process.exit((await check()) ? 0 : 1);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
