import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testAppend, testCommand, testRequest } from '@plinth/eventing/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { asOwner, openPostgresLog } from './postgres-log.ts';
import { isAlive } from './process-identity.ts';

const OWNER = new URL('testing/embedded-owner.ts', import.meta.url).pathname;

describe('the embedded server', () => {
  let directory: string;
  let place: string | undefined;
  const children = new Set<ChildProcess>();
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plinth-test-'));
    await chmod(directory, 0o755);
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    for (const left of [place, directory])
      if (left !== undefined) await rm(left, { recursive: true, force: true });
  });

  const start = async (): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ directory });
    place = server.place;
    return server;
  };

  /** Runs the owner until it has answered some commands; gives their keys and the server's pid. */
  const runOwner = async (
    run: string,
    answers: number,
  ): Promise<{ child: ChildProcess; keys: string[]; pid: number }> => {
    const child = spawn(process.execPath, [OWNER, directory, run], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    const keys: string[] = [];
    let pid = 0;
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('done ')) keys.push(line.slice(5));
        else pid = Number(line.slice(3));
      }
    });
    while (keys.length < answers) await sleep(5);
    return { child, keys, pid };
  };

  const expectAll = async (server: EmbeddedPostgres, keys: readonly string[]): Promise<void> => {
    const log = await openPostgresLog(server);
    const events = [];
    for (let last = 0n; ; last += 10_000n) {
      const batch = await log.read(last, 10_000);
      events.push(...batch);
      if (batch.length < 10_000) break;
    }
    const streams = new Set(events.map(({ stream }) => stream));
    expect(keys.filter((key) => !streams.has(`order-${key}`))).toEqual([]);
    expect(streams.size).toBe(events.length);
    expect((await log.head()).position).toBe(BigInt(events.length));
    await log.close();
  };

  it('keeps its data over a restart, writes to disk first, and is alone on its directory', async () => {
    const first = await start();
    const settings = `SELECT name, setting FROM pg_settings
      WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums') ORDER BY name`;
    const { rows } = await asOwner(first.ownerUrl, (client) => client.query<{ setting: string }>(settings));
    expect(rows.map(({ setting }) => setting)).toEqual(['on', 'on', 'on', 'on']);
    const log = await openPostgresLog(first);
    await log.append(testRequest([testAppend('order-a', 0)], { command: testCommand('a') }));
    const id = await log.logId();
    await expect(startEmbeddedPostgres({ directory })).rejects.toThrow(`in use by process ${process.pid}`);
    await log.close();
    await first.stop();
    await first.ended;

    const second = await start();
    await expectAll(second, ['a']);
    const again = await openPostgresLog(second);
    expect(await again.logId()).toBe(id);
    await again.close();
    await second.stop();
  });

  it('ends when its owner is killed, and the next one finds all that was answered', async () => {
    const keys: string[] = [];
    for (const run of ['one', 'two', 'three']) {
      const owner = await runOwner(run, 40);
      owner.child.kill('SIGKILL');
      await once(owner.child, 'exit');
      keys.push(...owner.keys);
    }
    const server = await start();
    await expectAll(server, keys);
    await server.stop();
  });

  it('recovers when it is killed itself, together with its owner', async () => {
    const owner = await runOwner('one', 40);
    process.kill(owner.pid, 'SIGKILL');
    owner.child.kill('SIGKILL');
    await once(owner.child, 'exit');
    // The pid file that the killed server left names a process that is gone.
    const server = await start();
    await expectAll(server, owner.keys);
    await server.stop();
  });

  it('says so when it ends under its owner, who can start it again', async () => {
    const server = await start();
    const log = await openPostgresLog(server);
    await log.append(testRequest([testAppend('order-a', 0)]));
    process.kill((await server.pid()) ?? 0, 'SIGKILL');
    await server.ended;
    await expect(log.append(testRequest([testAppend('order-b', 0)]))).rejects.toThrow(
      /cannot be reached|connection/,
    );
    await log.close();
    await server.stop();
    const again = await start();
    await expectAll(again, ['a']);
    await again.stop();
  });

  it('is not kept from starting by a pid file that names another process by now', async () => {
    const server = await start();
    const file = join(server.place, 'pgdata', 'postmaster.pid');
    const content = await readFile(file, 'utf8');
    await server.stop();
    await writeFile(file, content.replace(/^\d+/, String(process.pid)));
    const again = await start();
    expect(isAlive((await again.pid()) ?? 0)).toBe(true);
    await again.stop();
  });

  it('never makes a new database over one whose passwords are lost', async () => {
    const server = await start();
    await server.stop();
    await rm(join(server.place, 'secrets.json'));
    await expect(startEmbeddedPostgres({ directory })).rejects.toThrow('secrets.json beside the database');
  });
});
