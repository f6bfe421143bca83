export { collectFigures, type RefusedCommand, type RunInputs } from './collect-figures.ts';
export type * from './figures.ts';
export { numberText, percentText, shortText, timeText } from './number-text.ts';
export { reportHtml } from './report-html.ts';
export { isSound, reportTables, type ReportRow, type ReportTable } from './report-tables.ts';
export { writeHtml } from './write-html.ts';
