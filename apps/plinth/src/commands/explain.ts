import type { Command } from 'commander';
import type { PartRow, Place, Span } from '../broker/explain-log.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRecord, printRows, type Output } from '../cli/output.ts';
import { addReadingOptions, type ReadingOptions } from '../cli/reading-options.ts';

type ExplainOptions = ReadingOptions &
  Readonly<{ account: string; from: string; to?: string; output: Output }>;
type Rows = (span: Span) => readonly PartRow[];

/** Explanations that need two places of the log: they fold it themselves. */
export const register = (program: Command): void => {
  const explain =
    program.commands.find((command) => command.name() === 'explain') ?? program.command('explain');
  add(explain.command('difference'))
    .description(
      'why equity and margin of an account differ between two places of the log: time, prices, ' +
        'volatilities, parameters and positions, in parts that sum exactly',
    )
    .action(async (options: ExplainOptions) => {
      const { differenceRows } = await import('../broker/explain-log.ts');
      await run(options, differenceRows);
    });
  add(explain.command('profit'))
    .description(
      'profit and loss of an account between two places of the log: delta, basis, gamma, vega, theta, ' +
        'what came and went, trades, and a residual with its bound',
    )
    .action(async (options: ExplainOptions) => {
      const { profitRows } = await import('../broker/explain-log.ts');
      await run(options, profitRows);
    });
};

const add = (command: Command): Command =>
  addReadingOptions(command)
    .requiredOption('--account <id>', 'account id')
    .requiredOption('--from <place>', 'position in the log, or a time like 2026-03-01T14:02:00Z')
    .option('--to <place>', 'likewise (default: the end of the log)')
    .addOption(outputOption());

const run = async (options: ExplainOptions, rows: Rows): Promise<void> => {
  const from = placeOf('--from', options.from);
  const to = options.to === undefined ? undefined : placeOf('--to', options.to);
  if (to !== undefined && isBefore(to, from))
    throw new CliError(EXIT.usage, `--to: Expected a place behind ${options.from}, was ${options.to}`);
  const { reading } = await import('../broker/reading.ts');
  const { spanOf } = await import('../broker/explain-log.ts');
  await reading(options, async (log) => {
    const span = await spanOf(log, options.account, from, to);
    print(span, rows(span), options);
  });
};

const print = (span: Span, rows: readonly PartRow[], { account, output }: ExplainOptions): void => {
  const [fromAt, toAt] = [span.fromMs, span.toMs].map((ms) => new Date(ms).toISOString());
  const head = { account, from: span.from, fromAt, to: span.to, toAt };
  if (output !== 'table') return printRecord({ ...head, parts: rows }, output);
  process.stdout.write(`${account}, from ${span.from} (${fromAt}) to ${span.to} (${toAt}), USD\n`);
  printRows(
    rows.map(({ depth, label, value }) => ({
      part: `${'  '.repeat(depth)}${label}`,
      value: value.toFixed(6),
    })),
    output,
  );
};

const isBefore = (a: Place, b: Place): boolean => {
  if ('position' in a) return 'position' in b && a.position < b.position;
  return 'atMs' in b && a.atMs < b.atMs;
};

const placeOf = (option: string, given: string): Place => {
  if (/^\d{1,18}$/.test(given)) return { position: BigInt(given) };
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : NaN;
  if (Number.isNaN(atMs))
    throw new CliError(
      EXIT.usage,
      `${option}: Expected a position or a time like 2026-03-01T14:02:00Z, was ${given}`,
    );
  return { atMs };
};
