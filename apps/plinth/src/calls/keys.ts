import { Option, type Command } from 'commander';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption } from '../cli/output.ts';
import { addConnectionOptions, connected } from './connection.ts';
import { printAnswer } from './print-answer.ts';
import { emptyOf, send, type CallOptions } from './run-call.ts';

type IssueOptions = CallOptions &
  Readonly<{ out: string; algorithm: 'ed25519' | 'hmac-sha256'; scope: readonly string[] }>;

const SCOPES = ['read', 'trade', 'transfer', 'withdraw', 'operate'];

/**
 * `keys issue`: the key is made here, its secret stays here; the broker gets what it needs to check a
 * signature.
 */
export const addKeyIssue = (keys: Command): void => {
  addConnectionOptions(keys.command('issue'))
    .description('make a key, issue it to a client and write the key file (operators)')
    .argument('<client>', 'client id')
    .argument('<name>', 'name of the key; its id is {client}.{name}')
    .requiredOption('--out <file>', 'new key file, readable by its owner only')
    .addOption(
      new Option('--algorithm <name>', 'how it signs').choices(['ed25519', 'hmac-sha256']).default('ed25519'),
    )
    .addOption(
      new Option('--scope <scope...>', 'what it may do')
        .choices(SCOPES)
        .default(['read', 'trade'], 'read trade'),
    )
    .option('--request-id <id>', 'send the same again under the id of the first time')
    .addOption(outputOption())
    .action((clientId: string, name: string, options: IssueOptions) => issue(clientId, name, options));
};

const issue = async (clientId: string, name: string, options: IssueOptions): Promise<void> => {
  const { existsSync } = await import('node:fs');
  const { makeKey, readKeyFile, verifierOf, writeKeyFile } = await import('@plinth/gateway/client');
  const method = 'Operations.IssueApiKey';
  const { algorithm, out } = options;
  const keyId = `${clientId}.${name}`;
  await connected(options, async (client) => {
    // The file is there before the key is: a key that nobody holds the secret of would be lost for ever.
    const isRepeated = existsSync(out) && options.requestId !== undefined;
    if (!isRepeated && existsSync(out))
      throw new CliError(EXIT.usage, `--out: Expected a new file, was ${out}`);
    if (!isRepeated) writeKeyFile(out, makeKey(keyId, algorithm));
    const verifier = verifierOf(readKeyFile(out));
    const request = {
      ...(await emptyOf(method)),
      clientId,
      keyId,
      algorithm,
      verifier,
      scopes: options.scope,
    };
    const requestId = options.requestId ?? keyId;
    const receipt = await send(client, method, request, requestId);
    printAnswer({ ...receipt, requestId, keyFile: out }, options.output);
  });
};

/** `keys init`: what the gateways of a new cluster need, made once. */
export const addKeyInit = (keys: Command): void => {
  keys
    .command('init')
    .description('make the keys of a new cell: its first operator, the sealing key and the key of tree heads')
    .argument('<directory>', 'where; files that are there already are left as they are')
    .addOption(outputOption())
    .action((directory: string, { output }: Pick<IssueOptions, 'output'>) => init(directory, output));
};

const init = async (directory: string, output: IssueOptions['output']): Promise<void> => {
  const { mkdirSync } = await import('node:fs');
  const { loadSigningKey } = await import('@plinth/runtime');
  const { auditFiles } = await import('../broker/audit-trail.ts');
  const { openSecrets, secretFiles } = await import('../broker/secrets.ts');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  openSecrets(directory);
  const headKey = auditFiles(directory).key;
  loadSigningKey(headKey);
  printAnswer({ ...secretFiles(directory), headKey }, output);
};
