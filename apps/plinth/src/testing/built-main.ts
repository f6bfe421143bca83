import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');

/** The command line as users have it; it is built when a source has changed. */
export const builtMain = async (): Promise<string> => {
  await promisify(execFile)(process.execPath, ['tools/build.ts', 'apps/plinth'], { cwd: ROOT });
  return join(ROOT, 'dist/plinth/main.js');
};
