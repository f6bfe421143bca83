import { Option, type Command } from 'commander';
import { join } from 'node:path';
import { wholeNumber } from '../cli/arguments.ts';
import type { Door } from '../broker/running-broker.ts';
import { CELLS_MAX } from '../cli/cell-directories.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { environment } from '../cli/environment.ts';
import { stateHome } from '../cli/places.ts';
import { interruptible } from '../cli/signals.ts';

type UpOptions = Readonly<{
  data?: string;
  database?: string;
  cells?: number;
  host: string;
  port: number;
  seed: number;
  logLevel: string;
  tlsKey?: string;
  tlsCert?: string;
  tlsClientCa?: string;
  plaintext: 'loopback' | 'anywhere';
}>;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const register = (program: Command): void => {
  program
    .command('up')
    .description('run the broker in one process, in real time, on simulated venues, until it is stopped')
    .option('--data <dir>', 'where everything is kept (default: .plinth/data)')
    .addOption(
      new Option('--database <url>', 'a PostgreSQL to use instead of the embedded one').default(
        environment().PLINTH_DATABASE_URL,
      ),
    )
    .option(
      '--cells <n>',
      'cells of the house, each with a log of its own, behind one gateway (default: as many as there are, 1)',
      wholeNumber(1, CELLS_MAX),
    )
    .addOption(
      new Option('--host <address>', 'where the gateway listens').default(environment().PLINTH_GATEWAY_HOST),
    )
    .addOption(
      new Option('--port <n>', 'port of the gateway; 0 takes a free one')
        .argParser(wholeNumber(0, 65_535))
        .default(environment().PLINTH_GATEWAY_PORT),
    )
    .addOption(
      new Option('--tls-key <file>', 'private key of the gateway (PEM)').default(
        environment().PLINTH_GATEWAY_TLS_KEY,
      ),
    )
    .addOption(
      new Option('--tls-cert <file>', 'certificate of the gateway (PEM)').default(
        environment().PLINTH_GATEWAY_TLS_CERT,
      ),
    )
    .addOption(
      new Option('--tls-client-ca <file>', 'callers must show a certificate of this authority (PEM)').default(
        environment().PLINTH_GATEWAY_TLS_CLIENT_CA,
      ),
    )
    .addOption(
      new Option('--plaintext <where>', 'where the gateway may listen without TLS')
        .choices(['loopback', 'anywhere'])
        .default(environment().PLINTH_GATEWAY_PLAINTEXT),
    )
    .option('--seed <n>', 'seed of the simulated market', wholeNumber(0, 2 ** 31), 1)
    .addOption(new Option('--log-level <level>').choices(LEVELS).default(environment().PLINTH_LOG_LEVEL))
    .action((options: UpOptions) => interruptible((signal) => up(options, signal)));
};

const up = async (options: UpOptions, signal: AbortSignal): Promise<void> => {
  const { openUp } = await import('../broker/open-up.ts');
  const directory = options.data ?? join(stateHome(), 'data');
  await openUp({ ...options, directory, gateway: await doorOf(options) }, signal);
};

/**
 * Where the gateway listens and how it is protected; what does not fit together is said before anything
 * starts.
 */
const doorOf = async ({ host, port, tlsKey, tlsCert, tlsClientCa, plaintext }: UpOptions): Promise<Door> => {
  const { isLoopback } = await import('@plinth/runtime/grpc');
  if ((tlsKey === undefined) !== (tlsCert === undefined)) {
    throw new CliError(EXIT.usage, 'Expected --tls-key and --tls-cert together');
  }
  if (tlsKey !== undefined && tlsCert !== undefined) {
    const client = tlsClientCa === undefined ? {} : { caFile: tlsClientCa };
    return { host, port, tls: { keyFile: tlsKey, certFile: tlsCert, ...client } };
  }
  if (tlsClientCa !== undefined)
    throw new CliError(EXIT.usage, '--tls-client-ca: Expected --tls-key as well');
  if (plaintext === 'loopback' && !isLoopback(host)) {
    throw new CliError(
      EXIT.usage,
      `--host ${host}: Expected --tls-key and --tls-cert; or --plaintext anywhere behind a protection`,
    );
  }
  return { host, port, allowPlaintext: plaintext === 'anywhere' };
};
