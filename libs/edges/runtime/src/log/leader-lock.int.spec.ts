import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLeaderLock } from './leader-lock.ts';
import { asOwner } from './postgres-log.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server.close());

const lock = (service: string): PostgresLeaderLock =>
  new PostgresLeaderLock({ url: server.url, schema: 'plinth', service, retryMs: 10 });

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
