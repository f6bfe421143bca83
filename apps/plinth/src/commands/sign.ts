import type { Command } from 'commander';
import { stateHome } from '../cli/places.ts';
import { join } from 'node:path';

type SignOptions = Readonly<{ key: string; data: string; requestId?: string; cell?: string }>;

export const register = (program: Command): void => {
  program
    .command('sign <method>')
    .description('print the signed headers of one call, as -H options for grpcurl')
    .option('--key <file>', 'key file', join(stateHome(), 'data', 'operator.key.json'))
    .option('--data <json>', 'the request as JSON, exactly as it will be sent', '{}')
    .option('--request-id <id>', 'for commands')
    .option('--cell <id>', 'the cell that is meant; for operators of several')
    .action(sign);
};

const sign = async (method: string, options: SignOptions): Promise<void> => {
  const { randomUUID } = await import('node:crypto');
  const { canonicalText, METADATA, signText } = await import('@plinth/gateway');
  const { keyOf } = await import('../calls/connection.ts');
  const { requestBytes } = await import('../cli/request-bytes.ts');
  const path = `/${method.replace(/^\//, '')}`;
  const key = await keyOf(options.key);
  const { requestId = '', cell = '' } = options;
  const call = { method: path, body: requestBytes(path, options.data), keyId: key.keyId, requestId, cell };
  const signed = { ...call, timestampMs: Date.now(), nonce: randomUUID() };
  const headers: readonly (readonly [string, string])[] = [
    [METADATA.key, key.keyId],
    [METADATA.timestamp, String(signed.timestampMs)],
    [METADATA.nonce, signed.nonce],
    [METADATA.signature, signText(key.algorithm, key.secret, canonicalText(signed)).toString('base64')],
    ...(requestId === '' ? [] : [[METADATA.requestId, requestId] as const]),
    ...(cell === '' ? [] : [[METADATA.cell, cell] as const]),
  ];
  process.stdout.write(`${headers.map(([name, value]) => `-H ${name}:${value}`).join(' ')}\n`);
};
