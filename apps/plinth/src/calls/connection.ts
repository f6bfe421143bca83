import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { GatewayClient, GatewayError } from '@plinth/gateway/client';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { stateHome } from '../cli/places.ts';

export type ConnectionOptions = Readonly<{
  gateway: string;
  key?: string;
  ca?: string;
  timeout: string;
  requestId?: string;
}>;

const DEFAULT_GATEWAY = '127.0.0.1:7400';

/** Where the broker of this machine leaves its operator's key. */
export const operatorKeyPath = (): string => join(stateHome(), 'data', 'operator.key.json');

export const addConnectionOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--gateway <host:port>', 'the gateway to call')
        .env('PLINTH_GATEWAY')
        .default(DEFAULT_GATEWAY),
    )
    .addOption(
      new Option('--key <file>', 'key file (default: the operator key of the local broker)').env(
        'PLINTH_KEY',
      ),
    )
    .addOption(
      new Option('--ca <file>', 'certificate of the authority (PEM); plaintext without it').env('PLINTH_CA'),
    )
    .addOption(new Option('--timeout <ms>', 'deadline of a call').default('10000'));

const timeoutOf = (given: string): number => {
  const value = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= 60_000) return value;
  throw new CliError(EXIT.usage, `--timeout: Expected 1 to 60000 ms, was ${given}`);
};

/** Calls a gateway and closes the connection; every failure becomes an exit code and one line. */
export const connected = async <T>(
  options: ConnectionOptions,
  work: (client: GatewayClient, keyId: string) => Promise<T>,
): Promise<T> => {
  const { GatewayClient, GatewayError, KeyFileError, readKeyFile } = await import('@plinth/gateway/client');
  const { readFileSync } = await import('node:fs');
  const { gateway: address, ca } = options;
  const timeoutMs = timeoutOf(options.timeout);
  let client: GatewayClient | undefined;
  try {
    const key = readKeyFile(options.key ?? operatorKeyPath());
    const authority = ca === undefined ? {} : { ca: readFileSync(ca) };
    client = new GatewayClient({ address, key, timeoutMs, ...authority });
    return await work(client, key.keyId);
  } catch (error) {
    if (error instanceof GatewayError) throw new CliError(exitCodeOf(error), sentenceOf(error, address));
    if (error instanceof KeyFileError) throw new CliError(EXIT.usage, error.message);
    throw error;
  } finally {
    client?.close();
  }
};

const UNAVAILABLE = [
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'INTERNAL',
  'UNKNOWN',
  'CANCELLED',
];

/** gRPC's numbers, so that nothing of gRPC is loaded before a call is made. */
const CODES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE'],
  ...['UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
] as const;

const exitCodeOf = ({ code, isUnknown }: GatewayError): number => {
  if (isUnknown) return EXIT.unknown;
  return UNAVAILABLE.includes(CODES[code] ?? '') ? EXIT.unavailable : EXIT.refused;
};

const sentenceOf = (
  { message, reason, field, requestId, isUnknown }: GatewayError,
  address: string,
): string => {
  const where = message.startsWith('No connection') ? `nobody answers at ${address}: ` : '';
  const again = isUnknown && requestId !== undefined ? `; repeat with --request-id ${requestId}` : '';
  return `${where}${message} (${reason}${field === undefined ? '' : `, ${field}`})${again}`;
};
