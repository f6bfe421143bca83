import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from './environment.ts';

/**
 * The checkout this program was built from: the nearest folder above with a package-lock.json, else the
 * working folder.
 */
export const checkoutRoot = (): string => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package-lock.json'))) return folder;
    if (folder === dirname(folder)) return process.cwd();
  }
};

/** Where everything is kept that the program makes for itself. */
export const stateHome = (): string => resolve(environment().PLINTH_HOME ?? join(checkoutRoot(), '.plinth'));

/** Folders of recorded data, when nothing else is said. */
export const recordedData = (): string =>
  join(resolve(environment().PLINTH_SHARED ?? join(checkoutRoot(), '..', 'shared')), 'data');
