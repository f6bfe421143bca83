import { printRecord, printRows, type Output, type Row } from '../cli/output.ts';

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** A smaller number of milliseconds is a span: no time of the log lies before September 2001. */
const TIMES_FROM_MS = 1e12;

const isTime = (name: string, value: unknown): value is number =>
  /Ms$/.test(name) && typeof value === 'number' && value >= TIMES_FROM_MS;

const isAbsentTime = (name: string, value: unknown): boolean =>
  /(At|Deadline|Time)Ms$/.test(name) && value === 0;

const isTable = (value: unknown): value is readonly Row[] =>
  Array.isArray(value) && value.length > 0 && value.every(isRow);

/** A message within a cell: what it says, without its fields' names. */
const inOneLine = (row: Row): string =>
  Object.values(readable(row))
    .filter((value) => value !== '' && value !== undefined)
    .join(' ');

/** Columns that say nothing in any row are left out. */
const withoutEmpty = (rows: readonly Row[]): readonly Row[] => {
  const isSaid = (name: string): boolean => rows.some((row) => row[name] !== '' && row[name] !== undefined);
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => isSaid(name))));
};

/** For people: times as dates, messages within messages as fields of their own, `position.markPrice`. */
const readable = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
      if (isTime(name, value)) return [[name.replace(/Ms$/, ''), new Date(value).toISOString()]];
      if (isAbsentTime(name, value)) return [];
      if (Array.isArray(value) && !value.some(isRow)) return [[name, value.join(', ')]];
      if (isTable(value)) return [[name, value.map(inOneLine).join(', ')]];
      if (!isRow(value)) return [[name, value]];
      return Object.entries(readable(value)).map(([inner, one]) => [`${name}.${inner}`, one] as const);
    }),
  );

/** A tree in depth-first order shows its depth by indentation; a column of nothing is left out. */
const indented = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => {
    const { depth, label, detail, ...rest } = row;
    if (typeof depth !== 'number' || typeof label !== 'string') return row;
    const more = detail === undefined || detail === '' ? {} : { detail };
    return { label: '  '.repeat(depth) + label, ...rest, ...more };
  });

const pick = (row: Row, columns: readonly string[] | undefined): Row =>
  columns === undefined ? row : Object.fromEntries(columns.map((column) => [column, row[column]]));

/** A list. People get the columns that matter, programs get all. */
export const printList = (rows: readonly Row[], output: Output, columns?: readonly string[]): void =>
  printRows(output === 'table' ? rows.map((row) => readable(pick(row, columns))) : rows, output);

/** People read what happens in a scenario, not its number, where the answer says it. */
const withoutNumbers = (row: Row): Row => {
  const isNamed = Object.keys(row).some((name) => /^(binding|conservativeBinding)/.test(name));
  if (!isNamed) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.endsWith('.bindingScenario')));
};

/** One answer: its fields, then each list in it as a table under its name. */
export const printAnswer = (answer: Row, output: Output): void => {
  if (output !== 'table') return printRecord(answer, output);
  const entries = Object.entries(answer);
  const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
  const fields = Object.fromEntries(entries.filter(([, value]) => !isTable(value) && !isEmpty(value)));
  if (Object.keys(fields).length > 0) printRecord(withoutNumbers(readable(fields)), output);
  for (const [name, value] of entries) {
    if (!isTable(value)) continue;
    process.stdout.write(`\n${name}\n`);
    printRows(withoutEmpty(indented(value).map(readable)), output);
  }
};
