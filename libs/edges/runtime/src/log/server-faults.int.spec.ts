import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testAppend, testCommand, testRequest } from '@plinth/eventing/testing';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectClient } from './connection.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { openPostgresLog, type PostgresLog } from './postgres-log.ts';
import { AcknowledgedFile } from './testing/acknowledged.ts';
import { keptOf, startAppendLoad, type AppendLoad } from './testing/append-load.ts';

/** How often the server is killed: `PLINTH_FAULT_CYCLES` of them, a tenth in every run. */
const KILLS = Math.max(5, Math.floor(Number(process.env['PLINTH_FAULT_CYCLES'] ?? 50) / 10));
const CALLERS = 16;
const NOTHING_LOST = { lost: 0, twice: 0, otherAnswer: 0 };

const tell = (what: string, figures: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
};

let directory: string;
let file: AcknowledgedFile;
let server: EmbeddedPostgres;
let log: PostgresLog;
let unmount: (() => void) | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plinth-test-'));
  chmodSync(directory, 0o755);
  file = new AcknowledgedFile(join(directory, 'acknowledged'));
});
afterEach(async () => {
  await log.close();
  await server.stop();
  unmount?.();
  unmount = undefined;
  file.close();
  for (const path of [server.place, directory]) rmSync(path, { recursive: true, force: true });
});

const start = async (more: Readonly<{ port?: number; storageReserveBytes?: number }> = {}): Promise<void> => {
  server = await startEmbeddedPostgres({ directory, ...more });
};

const until = async (holds: () => boolean, what: string): Promise<void> => {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 60_000) throw new Error(`Expected that ${what}`);
    await sleep(10);
  }
};

const more = (load: AppendLoad, count: number): Promise<void> => {
  const from = load.acknowledged();
  return until(() => load.acknowledged() >= from + count, `${count} more commands are acknowledged`);
};

describe('a server that is killed', () => {
  it(`${KILLS} times under load: nothing acknowledged is lost, nothing is there twice`, async () => {
    await start();
    log = await openPostgresLog(server);
    const load = startAppendLoad(log, file, CALLERS);
    let state = 11;
    for (let kills = 0; kills < KILLS; kills += 1) {
      await more(load, 20);
      state = (state * 48_271) % 2_147_483_647;
      await sleep(state % 150);
      process.kill((await server.pid()) ?? 0, 'SIGKILL');
      await server.ended;
      await server.stop();
      await start({ port: server.port });
    }
    await more(load, 20);
    await load.stop();
    const figures = await keptOf(log, file);
    tell(`server killed ${KILLS} times`, { ...figures, met: Object.fromEntries(load.met) });
    expect(figures).toMatchObject(NOTHING_LOST);
    expect(load.met.get('OutcomeUnknown')).toBeGreaterThan(0);
  }, 600_000);
});

describe('a session of somebody else that does nothing in a transaction', () => {
  const stranger = (): ReturnType<typeof connectClient> =>
    connectClient({ url: server.ownerUrl, rights: 'owner', purpose: 'stranger' }, () => undefined);

  it('hinders neither writers nor readers; one that holds the head of the log is ended in time', async () => {
    await start();
    log = await openPostgresLog(server);
    const load = startAppendLoad(log, file, CALLERS);
    await more(load, 10);
    const [idle, holder] = [await stranger(), await stranger()];
    for (const client of [idle, holder]) {
      // Undoes what every connection of ours sets for itself: a stranger has the server's own settings.
      await client.query('RESET ALL');
      await client.query('BEGIN');
    }
    await idle.query('CREATE TABLE note (id int)');
    await more(load, 50);
    const read = await log.read(0n, 10_000);
    expect(read.map(({ position }) => position)).toEqual(read.map((_, i) => BigInt(i + 1)));
    const heldMs = performance.now();
    await holder.query(`SELECT * FROM plinth.log_head FOR UPDATE`);
    await sleep(500);
    await more(load, 50);
    tell('head held by a stranger', { waitedMs: Math.round(performance.now() - heldMs) });
    await load.stop();
    expect(await keptOf(log, file)).toMatchObject(NOTHING_LOST);
  }, 120_000);
});

describe('a disk that takes half a second to write', () => {
  it('makes groups grow: every caller is answered in turn, nobody gives up', async () => {
    await start();
    log = await openPostgresLog(server);
    await log.append(testRequest([testAppend('order-first', 0)], { command: testCommand('first') }));
    const slow = await connectClient(
      { url: server.ownerUrl, rights: 'owner', purpose: 'slow disk' },
      () => undefined,
    );
    let isOver = false;
    // Whoever commits has the head row while the disk writes.
    const hold = (async () => {
      while (!isOver) {
        await slow.query('BEGIN; SELECT * FROM plinth.log_head FOR UPDATE; SELECT pg_sleep(0.5); COMMIT');
      }
    })();
    const load = startAppendLoad(log, file, 256);
    await more(load, 500);
    await load.stop();
    isOver = true;
    await hold;
    await slow.end();
    const [row] = await log.query<{ groups: string }>(
      `SELECT count(DISTINCT xmin::text) AS groups FROM plinth.events WHERE position > 1`,
    );
    const figures = await keptOf(log, file);
    tell('slow disk', { ...figures, groups: row?.groups, met: Object.fromEntries(load.met) });
    expect(figures).toMatchObject(NOTHING_LOST);
    expect([...load.met]).toEqual([]);
    expect(figures.acknowledged / Number(row?.groups)).toBeGreaterThan(20);
  }, 120_000);
});

/** The write-ahead log of a stopped server, moved to a small disk of its own. */
const moveWal = (place: string, mebibytes: number): (() => void) => {
  const wal = join(place, 'pgdata', 'pg_wal');
  const kept = join(place, 'pg_wal.kept');
  execFileSync('mv', [wal, kept]);
  execFileSync('mkdir', [wal]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', wal]);
  execFileSync('cp', ['-a', `${kept}/.`, `${wal}/`]);
  execFileSync('chown', ['-R', `--reference=${join(place, 'pgdata')}`, wal]);
  return () => void execFileSync('umount', [wal]);
};

const mountMissing = ((): string | undefined => {
  const place = mkdtempSync(join(tmpdir(), 'plinth-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return undefined;
  } catch {
    return 'a disk cannot be mounted here: what a full disk does was not tried';
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
})();
if (mountMissing !== undefined) it.skip(mountMissing, () => undefined);

(mountMissing === undefined ? describe : describe.skip)('a disk of the write-ahead log that is full', () => {
  const MIB = 1_048_576;

  const startOnSmallDisk = async (mebibytes: number, storageReserveBytes: number): Promise<string> => {
    await start({ storageReserveBytes });
    await server.stop();
    unmount = moveWal(server.place, mebibytes);
    await start({ storageReserveBytes });
    log = await openPostgresLog(server);
    return join(server.place, 'pgdata', 'pg_wal');
  };

  /** Takes all of a disk but so many bytes. */
  const fill = async (wal: string, left: number): Promise<string> => {
    const { bavail, bsize } = await statfs(wal);
    const filler = join(wal, 'filler');
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    return filler;
  };

  it('refuses writers with STORAGE_FULL, answers readers, and goes on by itself', async () => {
    const wal = await startOnSmallDisk(160, 64 * MIB);
    const pid = await server.pid();
    const load = startAppendLoad(log, file, CALLERS);
    await more(load, 50);
    const filler = await fill(wal, 40 * MIB);
    await until(() => (load.met.get('STORAGE_FULL') ?? 0) > CALLERS, 'writers are refused');
    const { position } = await log.head();
    expect((await log.read(0n, 10_000)).length).toBeGreaterThanOrEqual(Math.min(10_000, Number(position)));
    truncateSync(filler);
    await more(load, 50);
    await load.stop();
    const figures = await keptOf(log, file);
    tell('disk nearly full', { ...figures, met: Object.fromEntries(load.met) });
    expect(figures).toMatchObject(NOTHING_LOST);
    expect(await server.pid()).toBe(pid);
  }, 120_000);

  it('takes a server that does not look down, and nothing acknowledged with it', async () => {
    const wal = await startOnSmallDisk(64, 0);
    const load = startAppendLoad(log, file, CALLERS);
    await more(load, 50);
    const filler = await fill(wal, 0);
    let isDown = false;
    const down = server.ended.then(() => (isDown = true));
    // Until the last file of the log is full too.
    for (let n = 0; !isDown; n += 1) {
      await log
        .append(testRequest([testAppend(`account-${n}`, 0, 2_000)], { command: testCommand(`bulk-${n}`) }))
        .catch(() => sleep(50));
    }
    await down;
    truncateSync(filler);
    await server.stop();
    await start({ port: server.port, storageReserveBytes: 0 });
    await more(load, 50);
    await load.stop();
    const figures = await keptOf(log, file);
    tell('disk full', { ...figures, met: Object.fromEntries(load.met) });
    expect(figures).toMatchObject(NOTHING_LOST);
    expect(load.met.get('OutcomeUnknown')).toBeGreaterThan(0);
  }, 120_000);
});
