import { Option, type Command } from 'commander';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { addConnectionOptions, connected, type ConnectionOptions } from '../calls/connection.ts';
import { chosenPolicy, policyOption } from '../cli/policy-option.ts';
import { outputOption, type Output } from '../cli/output.ts';
import { interruptible } from '../cli/signals.ts';
import { wholeNumber } from '../cli/arguments.ts';
import { environment } from '../cli/environment.ts';
import { stateHome } from '../cli/places.ts';

type DemoOptions = ConnectionOptions &
  Readonly<{
    seed: number;
    accounts: number;
    ticks: number;
    data?: string;
    database?: string;
    policy: string;
    report?: string;
    keep: boolean;
    cluster: boolean;
    market: string;
    tickMs: number;
    port: number;
    output: Output;
  }>;

export const register = (program: Command): void => {
  const command = program
    .command('demo')
    .description('play a made crash through the whole broker in one process, and prove the result')
    .option('--seed <n>', 'another seed is another market and another book', wholeNumber(0, 2 ** 31), 1)
    .option('--accounts <n>', 'accounts in the book', wholeNumber(2, 10_000), 200)
    .option('--ticks <n>', 'steps into which the 40 hours of the crash are cut', wholeNumber(20, 20_000), 480)
    .option('--data <dir>', 'where the log and the report are kept (default: .plinth/demo)')
    .addOption(
      new Option('--database <url>', 'a PostgreSQL to use instead of the embedded one').default(
        environment().PLINTH_DATABASE_URL,
      ),
    )
    .option('--report <file>', 'where to write the HTML report (default: report.html in the data directory)')
    .option('--keep', 'leave the broker and its gateway up afterwards', false)
    .option(
      '--port <n>',
      'port of the gateway with --keep',
      wholeNumber(0, 65_535),
      environment().PLINTH_GATEWAY_PORT,
    )
    .addOption(policyOption())
    .option('--cluster', 'play it through a running cluster in real time instead', false)
    .option('--market <host:port>', 'with --cluster: the simulated market', '127.0.0.1:7410')
    .option('--tick-ms <ms>', 'with --cluster: real time per step', wholeNumber(200, 60_000), 500)
    .addOption(outputOption());
  addConnectionOptions(command).action((options: DemoOptions) =>
    interruptible((signal) => (options.cluster ? cluster(options, signal) : demo(options, signal))),
  );
};

const cluster = async (options: DemoOptions, signal: AbortSignal): Promise<void> => {
  const { seed, accounts, ticks, tickMs, market, output, database } = options;
  if (database === undefined)
    throw new CliError(EXIT.usage, '--database: Expected the PostgreSQL of the cluster’s log, to follow it');
  const { playCluster } = await import('../broker/play-cluster.ts');
  const report = options.report ?? join(stateHome(), 'cluster-report.html');
  await connected(options, (client) =>
    playCluster({ client, seed, accounts, ticks, tickMs, market, output, database, report, signal }),
  );
};

const demo = async (options: DemoOptions, signal: AbortSignal): Promise<void> => {
  const { CRASH, drawPopulation, MadeMarket, stretched } = await import('@plinth/simulation');
  const { play } = await import('../broker/play.ts');
  const { finishRun } = await import('../broker/finish-run.ts');
  const { seed, accounts: count, ticks, policy } = options;
  const directory = options.data ?? join(stateHome(), 'demo');
  const feed = new MadeMarket(stretched(CRASH, ticks), seed);
  const accounts = drawPopulation(feed, count, seed);
  const identity = { scenario: feed.name, seed, accounts: count, ticks, ...(await chosenPolicy(policy)) };
  const database = options.database === undefined ? {} : { databaseUrl: options.database };
  const played = await play({
    feed,
    accounts,
    seed,
    directory,
    identity,
    policy,
    paceMs: 0,
    signal,
    ...database,
  });
  const report = options.report ?? join(directory, 'report.html');
  const { output } = options;
  try {
    await finishRun({ played, feed, accounts, seed, report, output, directory });
    if (options.keep) {
      const { keepUp } = await import('../broker/keep-up.ts');
      await keepUp({ played, feed, directory, port: options.port }, signal);
    }
  } finally {
    await played.open.close();
  }
};
