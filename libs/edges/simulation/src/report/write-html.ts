import { writePage } from '@plinth/report';
import type { RunFigures } from './figures.ts';
import { reportHtml } from './report-html.ts';

/** Writes the page of a run whole or not at all. */
export const writeHtml = (figures: RunFigures, path: string): Promise<void> =>
  writePage(path, reportHtml(figures));
