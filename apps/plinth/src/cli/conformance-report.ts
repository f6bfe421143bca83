import type { CaseReport, Failure, FileReport } from '@plinth/conformance';
import { printRows, type Output, type Row } from './output.ts';

/** A table a file for people; one object, or one line a file, for programs. The last line sums up. */
export const printReports = (
  reports: readonly FileReport[],
  refusals: readonly string[],
  output: Output,
): void => {
  const passed = reports.reduce((sum, report) => sum + report.passed, 0);
  const failed = reports.reduce((sum, report) => sum + report.failed, 0);
  const summary = { passed, failed, refused: refusals };
  switch (output) {
    case 'table':
      for (const report of reports) printReport(report);
      process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
      return;
    case 'json':
      process.stdout.write(`${toJson({ files: reports, ...summary }, 2)}\n`);
      break;
    case 'ndjson':
      for (const report of reports) process.stdout.write(`${toJson(report)}\n`);
      process.stdout.write(`${toJson(summary)}\n`);
      break;
  }
  // Standard output is for programs: people read the sum on the other stream.
  process.stderr.write(`${passed} passed, ${failed} failed\n`);
};

const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_key, inner: unknown) =>
      typeof inner === 'bigint' ? inner.toString() : typeof inner === 'number' ? finite(inner) : inner,
    indent,
  );
/** JSON has no form for what is not finite. */
const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

const printReport = (report: FileReport): void => {
  const { file, cases, passed, failed, compared, worstRelativeError, worstAt } = report;
  process.stdout.write(`\n${file}\n`);
  printRows(
    [
      {
        cases,
        passed,
        failed,
        'figures compared': compared,
        'worst relative error': worstRelativeError.toExponential(2),
        'worst absolute error': report.worstAbsoluteError.toExponential(2),
        at: worstAt,
      },
    ],
    'table',
  );
  for (const [key, count] of Object.entries(report.notCompared))
    process.stdout.write(`not compared: ${key} (${count} cases): nothing here computes it\n`);
  for (const note of report.notes) process.stdout.write(`note: ${note}\n`);
  for (const failure of report.failures) printFailure(failure);
  if (failed > report.failures.length) {
    process.stdout.write(`and ${failed - report.failures.length} more: see --output json\n`);
  }
};

const printFailure = (failure: Failure): void => {
  process.stdout.write(`\nfailed: ${failure.id}${failure.problem ? `: ${failure.problem}` : ''}\n`);
  process.stdout.write(`input: ${shortened(toJson(failure.input))}\n`);
  if (failure.differences.length > 0) printRows(failure.differences.map(differenceRow), 'table');
};

const differenceRow = ({ path, expected, got, error }: CaseReport['differences'][number]): Row => ({
  key: path,
  expected,
  got: typeof got === 'number' ? finite(got) : got,
  'relative error': error === undefined ? '' : error.toExponential(2),
});

const INPUT_SHOWN = 400;
const shortened = (text: string): string =>
  text.length > INPUT_SHOWN ? `${text.slice(0, INPUT_SHOWN)}… (${text.length} characters)` : text;
