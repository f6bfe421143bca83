import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLeaderLock } from './leader-lock.ts';
import { asOwner } from './postgres-log.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server.close());

const lock = (service: string, leaseMs = 4_000): PostgresLeaderLock =>
  new PostgresLeaderLock({ url: server.url, schema: 'plinth', service, retryMs: 10, leaseMs });

/** Holds a lock in a process of its own, and says when it has it and when it lost it. */
const holder = (service: string, leaseMs: number): ChildProcess =>
  spawn(process.execPath, ['--input-type=module', '-e', HOLDER], {
    env: { ...process.env, LOCK_URL: server.url, LOCK_SERVICE: service, LOCK_LEASE_MS: String(leaseMs) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const HOLDER = `
  import { PostgresLeaderLock } from ${JSON.stringify(new URL('./leader-lock.ts', import.meta.url).href)};
  const { LOCK_URL: url, LOCK_SERVICE: service, LOCK_LEASE_MS: lease } = process.env;
  const lock = new PostgresLeaderLock({ url, schema: 'plinth', service, leaseMs: Number(lease) });
  await lock.acquire(new AbortController().signal);
  console.log('held');
  setInterval(() => { if (!lock.isHeld) { console.log('lost'); process.exit(0); } }, 20);
`;

const said = (child: ChildProcess, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => chunk.includes(word) && resolve());
    child.once('exit', () => reject(new Error(`Expected the holder to say ${word}`)));
  });

describe('the leader lock on PostgreSQL', () => {
  it('has one holder per service, and the next when that one lets go', async () => {
    const [one, two, other] = [lock('risk'), lock('risk'), lock('routing')];
    const stop = new AbortController();
    await one.acquire(stop.signal);
    await other.acquire(stop.signal);
    const next = two.acquire(stop.signal);
    await sleep(60);
    expect([one.isHeld, two.isHeld, other.isHeld]).toEqual([true, false, true]);
    await one.release();
    await next;
    expect([one.isHeld, two.isHeld]).toEqual([false, true]);
    await Promise.all([two.release(), other.release()]);
  });

  it('is lost with its connection', async () => {
    const [one, two] = [lock('accounts'), lock('accounts')];
    const stop = new AbortController();
    await one.acquire(stop.signal);
    const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'plinth lead accounts'`;
    await asOwner(server.ownerUrl, (client) => client.query(terminate));
    await two.acquire(stop.signal);
    expect([one.isHeld, two.isHeld]).toEqual([false, true]);
    await two.release();
  });

  it('passes from a process that was stopped, which knows it when it wakes', async () => {
    const child = holder('interest', 1_000);
    await said(child, 'held');
    const next = lock('interest', 1_000);
    child.kill('SIGSTOP');
    await next.acquire(AbortSignal.timeout(10_000));
    expect(next.isHeld).toBe(true);
    const lost = said(child, 'lost');
    child.kill('SIGCONT');
    await lost;
    expect(next.isHeld).toBe(true);
    await next.release();
  });

  it('stays with a holder that has nothing to do', async () => {
    const one = lock('liquidation', 400);
    await one.acquire(AbortSignal.timeout(10_000));
    await sleep(1_500);
    expect(one.isHeld).toBe(true);
    await one.release();
  });

  it('stops waiting when it is told to', async () => {
    const [one, two] = [lock('pricing'), lock('pricing')];
    const stop = new AbortController();
    await one.acquire(stop.signal);
    const waiting = two.acquire(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await Promise.all([one.release(), two.release()]);
  });
});
