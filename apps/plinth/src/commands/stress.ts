import type { Command } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRecord, printRows, type Output } from '../cli/output.ts';

type DeriveOptions = Readonly<{ by: string; hours: number; output: Output }>;
type CheckOptions = Readonly<{ paths: number; seed: number; tolerance: string; output: Output }>;

/** What needs no broker: figures of recorded days, and the referee of the probability of default. */
export const register = (program: Command): void => {
  const stress = program.commands.find((command) => command.name() === 'stress') ?? program.command('stress');
  stress
    .command('derive')
    .description(
      'what every asset did in the worst hours of one, from recorded prices: the figures of a scenario',
    )
    .argument('<folder>', 'one folder of recorded market data')
    .option('--by <asset>', 'the asset whose worst hours they are', 'BTC')
    .option('--hours <n>', 'length of the window', wholeNumber(1, 720), 24)
    .addOption(outputOption())
    .action(derive);
  const pd = program.command('pd').description('probability of default');
  pd.command('check')
    .description('the saddlepoint beside a simulation with full revaluation, over reference books')
    .option('--paths <n>', 'paths of each simulation', wholeNumber(1_000, 100_000_000), 1_000_000)
    .option('--seed <n>', 'of the paths', wholeNumber(0, 4_294_967_295), 7)
    .option('--tolerance <share>', 'largest relative difference that passes', '0.1')
    .addOption(outputOption())
    .action(check);
};

const derive = async (folder: string, { by, hours, output }: DeriveOptions): Promise<void> => {
  const { worstWindow } = await import('../stress/worst-window.ts');
  let window;
  try {
    window = worstWindow(folder, by, hours);
  } catch (error) {
    throw new CliError(EXIT.usage, `${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (window === undefined)
    throw new CliError(EXIT.usage, `--by: Expected an asset with ${hours} hours of prices, was ${by}`);
  const rows = window.moves.map(({ asset, move, lowest, series }) => ({
    ...{ asset, series },
    move: move.toFixed(4),
    lowest: lowest.toFixed(4),
  }));
  const [from, to] = [window.fromMs, window.toMs].map((ms) => new Date(ms).toISOString());
  if (output !== 'table') return printRecord({ folder, by, hours, from, to, moves: rows }, output);
  process.stdout.write(`${from} to ${to}\n`);
  printRows(rows, output);
};

const check = async ({ paths, seed, tolerance, output }: CheckOptions): Promise<void> => {
  if (!/^0(\.\d{1,6})?$|^1$/.test(tolerance))
    throw new CliError(EXIT.usage, `--tolerance: Expected a share from 0 to 1 like 0.1, was ${tolerance}`);
  const { checkProbabilities } = await import('../stress/check-probabilities.ts');
  const rows = [...checkProbabilities(paths, seed, () => performance.now())];
  // A simulation is known to within its own error: three of these are not held against the saddlepoint.
  const isFar = (row: (typeof rows)[number]): boolean =>
    Math.abs(row.difference) > Number(tolerance) + 3 * row.simulatedError;
  const failed = rows.filter(isFar).length;
  printRows(
    output === 'table'
      ? rows.map((row) => ({
          ...{ book: row.book, equity: row.equity, simulated: row.simulated.toExponential(3) },
          error: `${(100 * row.simulatedError).toFixed(1)} %`,
          saddlepoint: row.saddlepoint.toExponential(3),
          difference: `${(100 * row.difference).toFixed(1)} %`,
          ms: row.milliseconds.toFixed(1),
          result: isFar(row) ? 'FAR' : 'ok',
        }))
      : rows,
    output,
  );
  if (output === 'table') {
    const worst = Math.max(...rows.map(({ difference }) => Math.abs(difference)));
    process.stdout.write(
      `${rows.length - failed} passed, ${failed} failed; largest difference ${(100 * worst).toFixed(1)} %, ` +
        `${paths} paths, seed ${seed}\n`,
    );
  }
  if (failed > 0) process.exitCode = EXIT.checkFailed;
};
