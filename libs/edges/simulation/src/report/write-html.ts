import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunFigures } from './figures.ts';
import { reportHtml } from './report-html.ts';

/** Writes the page whole or not at all. */
export const writeHtml = async (figures: RunFigures, path: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, reportHtml(figures));
  await rename(draft, path);
};
