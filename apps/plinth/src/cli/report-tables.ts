import type { ReportTable } from '@plinth/report';
import { printRows, type Output, type Row } from './output.ts';

/** Long lists stand in the page; a terminal shows their beginning. */
const ROWS_SHOWN = 40;

const printTable = ({ title, note, rows, brief = { rows: ROWS_SHOWN } }: ReportTable): void => {
  const shown = rows.slice(0, Math.min(brief.rows, ROWS_SHOWN));
  // Only for the page: a title alone tells nothing.
  if (brief.rows === 0 && note === undefined) return;
  process.stdout.write(`\n${title}${note === undefined ? '' : `: ${note}`}\n`);
  if (shown.length > 0) printRows(shown, 'table', brief.columns);
  const left = rows.length - shown.length;
  if (shown.length > 0 && left > 0) process.stdout.write(`and ${left} more: see the HTML report\n`);
};

/** The figures of a run: as tables for people; as one object, or one line per part, for programs. */
export const printFigures = (figures: object, tables: readonly ReportTable[], output: Output): void => {
  switch (output) {
    case 'table':
      for (const table of tables) printTable(table);
      return;
    case 'json':
      process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
      return;
    case 'ndjson':
      printRows(
        Object.entries(figures).map(([part, value]: [string, unknown]): Row => ({ part, value })),
        'ndjson',
      );
      return;
  }
};
