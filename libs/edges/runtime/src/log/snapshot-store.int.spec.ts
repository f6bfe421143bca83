import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Snapshot } from '@plinth/eventing';
import { randomBytes } from 'node:crypto';
import { asOwner } from './postgres-log.ts';
import { PostgresSnapshots } from './snapshot-store.ts';
import { freshLog, testServers, type FreshLog, type TestServer } from './testing/server.ts';

const snapshot = (position: bigint, entries: Snapshot['entries'], revision = 1): Snapshot => ({
  fold: 'ledger',
  revision,
  position,
  stateHash: `hash of ${position}`,
  entries,
});

describe.each(testServers())('%s', (_, start) => {
  let server: TestServer;
  let fresh: FreshLog;
  let store: PostgresSnapshots;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => server.close());
  beforeEach(async () => {
    fresh = await freshLog(server);
    store = new PostgresSnapshots(fresh.log);
  });
  afterEach(async () => fresh.close());

  it('returns the newest snapshot of the fold and revision as it was saved', async () => {
    expect(await store.latest('ledger', 1)).toBeUndefined();
    const newest = snapshot(20n, [
      ['client:Zoë 🦉', '["1","2"]'],
      ['', ''],
    ]);
    await store.save(snapshot(10n, []));
    await store.save(newest);
    expect(await new PostgresSnapshots(fresh.another).latest('ledger', 1)).toEqual(newest);
    expect(await store.latest('ledger', 2)).toBeUndefined();
    expect(await store.latest('other', 1)).toBeUndefined();
  });

  it('keeps large states in parts', async () => {
    // Random text does not compress below its entropy, so several parts are needed.
    const entries = Array.from(
      { length: 3_000 },
      (_, i) => [`key-${i}`, randomBytes(700).toString('hex')] as const,
    );
    await store.save(snapshot(1n, entries));
    const rows = await fresh.log.query<{ parts: string }>(
      `SELECT count(*) AS parts FROM ${fresh.schema}.snapshots`,
    );
    expect(Number(rows[0]?.parts)).toBeGreaterThan(1);
    expect((await store.latest('ledger', 1))?.entries).toEqual(entries);
  });

  it('replaces a snapshot of the same place, keeps two, and drops those of other revisions', async () => {
    for (const position of [1n, 2n, 3n]) await store.save(snapshot(position, [['a', `${position}`]]));
    await store.save(snapshot(3n, [['a', 'again']]));
    const kept = await fresh.log.query<{ position: string }>(
      `SELECT position FROM ${fresh.schema}.snapshots ORDER BY 1`,
    );
    expect(kept.map(({ position }) => position)).toEqual(['2', '3']);
    expect((await store.latest('ledger', 1))?.entries).toEqual([['a', 'again']]);
    await store.save(snapshot(4n, [], 2));
    expect(await store.latest('ledger', 1)).toBeUndefined();
  });

  it('passes over damaged and incomplete ones', async () => {
    const old = snapshot(1n, [['a', '1']]);
    await store.save(old);
    await store.save(snapshot(2n, [['a', '2']]));
    const spoil = (change: string): Promise<unknown> =>
      asOwner(server.ownerUrl, (client) =>
        client.query(`UPDATE ${fresh.schema}.snapshots SET ${change} WHERE position = 2`),
      );
    await spoil(`data = set_byte(data, 40, get_byte(data, 40) # 1)`);
    expect(await store.latest('ledger', 1)).toEqual(old);
    await store.save(snapshot(2n, [['a', '2']]));
    await spoil('parts = 2');
    expect(await store.latest('ledger', 1)).toEqual(old);
  });
});
