import type { ReportTable, RunFigures } from '@plinth/simulation';
import { reportTables } from '@plinth/simulation';
import { printRows, type Output, type Row } from './output.ts';

/** Long lists stand in the page; a terminal shows their beginning. */
const ROWS_SHOWN = 30;

const printTable = ({ title, note, rows }: ReportTable): void => {
  process.stdout.write(`\n${title}${note === undefined ? '' : `: ${note}`}\n`);
  printRows(rows.slice(0, ROWS_SHOWN), 'table');
  if (rows.length > ROWS_SHOWN) {
    process.stdout.write(`and ${rows.length - ROWS_SHOWN} more: see the HTML report or --output json\n`);
  }
};

/** The figures of a run: as tables for people; as one object, or one line per part, for programs. */
export const printReport = (figures: RunFigures, output: Output): void => {
  switch (output) {
    case 'table':
      for (const table of reportTables(figures)) printTable(table);
      return;
    case 'json':
      process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
      return;
    case 'ndjson':
      printRows(
        Object.entries<unknown>(figures).map(([part, value]): Row => ({ part, value })),
        'ndjson',
      );
      return;
  }
};
