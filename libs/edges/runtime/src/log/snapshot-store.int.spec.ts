import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Snapshot, SnapshotHead } from '@plinth/eventing';
import { hash, randomBytes } from 'node:crypto';
import { asOwner } from './postgres-log.ts';
import { PostgresSnapshots } from './snapshot-store.ts';
import { freshLog, testServers, type FreshLog, type TestServer } from './testing/server.ts';

const snapshot = (position: bigint, text: string, revision = 1, owner = 'risk'): Snapshot => {
  const state = Buffer.from(text);
  return { owner, revision, position, stateHash: hash('sha256', state), state };
};

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

  const textOf = async (head: SnapshotHead | undefined): Promise<string | undefined> => {
    const state = head === undefined ? undefined : await store.read(head);
    return state === undefined ? undefined : Buffer.from(state).toString('utf8');
  };

  it('lists what was saved, newest first, and gives it back from another process', async () => {
    expect(await store.list()).toEqual([]);
    for (const one of [
      snapshot(10n, 'old'),
      snapshot(20n, 'Zoë 🦉'),
      snapshot(15n, 'of pricing', 7, 'pricing'),
    ])
      await store.save(one);
    const other = new PostgresSnapshots(fresh.another);
    const { stateHash } = snapshot(20n, 'Zoë 🦉');
    const [newest, old] = await other.list('risk');
    expect(newest).toEqual({
      owner: 'risk',
      revision: 1,
      position: 20n,
      stateHash,
      bytes: expect.any(Number),
    });
    expect([await textOf(newest), await textOf(old)]).toEqual(['Zoë 🦉', 'old']);
    expect((await other.list()).map(({ owner, position }) => `${owner} ${position}`)).toEqual([
      'pricing 15',
      'risk 20',
      'risk 10',
    ]);
  });

  it('keeps large states in parts', async () => {
    // Random text does not compress below its entropy, so several parts are needed.
    const text = randomBytes(2_000_000).toString('hex');
    await store.save(snapshot(1n, text));
    const rows = await fresh.log.query<{ parts: string }>(
      `SELECT count(*) AS parts FROM ${fresh.schema}.snapshots`,
    );
    expect(Number(rows[0]?.parts)).toBeGreaterThan(1);
    const [head] = await store.list();
    expect(await textOf(head)).toBe(text);
  });

  it('replaces one of the same place, keeps two of an owner, drops other revisions', async () => {
    await store.save(snapshot(1n, 'of pricing', 1, 'pricing'));
    for (const position of [1n, 2n, 3n]) await store.save(snapshot(position, `${position}`));
    await store.save(snapshot(3n, 'again'));
    const heads = await store.list('risk');
    expect(heads.map(({ position }) => position)).toEqual([3n, 2n]);
    expect(await textOf(heads[0])).toBe('again');
    await store.save(snapshot(4n, '', 2));
    expect((await store.list('risk')).map(({ position, revision }) => [position, revision])).toEqual([
      [4n, 2],
    ]);
    expect(await store.list('pricing')).toHaveLength(1);
  });

  const damages = {
    'a flipped bit': 'data = set_byte(data, 40, get_byte(data, 40) # 1)',
    'another flipped bit': 'data = set_byte(data, 0, get_byte(data, 0) # 64)',
    'a cut end': 'data = substr(data, 1, length(data) - 10)',
    'nothing left': `data = ''`,
    'a missing part': 'parts = 2',
    'another hash': `state_hash = repeat('0', 64)`,
  };

  it.each(Object.entries(damages))('gives nothing of a snapshot with %s', async (_name, change) => {
    await store.save(snapshot(2n, Array.from({ length: 200 }, (__, i) => `balance ${i * 7_919}`).join()));
    await asOwner(server.ownerUrl, (client) =>
      client.query(`UPDATE ${fresh.schema}.snapshots SET ${change}`),
    );
    const [head] = await store.list('risk');
    expect(head).toBeDefined();
    expect(await textOf(head)).toBeUndefined();
  });
});
