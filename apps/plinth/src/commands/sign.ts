import type { Command } from 'commander';
import { stateHome } from '../cli/places.ts';
import { join } from 'node:path';

type SignOptions = Readonly<{
  key: string;
  data: string;
  json?: boolean;
  requestId?: string;
  cell?: string;
}>;

export const register = (program: Command): void => {
  program
    .command('sign <method>')
    .description('print the signed headers of one call, as -H options for grpcurl or, with --json, for curl')
    .option('--key <file>', 'key file', join(stateHome(), 'data', 'operator.key.json'))
    .option('--data <json>', 'the request as JSON, exactly as it will be sent', '{}')
    .option('--json', 'sign the JSON itself, byte for byte, for a call of JSON over HTTP')
    .option('--request-id <id>', 'for commands')
    .option('--cell <id>', 'the cell that is meant; for operators of several')
    .action(sign);
};

const sign = async (method: string, options: SignOptions): Promise<void> => {
  const { callSigner } = await import('@plinth/gateway/client');
  const { keyOf } = await import('../calls/connection.ts');
  const { requestBytes } = await import('../cli/request-bytes.ts');
  const path = `/${method.replace(/^\//, '')}`;
  const { data, json: isJson = false, requestId = '', cell = '' } = options;
  // The JSON is held against the message in either case: what does not fit is said before it is sent.
  const bytes = requestBytes(path, data);
  const call = isJson
    ? ({ form: 'json', body: Buffer.from(data) } as const)
    : ({ form: 'proto', body: bytes } as const);
  const headers = callSigner(await keyOf(options.key))({ method: path, ...call, requestId, cell });
  process.stdout.write(`${headers.map(([name, value]) => `-H ${name}:${value}`).join(' ')}\n`);
};
