import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchRow } from '../bench/bench-row.ts';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRows, type Output } from '../cli/output.ts';
import { stateHome } from '../cli/places.ts';
import { interruptible } from '../cli/signals.ts';

type BenchCommandOptions = Readonly<{
  json?: string;
  quick: boolean;
  withPeers: boolean;
  database?: string;
  output: Output;
}>;

export const register = (program: Command): void => {
  program
    .command('bench')
    .description('measure the hot paths, each beside a baseline in the same run')
    .argument(
      '[name...]',
      'append, replay, margin, tick, options, routing, interest, ledger, grpc, relay (all these); cluster',
    )
    .option('--json <file>', 'write the figures to a file too')
    .option('--quick', 'smallest sizes and short rounds: a look, not a measurement', false)
    .option(
      '--with-peers',
      'install the packages that are measured as baselines into .plinth/bench first',
      false,
    )
    .option(
      '--database <url>',
      'a PostgreSQL to measure append, replay and relay on instead of an embedded one',
    )
    .addOption(outputOption())
    .action(bench);
};

const bench = async (names: readonly string[], options: BenchCommandOptions): Promise<void> => {
  const { chooseBenches } = await import('../bench/choose.ts');
  const { benchReport, benchText, loadNow } = await import('../bench/bench-report.ts');
  const { QUICK, USUAL } = await import('../bench/measure.ts');
  const chosen = chooseBenches(names, environment().PLINTH_KAFKA_BROKERS);
  const peersDirectory = join(stateHome(), 'bench');
  if (options.withPeers) await installPeers(peersDirectory);
  const { quick, database } = options;
  const settings = { pace: quick ? QUICK : USUAL, quick, peersDirectory };
  const { load, warning } = loadNow();
  if (warning !== undefined) process.stderr.write(`${warning}\n`);
  const rows: BenchRow[] = [];
  await interruptible(async (signal) => {
    for (const { name, about, run } of chosen) {
      signal.throwIfAborted();
      process.stderr.write(`${name}: ${about}\n`);
      const given = { ...settings, signal };
      rows.push(...(await run(database === undefined ? given : { ...given, databaseUrl: database })));
    }
  });
  const report = benchReport(rows, load);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.output === 'table') printRows(rows.map(benchText), 'table');
  else printRows(options.output === 'json' ? [report] : rows, options.output);
};

const installPeers = async (directory: string): Promise<void> => {
  const peers = await import('../bench/peers.ts');
  try {
    await peers.installPeers(directory);
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n').slice(-1);
    throw new CliError(
      EXIT.unavailable,
      `--with-peers: npm could not install them into ${directory}: ${line}`,
    );
  }
};
