export { collectFigures, type RefusedCommand, type RunInputs } from './collect-figures.ts';
export type * from './figures.ts';
export { reportHtml } from './report-html.ts';
export { faultsOf, isSound, reportTables } from './report-tables.ts';
export { writeHtml } from './write-html.ts';
