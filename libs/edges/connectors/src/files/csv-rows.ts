import { basename } from 'node:path';
import { InvalidNumber, integerOf } from '@plinth/money';
import { BrokenField } from './broken-rows.ts';
import type { BrokenRows } from './broken-rows.ts';
import { LIMITS } from './limits.ts';
import { readLines } from './line-reader.ts';
import { recordedNumber } from './recorded-number.ts';

/** The cells of the present row, by column name. Each reader throws `BrokenField` with the column's name. */
export class Cells {
  readonly #columns: ReadonlyMap<string, number>;
  #cells: readonly string[] = [];

  constructor(header: readonly string[]) {
    this.#columns = new Map(header.map((name, index) => [name, index]));
  }

  take(cells: readonly string[]): void {
    this.#cells = cells;
  }

  /** The cell as it stands; empty when the file has no such column. */
  text(column: string): string {
    return this.#cells[this.#columns.get(column) ?? -1] ?? '';
  }

  /** A decimal number as canonical plain text. */
  decimal(column: string): string {
    return recordedNumber(this.text(column), column);
  }

  /** A decimal number over 0. */
  positive(column: string): string {
    const text = this.decimal(column);
    if (text === '0' || text.startsWith('-'))
      throw new BrokenField(column, `Expected ${column} over 0, was ${text}`);
    return text;
  }

  /** A decimal number of at least 0; empty when the cell is blank or the file has no such column. */
  published(column: string): string {
    if (this.text(column) === '') return '';
    const text = this.decimal(column);
    if (text.startsWith('-')) throw new BrokenField(column, `Expected ${column} of at least 0, was ${text}`);
    return text;
  }

  /** Milliseconds since 1970 UTC. */
  time(column: string): number {
    return integerOf(this.text(column), column, 0);
  }
}

const headerProblem = (header: readonly string[], required: readonly string[]): string | undefined => {
  if (header.length > LIMITS.columnsMax)
    return `Expected at most ${LIMITS.columnsMax} columns, was ${header.length}`;
  const missing = required.filter((column) => !header.includes(column));
  if (missing.length > 0)
    return `Expected the columns ${missing.join(', ')}, was ${header.join(', ').slice(0, 200)}`;
  const twice = header.find((column, index) => header.indexOf(column) !== index);
  return twice === undefined ? undefined : `Expected each column once, was ${twice} twice`;
};

/** What a row's reader threw, as an entry of the list; anything but a bad field is a bug and goes on up. */
const brokenField = (error: unknown): Readonly<{ field: string; message: string }> => {
  if (error instanceof BrokenField || error instanceof InvalidNumber) return error;
  throw error;
};

/**
 * The rows of a CSV file with a header line, by column name, unquoted. A row that `read` refuses, that has
 * another number of cells than the header, or that is blank is put on the list and the next one is read; a
 * header that is not what it must be makes the whole file one broken row.
 */
export function* readCsv<Row>(
  path: string,
  required: readonly string[],
  read: (cells: Cells) => Row,
  broken: BrokenRows,
): Generator<Row> {
  const file = basename(path);
  let cells: Cells | undefined;
  let width = 0;
  for (const { number, text } of readLines(path)) {
    const fields = text?.split(',') ?? [];
    if (cells === undefined) {
      const problem = headerProblem(fields, required);
      if (problem !== undefined) return broken.add({ file, line: number, field: 'header', message: problem });
      cells = new Cells(fields);
      width = fields.length;
      continue;
    }
    if (fields.length !== width) {
      const was = text === undefined ? `more than ${LIMITS.lineBytesMax} bytes` : `${fields.length}`;
      broken.add({ file, line: number, field: 'row', message: `Expected ${width} cells, was ${was}` });
      continue;
    }
    cells.take(fields);
    let row: Row;
    try {
      row = read(cells);
    } catch (error) {
      const { field, message } = brokenField(error);
      broken.add({ file, line: number, field, message });
      continue;
    }
    yield row;
  }
  if (cells === undefined)
    broken.add({ file, line: 1, field: 'header', message: 'Expected a header, was an empty file' });
}
