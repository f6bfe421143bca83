import type { Command } from 'commander';
import { addConnectionOptions, connected, type ConnectionOptions } from '../calls/connection.ts';
import { logPlace, position } from '../calls/parse-fields.ts';
import { printAnswer } from '../calls/print-answer.ts';
import { send } from '../calls/run-call.ts';
import { outputOption, type Output, type Row } from '../cli/output.ts';
import { addReadingOptions, type ReadingOptions } from '../cli/reading-options.ts';

type Place = ReturnType<typeof logPlace>;

type ExplainOptions = ReadingOptions &
  ConnectionOptions &
  Readonly<{ from: Place; to?: Place; minPosition?: bigint; output: Output }>;

/** Explanations of two places of the log: from a broker that runs, or from a log without one. */
export const register = (program: Command): void => {
  const explain =
    program.commands.find((command) => command.name() === 'explain') ?? program.command('explain');
  add(explain, 'difference', 'ExplainDifference').description(
    'why equity and margin of an account differ between two places of the log: time, prices, ' +
      'volatilities, depth of books, parameters and positions, in parts that sum exactly',
  );
  add(explain, 'profit', 'ExplainProfit').description(
    'profit and loss of an account between two places of the log: delta, basis, gamma, vega, theta, ' +
      'what came and went, trades, and a residual with its bound',
  );
};

const add = (explain: Command, name: string, question: string): Command => {
  const command = addConnectionOptions(explain.command(name))
    .argument('<account>', 'account id')
    .requiredOption('--from <place>', 'position in the log, or a time like 2026-03-01T14:02:00Z', logPlace)
    .option('--to <place>', 'likewise (default: the present end of the log)', logPlace)
    .option('--min-position <position>', 'the answer must include this position', position);
  return addReadingOptions(command, 'read this data directory instead of asking a broker; it may be in use')
    .addOption(outputOption())
    .action((account: string, options: ExplainOptions) => run(question, account, options));
};

const run = async (question: string, accountId: string, options: ExplainOptions): Promise<void> => {
  const { from, to, minPosition, data, database, output } = options;
  const read = minPosition === undefined ? undefined : { minPosition };
  const request: Row = { accountId, from, to, read };
  if (data === undefined && database === undefined)
    return connected(options, async (client) =>
      printAnswer(await send(client, `Margin.${question}`, request, ''), output),
    );
  const { reading } = await import('../broker/reading.ts');
  const { askPast } = await import('../broker/ask-past.ts');
  const { PostgresSnapshots } = await import('@plinth/runtime');
  await reading(options, async (log) =>
    printAnswer(await askPast(log, new PostgresSnapshots(log), question, request), output),
  );
};
