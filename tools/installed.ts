import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Exits with 0 when node_modules already holds the versions that package-lock.json names (somebody ran npm by
 * hand), so that the launcher need not install again. It runs before anything is installed, so it imports
 * nothing but Node.
 */
type Lock = Readonly<{
  packages: Readonly<Record<string, Readonly<{ version?: string; optional?: boolean }>>>;
}>;

const root = resolve(import.meta.dirname, '..');

const readLock = (path: string): Lock['packages'] =>
  (JSON.parse(readFileSync(resolve(root, path), 'utf8')) as Lock).packages;

const isInstalled = (): boolean => {
  if (!existsSync(resolve(root, 'node_modules/.package-lock.json'))) return false;
  const installed = readLock('node_modules/.package-lock.json');
  return Object.entries(readLock('package-lock.json')).every(
    ([path, { version, optional }]) =>
      !path.startsWith('node_modules/') || optional || installed[path]?.version === version,
  );
};

process.exitCode = isInstalled() ? 0 : 1;
