import Table from 'cli-table3';
import { Option } from 'commander';

export const OUTPUTS = ['table', 'json', 'ndjson'] as const;
export type Output = (typeof OUTPUTS)[number];

export const outputOption = (): Option =>
  new Option('-o, --output <form>', 'how to print the answer').choices(OUTPUTS).default('table');

export type Row = Readonly<Record<string, unknown>>;

/**
 * bigint as text, bytes as base64: what JSON has no form for. `this` has the value before its own `toJSON`.
 */
function jsonSafe(this: Row, key: string, value: unknown): unknown {
  const own = this[key];
  if (typeof own === 'bigint') return own.toString();
  if (own instanceof Uint8Array) return Buffer.from(own).toString('base64');
  return value;
}

const cell = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return value;
    case 'undefined':
      return '';
    case 'bigint':
      return value.toString();
    default:
      if (value === null) return '';
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      return JSON.stringify(value, jsonSafe);
  }
};

const tableText = (rows: readonly Row[], columns: readonly string[]): string => {
  const table = new Table({ head: [...columns], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push(columns.map((column) => cell(row[column])));
  return table.toString();
};

const columnsOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

/** A list: a table, a JSON array, or one JSON object a line. */
export const printRows = (
  rows: readonly Row[],
  output: Output,
  columns: readonly string[] = columnsOf(rows),
): void => {
  switch (output) {
    case 'table':
      process.stdout.write(rows.length === 0 ? 'nothing\n' : `${tableText(rows, columns)}\n`);
      return;
    case 'json':
      process.stdout.write(`${JSON.stringify(rows, jsonSafe, 2)}\n`);
      return;
    case 'ndjson':
      for (const row of rows) process.stdout.write(`${JSON.stringify(row, jsonSafe)}\n`);
      return;
  }
};

/** One thing: its fields below each other, or one JSON object. */
export const printRecord = (record: Row, output: Output): void => {
  if (output !== 'table') {
    process.stdout.write(`${JSON.stringify(record, jsonSafe, output === 'json' ? 2 : undefined)}\n`);
    return;
  }
  const table = new Table({ style: { head: [], border: [], compact: true } });
  for (const [key, value] of Object.entries(record)) table.push({ [key]: cell(value) });
  process.stdout.write(`${table.toString()}\n`);
};
