import { chartsOf, type Chart } from './charts.ts';
import type { RunFigures } from './figures.ts';
import { numberText, percentText, shortText, timeText } from './number-text.ts';
import { STYLE } from './report-style.ts';
import { isSound, reportTables, savedShare, type ReportTable } from './report-tables.ts';
import { escaped } from './svg.ts';

/** More rows than a page can show well; the figures have them all. */
const ROWS_SHOWN = 500;

const CLOSED = new Set(['Events', 'Refusals']);

/**
 * One page without scripts and without anything from outside: charts are inline SVG, texts are escaped. A
 * function of the figures alone: equal figures give equal bytes.
 */
export const reportHtml = (figures: RunFigures): string => {
  const { run } = figures;
  const title = `Plinth: ${run.name}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escaped(title)}</h1>`,
    `<p class="note">${escaped(subtitle(figures))}</p>`,
    tiles(figures),
    `<div class="charts">${chartsOf(figures).map(chartHtml).join('')}</div>`,
    ...reportTables(figures).map(tableHtml),
    '</main></body></html>\n',
  ].join('\n');
};

const subtitle = ({ run, accounts, events }: RunFigures): string => {
  const count = accounts.reduce((sum, { accounts: n }) => sum + n, 0);
  const sources =
    run.sources.length === 0 ? '' : ` Calibrated to or recorded from: ${run.sources.join('; ')}.`;
  return (
    `${numberText(count)} accounts, ${timeText(run.startMs)} to ${timeText(run.endMs)} UTC in ` +
    `${numberText(run.rounds)} rounds of marks, ${numberText(events.total)} events, ` +
    `seed ${run.seed}.${sources}`
  );
};

const tile = (value: string, name: string, kind = ''): string =>
  `<div class="tile ${kind}"><b>${escaped(value)}</b><span>${escaped(name)}</span></div>`;

const tiles = (figures: RunFigures): string => {
  const { calls, liquidations, invariants, proof, efficiency, ledger } = figures;
  const sound = isSound(figures);
  const proved = proof.checks.length > 0 && proof.checks.every(({ ok }) => ok);
  const conserved = ledger.every(({ sum }) => sum === '0');
  const total = efficiency[0]?.total;
  const saved = total === undefined ? 0 : savedShare(total.portfolio.initial, total.isolated.initial);
  const state = (isGood: boolean): string => (isGood ? 'good' : 'bad');
  return `<div class="tiles">${[
    tile(sound ? 'sound' : 'not sound', 'this run', state(sound)),
    tile(
      numberText(invariants.breaches),
      `breaches of ${numberText(invariants.checked.length)} invariants`,
      state(invariants.breaches === 0),
    ),
    tile(conserved ? 'zero' : 'not zero', 'sum of the ledger in every asset', state(conserved)),
    tile(proved ? 'proved' : 'not proved', 'the log, by its Merkle tree', state(proved)),
    tile(percentText(Math.abs(saved)), `${saved < 0 ? 'more' : 'less'} initial margin than line by line`),
    tile(numberText(calls.made), `margin calls, ${numberText(calls.cured)} cured`),
    tile(numberText(liquidations.rows.length), 'liquidations'),
    tile(
      `${shortText(Number(liquidations.badDebt))} USD`,
      `bad debt; the fund paid ${shortText(Number(liquidations.fundPaid))}`,
    ),
  ].join('')}</div>`;
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

const tableHtml = ({ title, note, rows }: ReportTable): string => {
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
    `<details${CLOSED.has(title) ? '' : ' open'}><summary><h2>${escaped(title)}</h2></summary>` +
    (note === undefined ? '' : `<p class="note">${escaped(note)}</p>`) +
    `<div class="scroll">${table}</div>${more}</details>`
  );
};
