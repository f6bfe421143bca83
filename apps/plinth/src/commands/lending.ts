import type { Command } from 'commander';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LendingCheck } from '@plinth/conformance';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRows, type Output } from '../cli/output.ts';

type LendingOptions = Readonly<{ output: Output }>;

/** Files of a folder with one row a minute: rates and indices of one reserve. */
const MINUTES = /-1m\.csv$/;

export const register = (program: Command): void => {
  program
    .command('lending')
    .description('interest of lending pools')
    .command('check')
    .argument('<directory>', 'folder of recorded reserves, *-1m.csv with rates and indices by minute')
    .description('compute recorded index growth and rates again by the code that accrues the broker’s pools')
    .addOption(outputOption())
    .action((directory: string, { output }: LendingOptions) => check(directory, output));
};

const check = async (directory: string, output: Output): Promise<void> => {
  const { checkLendingFile, LendingFileError } = await import('@plinth/conformance');
  const files = filesIn(directory);
  if (files.length === 0) throw new CliError(EXIT.usage, `${directory}: expected files *-1m.csv, was none`);
  const checks: LendingCheck[] = [];
  for (const file of files) {
    try {
      checks.push(checkLendingFile(file, readFileSync(join(directory, file), 'utf8')));
    } catch (error) {
      if (error instanceof LendingFileError) throw new CliError(EXIT.usage, error.message);
      throw error;
    }
  }
  printRows(output === 'table' ? checks.map(readable) : checks, output);
};

const filesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => MINUTES.test(name))
      .sort();
  } catch (error) {
    throw new CliError(EXIT.usage, `${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const readable = (check: LendingCheck) => ({
  file: check.file,
  minutes: check.minutes,
  updates: check.updates,
  'one update': check.singles,
  'index error': check.indexError.toExponential(1),
  'growth error': check.growthError.toExponential(1),
  'span, supply': check.supplySpanError.toExponential(1),
  'span, borrow': check.borrowSpanError.toExponential(1),
  'rate error': check.rateError?.toExponential(1) ?? 'not from these data',
  note: check.note,
});
