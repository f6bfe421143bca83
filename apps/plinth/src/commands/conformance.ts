import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { FileReport } from '@plinth/conformance';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, type Output } from '../cli/output.ts';

type ConformanceOptions = Readonly<{ output: Output }>;

export const register = (program: Command): void => {
  program
    .command('conformance')
    .argument('<file...>', 'case files; a file’s own name and the keys of its cases say which format it has')
    .description('judge published cases (inputs with expected figures) by the code that the broker runs')
    .addOption(outputOption())
    .action((files: readonly string[], { output }: ConformanceOptions) => conformance(files, output));
};

const conformance = async (files: readonly string[], output: Output): Promise<void> => {
  const { CaseFileError, runCaseFile } = await import('@plinth/conformance');
  const { printReports } = await import('../cli/conformance-report.ts');
  const reports: FileReport[] = [];
  const refusals: string[] = [];
  for (const file of files) {
    const text = read(file);
    try {
      reports.push(runCaseFile(file, text));
    } catch (error) {
      // The other files are judged all the same; the command fails in the end.
      if (!(error instanceof CaseFileError)) throw error;
      refusals.push(error.message);
    }
  }
  printReports(reports, refusals, output);
  if (refusals.length > 0) throw new CliError(EXIT.usage, refusals.join('\nplinth: '));
  if (reports.some(({ failed }) => failed > 0)) process.exitCode = EXIT.checkFailed;
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(EXIT.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
