import { Option, type Command } from 'commander';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { MarketFeed, PlannedAccount } from '@plinth/simulation';
import { wholeNumber } from '../cli/arguments.ts';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { tellUnused } from '../cli/unused-data.ts';
import { chosenPolicy, policyOption } from '../cli/policy-option.ts';
import { outputOption, printRows, type Output } from '../cli/output.ts';
import { stateHome } from '../cli/places.ts';
import { interruptible } from '../cli/signals.ts';

type ReplayOptions = Readonly<{
  data?: string;
  check: boolean;
  fromSnapshot: boolean;
  book?: string;
  accounts: number;
  seed: number;
  speed: number;
  every: number;
  report?: string;
  work?: string;
  database?: string;
  policy: string;
  output: Output;
}>;

const MINUTE_MS = 60_000;

/** `max`, or how many times faster than life. */
const speed = (text: string): number => (text === 'max' ? 0 : wholeNumber(1, 1_000_000)(text));

export const register = (program: Command): void => {
  program
    .command('replay')
    .description(
      'play recorded market data through the whole broker; or, with --check, rebuild a log and compare',
    )
    .option(
      '--data <dir>',
      'recorded market data (layouts: the connectors’ README), or the data directory to check',
    )
    .option('--check', 'fold a data directory’s whole log anew and compare every view’s hash', false)
    .option('--from-snapshot', 'with --check: restore every kept snapshot too, fold on, and compare', false)
    .option('--book <file>', 'accounts and orders as JSON; without it a book is drawn that fits the data')
    .option('--accounts <n>', 'accounts of a drawn book', wholeNumber(2, 10_000), 60)
    .option('--seed <n>', 'seed of a drawn book', wholeNumber(0, 2 ** 31), 1)
    .option('--speed <n|max>', 'times faster than life', speed, 0)
    .option(
      '--every <minutes>',
      'play one step per so many minutes instead of one per bar',
      wholeNumber(1, 10_080),
      0,
    )
    .option('--report <file>', 'where to write the HTML report (default: report.html beside the log)')
    .option('--work <dir>', 'where the log is kept (default: .plinth/replay-<name>)')
    .addOption(
      new Option('--database <url>', 'a PostgreSQL to use instead of the embedded one').default(
        environment().PLINTH_DATABASE_URL,
      ),
    )
    .addOption(policyOption())
    .addOption(outputOption())
    .action((options: ReplayOptions) =>
      interruptible((signal) => (options.check ? check(options) : replay(options, signal))),
    );
};

const replay = async (options: ReplayOptions, signal: AbortSignal): Promise<void> => {
  const { openMarketData } = await import('@plinth/connectors');
  const { RecordedMarket } = await import('@plinth/simulation');
  const { play } = await import('../broker/play.ts');
  const { finishRun } = await import('../broker/finish-run.ts');
  const folder = dataFolder(options.data);
  const name = basename(folder);
  const data = openMarketData(folder);
  if (!data.series.some(({ kind }) => kind === 'bar' || kind === 'book')) {
    throw new CliError(
      EXIT.usage,
      `--data ${folder}: Expected at least one file of bars or books, e.g. <venue>-<PAIR>-<1m|1h>.csv`,
    );
  }
  const feed = new RecordedMarket(name, data, options.every * MINUTE_MS);
  tellUnused(data);
  for (const assumption of feed.assumptions) process.stderr.write(`assumed: ${assumption}\n`);
  const accounts = await bookOf(options, feed);
  const directory = options.work ?? join(stateHome(), `replay-${name}`);
  const { seed, every, policy } = options;
  const book = options.book === undefined ? `drawn:${options.accounts}` : resolve(options.book);
  const identity = { data: name, seed, every, book, ...(await chosenPolicy(policy)) };
  const tickMs = feed.timeOf(1) - feed.timeOf(0);
  const paceMs = options.speed === 0 ? 0 : tickMs / options.speed;
  const database = options.database === undefined ? {} : { databaseUrl: options.database };
  const played = await play({
    feed,
    accounts,
    seed,
    directory,
    identity,
    policy,
    paceMs,
    signal,
    ...database,
  });
  try {
    const report = options.report ?? join(directory, 'report.html');
    const { output } = options;
    await finishRun({ played, feed, accounts, seed, report, output, directory });
  } finally {
    await played.open.close();
  }
};

const dataFolder = (given: string | undefined): string => {
  if (given === undefined)
    throw new CliError(EXIT.usage, '--data: Expected a folder of recorded market data');
  if (!existsSync(given) || !statSync(given).isDirectory()) {
    throw new CliError(EXIT.usage, `--data ${given}: Expected a folder that exists`);
  }
  return resolve(given);
};

const bookOf = async (options: ReplayOptions, feed: MarketFeed): Promise<readonly PlannedAccount[]> => {
  const { drawPopulation, readBook } = await import('@plinth/simulation');
  if (options.book === undefined) return drawPopulation(feed, options.accounts, options.seed);
  if (!existsSync(options.book))
    throw new CliError(EXIT.usage, `--book ${options.book}: Expected a file that exists`);
  try {
    return readBook(readFileSync(options.book, 'utf8'), feed);
  } catch (error) {
    throw new CliError(EXIT.usage, `--book ${options.book}: ${(error as Error).message}`);
  }
};

const check = async (options: ReplayOptions): Promise<void> => {
  const { PostgresSnapshots } = await import('@plinth/runtime');
  const { checkSnapshots } = await import('../broker/snapshot-check.ts');
  const { reading } = await import('../broker/reading.ts');
  const { brokerServices } = await import('../broker/services.ts');
  const { cellOfDirectory } = await import('../cli/cell-directories.ts');
  const { checkDirectory } = await import('../broker/state-hashes.ts');
  const { observer } = await import('@plinth/simulation');
  const directory = options.data ?? join(stateHome(), 'data');
  const database = options.database === undefined ? {} : { database: options.database };
  await reading({ data: directory, ...database }, async (log) => {
    const services = [...brokerServices({ ...cellOfDirectory(directory), adapters: new Map() }), observer];
    // Processes of a cluster keep snapshots only: their hashes are of what stood in memory just as well.
    const isCluster = options.database !== undefined && options.data === undefined && options.fromSnapshot;
    const rows = isCluster ? [] : await checkDirectory(directory, log, services);
    const restored = options.fromSnapshot
      ? await checkSnapshots(log, new PostgresSnapshots(log), services)
      : [];
    const all = [...rows, ...restored];
    if (all.length === 0) throw new CliError(EXIT.usage, 'Expected a snapshot to compare with, was none');
    printRows(all, options.output);
    const bad = all.filter(({ result }) => result !== 'equal');
    if (bad.length > 0) throw new CliError(EXIT.checkFailed, `${bad.length} of ${all.length} hashes differ`);
  });
};
