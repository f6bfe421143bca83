import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lock } from './house/lockfile.ts';
import { completed, missingEntries } from './house/lockfile.ts';
import { readText, ROOT } from './house/workspace.ts';

/** `npm run lock:complete`, after `npm install` against a registry that lacks packages of other platforms. */
const lock = JSON.parse(readText('package-lock.json')) as Lock;
const names = Object.keys(missingEntries(lock));
if (names.length > 0) {
  writeFileSync(join(ROOT, 'package-lock.json'), `${JSON.stringify(completed(lock), null, 2)}\n`);
}
console.log(`${names.length} entries added to package-lock.json`);
