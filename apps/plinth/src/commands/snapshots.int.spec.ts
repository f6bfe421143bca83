import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asOwner, makeLogger, PostgresSnapshots, ServiceHost } from '@plinth/runtime';
import { observer } from '@plinth/simulation';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog, type OpenLog } from '../broker/open-log.ts';
import { brokerServices, CELL } from '../broker/services.ts';
import { hashesOf, type StateHash } from '../broker/state-hashes.ts';
import { builtMain } from '../testing/built-main.ts';

const MAIN = await builtMain();
const SERVICES = [...brokerServices({ cell: CELL, adapters: new Map() }), observer];

const plinth = (...args: readonly string[]): Readonly<{ status: number | null; out: string }> => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, out: stdout };
};

type Row = Readonly<{ snapshot?: string; service: string; result: string }>;

/** Starts every service over the log, as far as its snapshot and the log bring it. */
const start = async ({ log }: OpenLog) => {
  const lines: string[] = [];
  const logger = makeLogger('spec', 'info', { write: (line) => lines.push(line) });
  const snapshots = { store: new PostgresSnapshots(log), logger };
  const { position: head } = await log.head();
  const hosts = SERVICES.map((one) => new ServiceHost(one, { log, clock: { now: () => 0 }, snapshots }));
  for (const host of hosts) {
    await host.restore(head);
    for (const event of await log.read(host.last, 10_000)) host.fold(event);
    expect(host.last).toBe(head);
  }
  const hashes: readonly StateHash[] = hashesOf(hosts);
  const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
  return { hashes, restored: count('restored from'), discarded: count('discarded') };
};

describe('snapshots of a played run', () => {
  const data = mkdtempSync(join(tmpdir(), 'plinth-snapshots-'));

  const inDatabase = async <T>(run: (open: OpenLog) => Promise<T>): Promise<T> => {
    const open = await openLog(data);
    try {
      return await run(open);
    } finally {
      await open.close();
    }
  };
  const change = (sql: (table: string) => string): Promise<unknown> =>
    inDatabase(({ log, ownerUrl }) =>
      asOwner(ownerUrl, (client) => client.query(sql(`${log.schema}.snapshots`))),
    );
  const checked = (): Readonly<{ status: number | null; rows: readonly Row[] }> => {
    const { status, out } = plinth('replay', '--check', '--from-snapshot', '--data', data, '-o', 'json');
    return { status, rows: JSON.parse(out) as readonly Row[] };
  };

  beforeAll(() => {
    chmodSync(data, 0o755);
    expect(plinth('demo', '--accounts', '12', '--ticks', '40', '--data', data).status).toBe(0);
  }, 300_000);
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  it('are listed, and are what a fold of the whole log knows', () => {
    const { out } = plinth('log', 'snapshots', '--data', data, '-o', 'json');
    const listed = JSON.parse(out) as readonly Readonly<{ owner: string; bytes: number; behind: string }>[];
    expect(listed.map(({ owner }) => owner)).toEqual(SERVICES.map(({ name }) => name).sort());
    expect(listed.every(({ bytes, behind }) => bytes > 0 && behind === '0')).toBe(true);
    const { status, rows } = checked();
    expect({ status, results: new Set(rows.map(({ result }) => result)) }).toEqual({
      status: 0,
      results: new Set(['equal']),
    });
    const restored = new Set(
      rows.flatMap(({ snapshot, service }) => (snapshot === undefined ? [] : [service])),
    );
    expect(restored.size).toBe(SERVICES.length);
  }, 300_000);

  it('never change a figure: damaged or deleted, the hashes are those of the whole fold', async () => {
    const whole = await inDatabase(start);
    expect(whole).toMatchObject({ restored: SERVICES.length, discarded: 0 });
    await change((table) => `UPDATE ${table} SET data = set_byte(data, 100, get_byte(data, 100) # 4)`);
    const damaged = await inDatabase(start);
    expect(damaged).toEqual({ hashes: whole.hashes, restored: 0, discarded: SERVICES.length });
    const { status, rows } = checked();
    expect(status).not.toBe(0);
    expect(rows.filter(({ result }) => result === 'damaged')).toHaveLength(SERVICES.length);
    await change((table) => `DELETE FROM ${table}`);
    expect(await inDatabase(start)).toEqual({ hashes: whole.hashes, restored: 0, discarded: 0 });
    expect(checked().status).toBe(0);
  }, 300_000);
});
