import { Argument, type Command } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { interruptible } from '../cli/signals.ts';

type ServeOptions = Readonly<{
  database?: string;
  host: string;
  port: number;
  tlsKey?: string;
  tlsCert?: string;
  tlsCa?: string;
}>;

// Not routing: no venue but the simulated ones of `up` is connected, and a router without its venues takes
// every one of them down.
const SERVICES = ['accounts', 'pricing', 'interest', 'risk', 'liquidation'] as const;

export const register = (program: Command): void => {
  program
    .command('serve')
    .description('run one service as a process of its own over a PostgreSQL that others share')
    .addArgument(new Argument('<service>', 'which one').choices(SERVICES))
    .option('--database <url>', 'the log', environment().PLINTH_DATABASE_URL)
    .option('--host <address>', 'where it answers calls (gRPC)', '127.0.0.1')
    .option('--port <n>', 'its port', wholeNumber(1, 65_535), 7410)
    .option('--tls-key <file>', 'its private key (PEM); needed on any address but loopback')
    .option('--tls-cert <file>', 'its certificate (PEM)')
    .option('--tls-ca <file>', 'authority whose certificates callers must show (PEM)')
    .action((service: string, options: ServeOptions) =>
      interruptible((signal) => serve(service, options, signal)),
    );
};

const serve = async (name: string, options: ServeOptions, signal: AbortSignal): Promise<void> => {
  const { database, host, port } = options;
  if (database === undefined) throw new CliError(EXIT.usage, '--database: Expected the URL of a PostgreSQL');
  const { openService } = await import('../broker/open-service.ts');
  await openService({ name, database, host, port, ...tlsOf(options) }, signal);
};

const tlsOf = ({ tlsKey, tlsCert, tlsCa }: ServeOptions) => {
  if (tlsKey === undefined && tlsCert === undefined && tlsCa === undefined) return {};
  if (tlsKey === undefined || tlsCert === undefined || tlsCa === undefined)
    throw new CliError(EXIT.usage, '--tls-key, --tls-cert, --tls-ca: Expected all three or none');
  return { tls: { keyFile: tlsKey, certFile: tlsCert, caFile: tlsCa } };
};
