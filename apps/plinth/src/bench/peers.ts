import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Other people's packages that are measured beside our own; no part of Plinth needs them. */
export const PEERS = {
  '@aave/math-utils': '1.38.0',
  '@event-driven-io/emmett-postgresql': '0.42.0',
} as const;

export type Peer = keyof typeof PEERS;

/** Installs them into a directory of their own, apart from what Plinth runs on. */
export const installPeers = async (directory: string): Promise<void> => {
  mkdirSync(directory, { recursive: true });
  const manifest = `${JSON.stringify({ private: true, dependencies: PEERS }, null, 2)}\n`;
  const file = join(directory, 'package.json');
  const isThere = existsSync(file) && readFileSync(file, 'utf8') === manifest;
  if (isThere && existsSync(join(directory, 'node_modules', '.package-lock.json'))) return;
  writeFileSync(file, manifest);
  const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'];
  await run('npm', words, { cwd: directory });
};

/** The module, or why there is none. */
export const loadPeer = async (
  directory: string,
  name: Peer,
): Promise<Readonly<Record<string, unknown>> | string> => {
  try {
    const path = createRequire(join(directory, 'package.json')).resolve(name);
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch {
    return `${name} is not installed: run once with --with-peers`;
  }
};
