import { GatewayClient, openKeyFile } from '@plinth/gateway';
import { findEmbeddedPostgres, openPostgresLog } from '@plinth/runtime';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresLog } from '@plinth/runtime';

const MAIN = resolve(import.meta.dirname, '..', '..', '..', '..', 'dist', 'plinth', 'main.js');
const START_MS = 120_000;

/** The whole broker as `./plinth up` runs it. */
export type OneProcess = Readonly<{ client: GatewayClient; log: PostgresLog; stop: () => Promise<void> }>;

export const startOneProcess = async (): Promise<OneProcess> => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-up-'));
  chmodSync(directory, 0o755);
  const child = spawn(process.execPath, [MAIN, 'up', '--data', directory, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
  const keyFile = join(directory, 'operator.key.json');
  const end = performance.now() + START_MS;
  let address: string | undefined;
  while (address === undefined || !existsSync(keyFile)) {
    if (child.exitCode !== null || performance.now() > end) throw new Error(`Expected a broker: ${said}`);
    address = /^gateway (\S+) /m.exec(said)?.[1];
    await sleep(50);
  }
  const found = await findEmbeddedPostgres(join(directory, 'postgres'));
  if (found.state !== 'running') throw new Error(`Expected a running database, was ${found.state}`);
  const log = await openPostgresLog({ url: found.url, ownerUrl: found.ownerUrl });
  const client = new GatewayClient({
    address,
    key: openKeyFile(keyFile, 'operator.local'),
    timeoutMs: 20_000,
  });
  const stop = async (): Promise<void> => {
    client.close();
    await log.close();
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    rmSync(directory, { recursive: true, force: true });
  };
  return { client, log, stop };
};
