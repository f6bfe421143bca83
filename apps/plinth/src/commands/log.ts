import type { Command } from 'commander';
import type { Envelope } from '@plinth/eventing';
import type { LogStats } from '../broker/log-rows.ts';
import { wholeNumber } from '../cli/arguments.ts';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRecord, printRows, type Output } from '../cli/output.ts';
import { addReadingOptions, type ReadingOptions } from '../cli/reading-options.ts';
import { interruptible } from '../cli/signals.ts';

type TailOptions = ReadingOptions &
  Readonly<{ lines: number; follow: boolean; stream?: string; type: readonly string[]; output: Output }>;
type ShowOptions = ReadingOptions & Readonly<{ output: Output }>;

const LINES_MAX = 100_000;

export const register = (program: Command): void => {
  const log = program.command('log').description('look into the log of a broker, running or not');
  addReadingOptions(log.command('tail'))
    .description('the last events, and with --follow every new one until Ctrl-C')
    .option('-n, --lines <count>', 'events to begin with', wholeNumber(0, LINES_MAX), 20)
    .option('-f, --follow', 'go on with what is appended', false)
    .option('--stream <name>', 'of one stream only, e.g. account-a0001')
    .option('--type <type...>', 'of these types only, e.g. MarginCalled')
    .addOption(outputOption())
    .action((options: TailOptions) => interruptible((signal) => tail(options, signal)));
  addReadingOptions(log.command('show'))
    .description('one event whole, by its position; or all events of a stream, by its name')
    .argument('<position|stream>')
    .addOption(outputOption())
    .action((what: string, options: ShowOptions) => show(what, options));
  addReadingOptions(log.command('stats'))
    .description('how long the log is, and of what')
    .addOption(outputOption())
    .action(stats);
  addReadingOptions(log.command('snapshots'))
    .description('from where services and gateway would begin: position, age, size and hash of each snapshot')
    .addOption(outputOption())
    .action(snapshots);
  log
    .command('migrate')
    .description('as the owner of its tables: bring them up to date, and let the login of the services in')
    .option('--owner <url>', 'PostgreSQL of the log, as the owner of its tables (PLINTH_DATABASE_OWNER_URL)')
    .option('--database <url>', 'the same, as the services; a new login is made (PLINTH_DATABASE_URL)')
    .addOption(outputOption())
    .action(migrate);
};

type MigrateOptions = Readonly<{ owner?: string; database?: string; output: Output }>;

const migrate = async (options: MigrateOptions): Promise<void> => {
  const { cannotOpen } = await import('../broker/open-log.ts');
  const { prepareLog } = await import('@plinth/runtime');
  const { owner = environment().PLINTH_DATABASE_OWNER_URL, output } = options;
  const { database = environment().PLINTH_DATABASE_URL } = options;
  if (owner === undefined)
    throw new CliError(EXIT.usage, '--owner: Expected the URL of the owner of the tables');
  if (database === undefined) throw new CliError(EXIT.usage, '--database: Expected the URL of the services');
  printRecord(await prepareLog(owner, database).catch(cannotOpen), output);
};

const tail = async (options: TailOptions, signal: AbortSignal): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { eventRow, follow, lastEvents } = await import('../broker/log-rows.ts');
  const { EVENT_CATALOGUE } = await import('@plinth/messages');
  const { lines, output, type: types = [], stream } = options;
  const unknown = types.find((type) => !(type in EVENT_CATALOGUE));
  if (unknown !== undefined) throw new CliError(EXIT.usage, `--type ${unknown}: Expected a type of event`);
  const filter = { types, ...(stream === undefined ? {} : { stream }) };
  // A stream of events is no JSON array: every object stands on a line of its own.
  const form = options.follow && output === 'json' ? 'ndjson' : output;
  const print = (events: readonly Envelope[]): void =>
    printRows(
      events.map((event) => eventRow(event, form)),
      form,
    );
  await reading(options, async (log) => {
    const { position } = await log.head();
    const last = await lastEvents(log, lines, filter);
    if (lines > 0 && (last.length > 0 || !options.follow)) print(last);
    const shown = last.at(-1)?.position ?? 0n;
    if (options.follow) await follow(log, shown > position ? shown : position, filter, signal, print);
  });
};

const show = async (what: string, options: ShowOptions): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { eventRow, streamEvents } = await import('../broker/log-rows.ts');
  await reading(options, async (log) => {
    if (!/^\d{1,18}$/.test(what)) {
      const events = await streamEvents(log, what);
      if (events.length === 0)
        throw new CliError(EXIT.refused, `Expected a position or a stream, was ${what}`);
      printRows(
        events.map((event) => eventRow(event, options.output)),
        options.output,
      );
      return;
    }
    const position = BigInt(what);
    const [event] = position === 0n ? [] : await log.read(position - 1n, 1);
    if (event === undefined) {
      const head = await log.head();
      throw new CliError(EXIT.refused, `Expected a position from 1 to ${head.position}, was ${what}`);
    }
    printRecord(eventRow(event, 'json'), options.output);
  });
};

const stats = async (options: ShowOptions): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { statsOf } = await import('../broker/log-rows.ts');
  await reading(options, async (log) => printStats(await statsOf(log), options.output));
};

const snapshots = async (options: ShowOptions): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { snapshotRows } = await import('../broker/snapshot-rows.ts');
  const { PostgresSnapshots } = await import('@plinth/runtime');
  await reading(options, async (log) =>
    printRows(await snapshotRows(log, new PostgresSnapshots(log)), options.output),
  );
};

const printStats = (stats: LogStats, output: Output): void => {
  if (output !== 'table') return printRecord(stats, output);
  const { byType, ...rest } = stats;
  printRecord(rest, 'table');
  printRows(byType, 'table');
};
