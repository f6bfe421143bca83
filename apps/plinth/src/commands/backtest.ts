import type { Command } from 'commander';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { BacktestOptions, Folder, Style } from '@plinth/backtest';
import { wholeNumber } from '../cli/arguments.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { readMarginParameters } from '../cli/margin-parameters.ts';
import { outputOption, type Output } from '../cli/output.ts';
import { recordedData } from '../cli/places.ts';
import { startProgress } from '../cli/progress.ts';
import { printFigures } from '../cli/report-tables.ts';
import { tellUnused } from '../cli/unused-data.ts';

type BacktestCommandOptions = Readonly<{
  data?: string;
  seed: number;
  books: number;
  moments: number;
  quick: boolean;
  styles?: string;
  calibrate: boolean;
  parameters?: string;
  report?: string;
  output: Output;
}>;

const HOUR_MS = 3_600_000;
/** Share of books that has to be covered, and hours within which a book is closed out. */
const GOAL = 0.995;
const HORIZON_HOURS = 4;
/** A look: every path of the code, too few books for a judgement. */
const QUICK = { books: 2, moments: 60 };

export const register = (program: Command): void => {
  program
    .command('backtest')
    .description(
      'margin random books on recorded data with what was known, and compare with what they lost; ' +
        'ends with 1 when a goal is missed',
    )
    .argument('[set...]', 'data sets: names of folders (default: all of them)')
    .option('--data <dir>', 'folder of the data sets’ folders (default: data/ in PLINTH_SHARED)')
    .option('--seed <n>', 'another seed draws other books', wholeNumber(0, 2 ** 31), 1)
    .option('--books <n>', 'books of each style at each moment', wholeNumber(1, 1_000), 8)
    .option('--moments <n>', 'most moments of a data set, evenly spread', wholeNumber(1, 20_000), 400)
    .option('--styles <list>', 'kinds of books, with commas between them (default: all)')
    .option('--quick', `${QUICK.books} books at ${QUICK.moments} moments: a look, not a proof`, false)
    .option(
      '--calibrate',
      'search the parameters on the calibration sets and test what was found on the others',
      false,
    )
    .option(
      '--parameters <file>',
      'a set to judge instead of the house’s, or to begin at: JSON of a cell’s set or of --calibrate',
    )
    .option('--report <file>', 'write an HTML page with charts too')
    .addOption(outputOption())
    .action(backtest);
};

const backtest = async (sets: readonly string[], options: BacktestCommandOptions): Promise<void> => {
  const { CALIBRATION_SETS, STYLES } = await import('@plinth/backtest');
  const folders = foldersOf(resolve(options.data ?? recordedData()), sets);
  const parameters = options.parameters === undefined ? undefined : readMarginParameters(options.parameters);
  const progress = startProgress('backtest', folders.length);
  const run: BacktestOptions = {
    folders,
    calibrationSets: CALIBRATION_SETS,
    goal: GOAL,
    seed: options.seed,
    booksPerStyle: options.quick ? QUICK.books : options.books,
    momentsMax: options.quick ? QUICK.moments : options.moments,
    horizonMs: HORIZON_HOURS * HOUR_MS,
    ...(parameters === undefined ? {} : { parameters }),
    ...(options.styles === undefined ? {} : { styles: stylesOf(options.styles, STYLES) }),
    onProgress: async (done, what) => {
      progress.update(done, what);
      await turn();
    },
    onData: (_, { broken }) => tellUnused({ broken, unread: [] }),
  };
  try {
    await (options.calibrate ? calibrate(run, options) : judge(run, options));
  } finally {
    progress.stop();
  }
};

const judge = async (run: BacktestOptions, { report, output }: BacktestCommandOptions): Promise<void> => {
  const { backtestHtml, backtestTables, runBacktest } = await import('@plinth/backtest');
  const figures = await runBacktest(run);
  if (figures.dataSets.length === 0)
    throw new CliError(EXIT.usage, 'Expected a data set with prices of a coin, was none');
  if (report !== undefined) {
    const { writePage } = await import('@plinth/report');
    await writePage(report, backtestHtml(figures));
  }
  printFigures(figures, backtestTables(figures), output);
  const missed = figures.goals.filter(({ holds }) => !holds);
  if (missed.length === 0) return;
  process.stderr.write(`missed: ${missed.map(({ name }) => name).join('; ')}\n`);
  process.exitCode = EXIT.checkFailed;
};

const calibrate = async (run: BacktestOptions, { report, output }: BacktestCommandOptions): Promise<void> => {
  if (report !== undefined)
    throw new CliError(EXIT.usage, '--report: Expected none with --calibrate: it has tables alone');
  if (!run.folders.some(({ name }) => run.calibrationSets.includes(name)))
    throw new CliError(
      EXIT.usage,
      `--calibrate: Expected at least one of ${run.calibrationSets.join(', ')} among the data sets`,
    );
  const { calibrateOn, calibrationTables } = await import('@plinth/backtest');
  const figures = await calibrateOn(run, (trials, text) => {
    if (process.stderr.isTTY) process.stderr.write(`${trials} ${text}\n`);
  });
  printFigures(figures, calibrationTables(figures), output);
  if (figures.found.calibration.missing > 0) process.exitCode = EXIT.checkFailed;
};

const stylesOf = (list: string, known: readonly Style[]): readonly Style[] =>
  list.split(',').map((name) => {
    const style = known.find((one) => one === name.trim());
    if (style === undefined)
      throw new CliError(EXIT.usage, `--styles: Expected of ${known.join(', ')}, was ${name}`);
    return style;
  });

/** The data sets of a folder, in the order of their names; or those asked for. */
const foldersOf = (data: string, sets: readonly string[]): readonly Folder[] => {
  if (!existsSync(data) || !statSync(data).isDirectory())
    throw new CliError(EXIT.usage, `--data ${data}: Expected a folder of data sets`);
  const found = readdirSync(data, { withFileTypes: true })
    .filter((entry) => statSync(join(data, entry.name)).isDirectory())
    .map(({ name }) => name)
    .sort();
  const unknown = sets.find((set) => !found.includes(set));
  if (unknown !== undefined)
    throw new CliError(
      EXIT.usage,
      `Expected one of ${found.join(', ')} in ${basename(data)}, was ${unknown}`,
    );
  // Funding lies in a folder of its own: it is read whatever sets are asked for.
  const names = sets.length === 0 ? found : found.filter((name) => sets.includes(name) || name === 'funding');
  return names.map((name) => ({ name, path: join(data, name) }));
};
