import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields that never reach a log line, wherever they stand in an object. */
const SECRETS = ['secret', 'password', 'signature', 'privateKey', 'authorization', 'databaseUrl'];

/**
 * JSON lines on standard error (standard output belongs to answers), with the name of the service on each.
 */
export const makeLogger = (
  name: string,
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger =>
  pino(
    { name, level, redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' } },
    destination,
  );
