import { Client, credentials } from '@grpc/grpc-js';
import { ConfigError, integerSetting, optionalTextSetting, readConfig } from '@plinth/runtime/config';
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
  PLINTH_TLS_KEY: optionalTextSetting('file of this process’s private key (PEM)'),
  PLINTH_TLS_CERT: optionalTextSetting('file of its certificate (PEM)'),
  PLINTH_TLS_CA: optionalTextSetting('file of the authority of all services’ certificates (PEM)'),
} as const;

const TIMEOUT_MS = 2_000;
const SERVING = 1;

const channelOf = (config: ReturnType<typeof settings>) => {
  const { PLINTH_TLS_CA: ca, PLINTH_TLS_KEY: key, PLINTH_TLS_CERT: cert } = config;
  if (key === undefined || cert === undefined) return credentials.createInsecure();
  const authority = ca === undefined ? null : readFileSync(ca);
  return credentials.createSsl(authority, readFileSync(key), readFileSync(cert));
};

const settings = () => readConfig(schema, process.env);

/** HealthCheckResponse { ServingStatus status = 1; } */
const statusOf = (bytes: Buffer): number => (bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0);

const check = (): Promise<boolean> =>
  new Promise((resolve) => {
    const config = settings();
    const client = new Client(`127.0.0.1:${config.PLINTH_PROBE_PORT}`, channelOf(config), {
      // The certificate names the service, not this loopback address.
      'grpc.ssl_target_name_override': 'localhost',
    });
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
