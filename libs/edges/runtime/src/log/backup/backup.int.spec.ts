import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { testAppend, testCommand, testEvent, testRequest } from '@plinth/eventing/testing';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadSigner } from '../../audit/head-signer.ts';
import { keepInTable } from '../../audit/heads-table.ts';
import { MerkleTree, leafHash } from '../../audit/merkle-tree.ts';
import { canonicalEvent } from '../../audit/canonical-event.ts';
import { freshSigningKey } from '../../audit/tree-head.ts';
import { openPostgresLog, type PostgresLog } from '../postgres-log.ts';
import { dropSchema, freshLog, freshSchema, testServers } from '../testing/server.ts';
import type { FreshLog, TestServer } from '../testing/server.ts';
import {
  BackupDamaged,
  checkBackup,
  createBackup,
  readManifest,
  restoreBackup,
  RestoreRefused,
} from './index.ts';
import type { Restored } from './index.ts';

const NOW = 1_700_000_000_000;
const key = freshSigningKey();

describe.each(testServers())('a backup of a log on %s', (_, start) => {
  let server: TestServer;
  let fresh: FreshLog;
  let target: string;
  let directory: string;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => server.close());
  beforeEach(async () => {
    fresh = await freshLog(server);
    target = freshSchema();
    directory = mkdtempSync(join(tmpdir(), 'plinth-backup-'));
    chmodSync(directory, 0o755);
  });
  afterEach(async () => {
    await fresh.close();
    await dropSchema(server, target);
    rmSync(directory, { recursive: true, force: true });
  });

  const create = () => createBackup({ url: server.url, schema: fresh.schema, directory, nowMs: NOW });
  const check = () => checkBackup({ directory, publicKey: key.publicKey });
  const restore = async (toPosition?: number): Promise<Restored> =>
    restoreBackup({
      ...{ ownerUrl: server.ownerUrl, schema: target, directory, backup: check() },
      ...(toPosition === undefined ? {} : { toPosition }),
    });
  const opened = (): Promise<PostgresLog> => openPostgresLog({ ...server, schema: target });

  const signer = async (): Promise<HeadSigner> => {
    let heads: ReturnType<typeof key.sign>[] = [];
    return new HeadSigner({
      ...{ log: fresh.log, logId: await fresh.log.logId(), epoch: fresh.log.epoch, key },
      witness: { heads: () => heads, publish: (head) => (heads = [...heads, head]) },
      ...{ clock: { now: () => NOW }, keep: keepInTable(fresh.log) },
    });
  };

  /** Appends commands of five events each; returns the head. */
  const fill = async (streams: number, from = 0): Promise<bigint> => {
    let head = 0n;
    for (let i = from; i < from + streams; i += 1) {
      const request = testRequest([testAppend(`account-${i}`, 0, 5)], {
        command: testCommand(`command-${i}`),
      });
      ({ last: head } = (await fresh.log.append(request)) as { last: bigint });
    }
    return head;
  };

  const rootOf = async (log: PostgresLog): Promise<string> => {
    const tree = new MerkleTree();
    for (const event of await log.readStored(0n, 10_000)) tree.append(leafHash(canonicalEvent(event)));
    return tree.root().toString('hex');
  };

  it('gives back every event, answer and head, under a new epoch of the same log', async () => {
    await fill(20);
    const signing = await signer();
    await signing.advance();
    await fill(10, 20);
    const head = await signing.advance();
    const { manifest, added } = await create();
    expect({ added, position: manifest.position, root: manifest.root }).toEqual({
      ...{ added: 150, position: 150, root: head?.root },
    });
    expect(check().verification).toMatchObject({ events: 150, heads: 2, proven: 150, findings: [] });

    const restored = await restore();
    expect(restored).toEqual({
      ...{ logId: await fresh.log.logId(), epoch: 2, position: 150, root: head?.root },
    });
    const log = await opened();
    expect(await log.readStored(0n, 1_000)).toEqual(await fresh.log.readStored(0n, 1_000));
    expect(await log.command('ada', 'command-29')).toEqual(await fresh.log.command('ada', 'command-29'));
    expect(await log.command('ada', 'command-30')).toBeUndefined();
    const heads = await log.query<{ size: string }>(`SELECT size FROM ${target}.tree_heads ORDER BY size`);
    expect(heads.map(({ size }) => size)).toEqual(['100', '150']);
    // It goes on where it was: the next position, and a command that was sent before has its answer.
    await log.append(testRequest([testAppend('account-0', 5)]));
    expect((await log.head()).position).toBe(151n);
    await log.close();
  });

  it('goes on from an earlier backup and keeps its files', async () => {
    await fill(4);
    await create();
    const before = new Map(
      readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mtimeMs]),
    );
    // Refused without an event: its answer stands at a position that the first backup had already.
    await fresh.log.append(testRequest([], { command: testCommand('refused') }));
    await fill(6, 4);
    const { manifest, added } = await create();
    expect({ added, parts: manifest.parts.map(({ first, last }) => [first, last]) }).toEqual({
      added: 30,
      parts: [
        [1, 20],
        [21, 50],
      ],
    });
    for (const { events, commands } of manifest.parts.slice(0, 1)) {
      for (const { name } of [events, commands])
        expect(statSync(join(directory, name)).mtimeMs).toBe(before.get(name));
    }
    const again = await create();
    expect(again.added).toBe(0);
    expect((await restore()).position).toBe(50);
    const log = await opened();
    expect(await rootOf(log)).toBe(await rootOf(fresh.log));
    expect(await log.command('ada', 'refused')).toEqual(await fresh.log.command('ada', 'refused'));
    await log.close();
  });

  it('is of one moment while others append', async () => {
    await fill(10);
    let isDone = false;
    const appending = (async () => {
      for (let i = 10; !isDone; i += 1) await fill(1, i);
    })();
    const { manifest } = await create();
    isDone = true;
    await appending;
    expect(manifest.position % 5).toBe(0);
    expect(check().manifest.position).toBe(manifest.position);
    expect((await restore()).root).toBe(manifest.root);
  });

  it('restores to a position; services react again from the last cause they show', async () => {
    const react = (version: number, consumer: string, cause: string, at: bigint, expected: bigint) =>
      fresh.log.append({
        ...testRequest([{ stream: 'timer-risk', expectedVersion: version, events: [testEvent(version)] }]),
        cause: { correlationId: 'c', causationId: cause, actor: `service:${consumer}` },
        checkpoint: { consumer, expected, position: at },
      });
    await fill(2);
    const [first, , third] = await fresh.log.readStored(0n, 3);
    await react(0, 'runtime', first?.id ?? '', 1n, 0n);
    await react(1, 'runtime', third?.id ?? '', 3n, 1n);
    await fill(2, 2);
    await create();
    const restored = await restore(11);
    expect(restored).toMatchObject({ position: 11, epoch: 2 });
    const log = await opened();
    expect((await log.head()).position).toBe(11n);
    expect(await log.readStored(0n, 100)).toEqual(await fresh.log.readStored(0n, 11));
    expect(await log.checkpoint('runtime')).toBe(1n);
    expect(await log.command('ada', 'command-1')).toBeDefined();
    expect(await log.command('ada', 'command-2')).toBeUndefined();
    await log.close();
  });

  it('refuses a target that has a log, and a position that it has not; nothing changes', async () => {
    await fill(2);
    await create();
    await expect(restore(11)).rejects.toThrow('Expected a position from 1 to 10, was 11');
    await restore();
    await expect(restore()).rejects.toThrow(RestoreRefused);
    const log = await opened();
    expect((await log.head()).position).toBe(10n);
    await log.close();
  });

  it('refuses to go on in a directory that has another history', async () => {
    await fill(2);
    await create();
    const other = await freshLog(server);
    await other.log.append(testRequest([testAppend('account-1', 0, 50)]));
    const elsewhere = createBackup({ url: server.url, schema: other.schema, directory, nowMs: NOW });
    await expect(elsewhere).rejects.toThrow(/Expected a backup of log .* in the directory/);
    await other.close();
  });

  it('is found out when a byte of any file is changed, cut or missing', async () => {
    await fill(3);
    await (await signer()).advance();
    await create();
    const names = readdirSync(directory);
    expect(names).toHaveLength(4);
    for (const name of names) {
      const path = join(directory, name);
      const whole = readFileSync(path);
      const flipped = Buffer.from(whole);
      const middle = whole.length >> 1;
      flipped[middle] = (flipped[middle] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      expect(check).toThrow(BackupDamaged);
      await expect(restore()).rejects.toThrow(BackupDamaged);
      writeFileSync(path, whole.subarray(0, whole.length - 3));
      expect(check).toThrow(BackupDamaged);
      rmSync(path);
      expect(check).toThrow(BackupDamaged);
      writeFileSync(path, whole);
    }
    expect(check().manifest.position).toBe(15);
  });

  it('is found out when it was made from a log that was changed after its heads were signed', async () => {
    await fill(3);
    const signing = await signer();
    const head = await signing.advance();
    await create();
    const forged = { ...(head as NonNullable<typeof head>), root: 'ab'.repeat(32) };
    const judged = () => checkBackup({ directory, publicKey: key.publicKey, heads: [forged] });
    expect(judged).toThrow(/first bad position/);
    const stranger = () => checkBackup({ directory, publicKey: freshSigningKey().publicKey });
    expect(stranger).toThrow(/is not signed by the key/);
    expect(readManifest(directory)?.position).toBe(15);
  });
});
