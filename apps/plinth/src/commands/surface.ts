import type { Command } from 'commander';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRows, type Output, type Row } from '../cli/output.ts';
import { recordedData } from '../cli/places.ts';
import type { ChainFit, Errors } from '../surfaces/fit-chain.ts';

type FitOptions = Readonly<{ data?: string; slices: boolean; output: Output }>;

const FOLDER = 'options-deribit-calm';

/** Volatility surfaces of recorded option chains: what needs no broker. */
export const register = (program: Command): void => {
  program
    .command('surface')
    .description('volatility surfaces of recorded option chains')
    .command('fit')
    .description(
      'fit the surface of every underlying to what was bid and asked, reprice every listed option, and ' +
        'compare with the venue’s marks; ends with 1 when a surface is refused',
    )
    .option('--data <dir>', `folder of recorded chains (default: ${FOLDER}/ of the recorded data)`)
    .option('--slices', 'every expiry by itself', false)
    .addOption(outputOption())
    .action(fit);
};

const fit = async ({ data, slices, output }: FitOptions): Promise<void> => {
  const folder = resolve(data ?? join(recordedData(), FOLDER));
  const fits = await fitFolder(folder);
  printRows(
    fits.flatMap(([file, one]) => (slices ? sliceRows(file, one) : [summary(file, one)])),
    output,
  );
  if (fits.some(([, { refused }]) => refused !== '')) process.exitCode = EXIT.checkFailed;
};

const fitFolder = async (folder: string): Promise<readonly (readonly [file: string, fit: ChainFit])[]> => {
  const { fitChain } = await import('../surfaces/fit-chain.ts');
  const { readChain } = await import('../surfaces/chain-file.ts');
  return chainFiles(folder).flatMap((file) => {
    try {
      const rows = readChain(join(folder, file));
      const currencies = [...new Set(rows.map(({ currency }) => currency))];
      return currencies.map((currency) => {
        const own = rows.filter((row) => row.currency === currency);
        return [file, fitChain(currency, own)] as const;
      });
    } catch (error) {
      throw new CliError(EXIT.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
};

const chainFiles = (folder: string): readonly string[] => {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    throw new CliError(EXIT.usage, `--data: Expected a folder with recorded chains, was ${folder}`);
  }
  const files = names.filter((name) => /-chain-.*\.csv$/.test(name)).sort();
  if (files.length > 0) return files;
  throw new CliError(EXIT.usage, `--data: Expected files named …-chain-….csv, ${folder} has none`);
};

const shown = (errors: Errors | undefined, digits: number): Row => ({
  median: errors?.median.toFixed(digits) ?? '',
  '95 %': errors?.most.toFixed(digits) ?? '',
  largest: errors?.largest.toFixed(digits) ?? '',
});

const prefixed = (prefix: string, row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [`${prefix} ${key}`, value]));

const summary = (file: string, one: ChainFit): Row => ({
  file: file.replace(/\.csv$/, ''),
  underlying: one.underlying,
  ...{ options: one.options, quoted: one.quoted, used: one.used, 'left out': one.leftOut },
  expiries: one.slices.length,
  ...prefixed('coin', shown(one.coins, 6)),
  ...prefixed('points', shown(one.points, 2)),
  'within bid and ask': one.within.toFixed(3),
  refused: one.refused,
});

const sliceRows = (file: string, one: ChainFit): readonly Row[] =>
  one.slices.map(({ expiresAtMs, forward, quotes, leftOut, rootMeanSquare, largest, ...svi }) => ({
    file: file.replace(/\.csv$/, ''),
    underlying: one.underlying,
    expiry: new Date(expiresAtMs).toISOString().slice(0, 10),
    ...{ forward: forward.toFixed(2), quotes, 'left out': leftOut },
    'rms points': (100 * rootMeanSquare).toFixed(2),
    'largest points': (100 * largest).toFixed(2),
    ...Object.fromEntries(
      (['a', 'b', 'rho', 'm', 'sigma'] as const).map((name) => [name, svi[name].toFixed(5)]),
    ),
  }));
