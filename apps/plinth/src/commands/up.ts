import { Option, type Command } from 'commander';
import { join } from 'node:path';
import { wholeNumber } from '../cli/arguments.ts';
import { environment } from '../cli/environment.ts';
import { stateHome } from '../cli/places.ts';
import { interruptible } from '../cli/signals.ts';

type UpOptions = Readonly<{
  data?: string;
  database?: string;
  host: string;
  port: number;
  seed: number;
  logLevel: string;
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
    .addOption(
      new Option('--host <address>', 'where the gateway listens').default(environment().PLINTH_GATEWAY_HOST),
    )
    .addOption(
      new Option('--port <n>', 'port of the gateway; 0 takes a free one')
        .argParser(wholeNumber(0, 65_535))
        .default(environment().PLINTH_GATEWAY_PORT),
    )
    .option('--seed <n>', 'seed of the simulated market', wholeNumber(0, 2 ** 31), 1)
    .addOption(new Option('--log-level <level>').choices(LEVELS).default(environment().PLINTH_LOG_LEVEL))
    .action((options: UpOptions) => interruptible((signal) => up(options, signal)));
};

const up = async (options: UpOptions, signal: AbortSignal): Promise<void> => {
  const { openUp } = await import('../broker/open-up.ts');
  const directory = options.data ?? join(stateHome(), 'data');
  await openUp({ ...options, directory }, signal);
};
