import { readFileSync, writeFileSync } from 'node:fs';

/*
 * For the build of an image: leaves of the packages for development only esbuild in package.json and its lock, so that
 * `npm ci` fetches what bundles the sources, by the lock's hashes, and no linter, test runner or compiler.
 */
for (const path of ['package.json', 'package-lock.json']) {
  const file = JSON.parse(readFileSync(path, 'utf8'));
  const root = file.packages?.[''] ?? file;
  root.devDependencies = { esbuild: root.devDependencies.esbuild };
  delete root.dependencies;
  delete root.workspaces;
  writeFileSync(path, JSON.stringify(file));
}
