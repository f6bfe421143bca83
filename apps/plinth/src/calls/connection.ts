import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { ClientKey, GatewayClient, GatewayError } from '@plinth/gateway/client';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { stateHome } from '../cli/places.ts';

export type ConnectionOptions = Readonly<{
  gateway: string;
  key?: string;
  ca?: string;
  timeout: string;
  cell?: string;
  requestId?: string;
}>;

/** Where the broker of this machine leaves its operator's key. */
export const operatorKeyPath = (): string => join(stateHome(), 'data', 'operator.key.json');

export const addConnectionOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--gateway <host:port>', 'the gateway to call').default(environment().PLINTH_GATEWAY),
    )
    .addOption(
      new Option('--key <file>', 'key file (default: the operator key of the local broker)').default(
        environment().PLINTH_KEY,
      ),
    )
    .addOption(
      new Option('--ca <file>', 'certificate of the authority (PEM); plaintext without it').default(
        environment().PLINTH_CA,
      ),
    )
    .addOption(new Option('--timeout <ms>', 'deadline of a call').default('10000'))
    .addOption(new Option('--cell <id>', 'the cell that is meant, where there are several (operators)'));

const timeoutOf = (given: string): number => {
  const value = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= 60_000) return value;
  throw new CliError(EXIT.usage, `--timeout: Expected 1 to 60000 ms, was ${given}`);
};

/** The key of a file, or what is wrong with the file. */
export const keyOf = async (path: string): Promise<ClientKey> => {
  const { KeyFileError, readKeyFile } = await import('@plinth/gateway/client');
  try {
    return readKeyFile(path);
  } catch (error) {
    throw error instanceof KeyFileError ? new CliError(EXIT.usage, `--key: ${error.message}`) : error;
  }
};

/** Calls a gateway and closes the connection; every failure becomes an exit code and one line. */
export const connected = async <T>(
  options: ConnectionOptions,
  work: (client: GatewayClient, keyId: string) => Promise<T>,
): Promise<T> => {
  const { GatewayClient, GatewayError } = await import('@plinth/gateway/client');
  const { readFileSync } = await import('node:fs');
  const { gateway: address, ca, cell } = options;
  if (!ADDRESS.test(address))
    throw new CliError(EXIT.usage, `--gateway: Expected host:port, was ${JSON.stringify(address)}`);
  const timeoutMs = timeoutOf(options.timeout);
  let client: GatewayClient | undefined;
  try {
    const key = await keyOf(options.key ?? operatorKeyPath());
    const authority = ca === undefined ? {} : { ca: readFileSync(ca) };
    const meant = cell === undefined ? {} : { cell };
    client = new GatewayClient({ address, key, timeoutMs, ...authority, ...meant });
    return await work(client, key.keyId);
  } catch (error) {
    if (error instanceof GatewayError) throw new CliError(exitCodeOf(error), sentenceOf(error, address));
    throw error;
  } finally {
    client?.close();
  }
};

const ADDRESS = /^([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):\d{1,5}$/;

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
