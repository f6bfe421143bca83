import type { Chart } from './chart.ts';
import { numberText } from './number-text.ts';
import { STYLE } from './page-style.ts';
import { escaped } from './svg.ts';

export type ReportRow = Readonly<Record<string, string>>;
export type ReportTable = Readonly<{
  title: string;
  note?: string;
  rows: readonly ReportRow[];
  /** What a terminal shows of it: so many rows (0: the note alone), and these columns when not all. */
  brief?: Readonly<{ rows: number; columns?: readonly string[] }>;
  /** Folded on the page until it is asked for. */
  folded?: boolean;
}>;

/** A figure at the top of a page; `isGood` colours it. */
export type Tile = Readonly<{ value: string; name: string; isGood?: boolean }>;

export type Page = Readonly<{
  title: string;
  subtitle: string;
  tiles: readonly Tile[];
  charts: readonly Chart[];
  tables: readonly ReportTable[];
}>;

/** More rows than a page can show well; the figures have them all. */
const ROWS_SHOWN = 500;

/**
 * One page without scripts and without anything from outside: charts are inline SVG, texts are escaped. A
 * function of its input alone: equal figures give equal bytes.
 */
export const pageHtml = ({ title, subtitle, tiles, charts, tables }: Page): string =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escaped(title)}</h1>`,
    `<p class="note">${escaped(subtitle)}</p>`,
    `<div class="tiles">${tiles.map(tileHtml).join('')}</div>`,
    `<div class="charts">${charts.map(chartHtml).join('')}</div>`,
    ...tables.map(tableHtml),
    '</main></body></html>\n',
  ].join('\n');

const tileHtml = ({ value, name, isGood }: Tile): string => {
  const kind = isGood === undefined ? '' : isGood ? 'good' : 'bad';
  return `<div class="tile ${kind}"><b>${escaped(value)}</b><span>${escaped(name)}</span></div>`;
};

const chartHtml = ({ title, note, svg, legend }: Chart): string =>
  `<figure><figcaption><b>${escaped(title)}</b> ` +
  `<span class="note">${escaped(note)}</span></figcaption>${svg}` +
  (legend === '' ? '' : `<div class="legend">${legend}</div>`) +
  '</figure>';

/** Shorter texts stay on one line. */
const SHORT = 40;

/** Numbers stand on the right. */
const isNumeric = (text: string): boolean => /^[−\d\s.%–]*$/.test(text);

const cellHtml = (text: string): string => {
  if (text === 'yes') return '<td class="good">yes</td>';
  if (text === 'no') return '<td class="bad">no</td>';
  const kind = isNumeric(text) ? ' class="n"' : text.length <= SHORT ? ' class="s"' : '';
  return `<td${kind}>${escaped(text)}</td>`;
};

const tableHtml = ({ title, note, rows, folded = false }: ReportTable): string => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const shown = rows.slice(0, ROWS_SHOWN);
  const head = columns.map((column) => `<th>${escaped(column)}</th>`).join('');
  const body = shown
    .map((row) => `<tr>${columns.map((column) => cellHtml(row[column] ?? '')).join('')}</tr>`)
    .join('\n');
  const more =
    rows.length > shown.length
      ? `<p class="note">and ${numberText(rows.length - shown.length)} more, in the figures of the run</p>`
      : '';
  const table =
    rows.length === 0
      ? '<p class="note">none</p>'
      : `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return (
    `<details${folded ? '' : ' open'}><summary><h2>${escaped(title)}</h2></summary>` +
    (note === undefined ? '' : `<p class="note">${escaped(note)}</p>`) +
    `<div class="scroll">${table}</div>${more}</details>`
  );
};
