import { describe, expect, it } from '@jest/globals';
import type { StoredEvent, StoredLog } from '@plinth/eventing';
import { MemoryLog } from '@plinth/eventing';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportedEvent } from './exported-event.ts';
import { HeadSigner, signRestored } from './head-signer.ts';
import { HistoryForked } from './history-forked.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import { canonicalEvent } from './canonical-event.ts';
import { freshSigningKey, loadSigningKey, type TreeHead } from './tree-head.ts';
import { LogVerifier, type Verification } from './verifier.ts';
import { readWitness, witnessFile } from './witness-file.ts';

const clock = { now: () => 1_000 };
const LOG_ID = '6b0f1e3e-0000-4000-8000-000000000001';

const fill = async (log: MemoryLog, from: number, count: number): Promise<void> => {
  for (let i = from; i < from + count; i += 1)
    await log.append(testRequest([testAppend(`account-${i % 3}`, Math.floor(i / 3))]));
};

/** A log whose rows somebody with all rights can change. */
const tampered = (events: readonly StoredEvent[]): StoredLog => ({
  readStored: async (after, limit) => events.slice(Number(after), Number(after) + limit),
});

const setUp = async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-audit-'));
  const path = join(directory, 'witness.ndjson');
  const log = new MemoryLog();
  const key = freshSigningKey();
  const signer = (source: StoredLog = log) =>
    new HeadSigner({ log: source, logId: LOG_ID, epoch: 1, key, witness: witnessFile(path), clock });
  const first = signer();
  await fill(log, 0, 12);
  await first.advance();
  await fill(log, 12, 9);
  await first.advance();
  const events = await log.readStored(0n, 100);
  const verify = (
    rows: readonly StoredEvent[],
    heads: readonly TreeHead[] = readWitness(path),
  ): Verification => {
    const verifier = new LogVerifier(heads, key.publicKey);
    for (const row of rows) verifier.add(exportedEvent(row));
    return verifier.finish();
  };
  return { path, log, key, signer, events, verify, directory };
};

const change = (
  events: readonly StoredEvent[],
  at: number,
  more: Partial<StoredEvent>,
): readonly StoredEvent[] => events.map((event, i) => (i === at ? { ...event, ...more } : event));

/** The numbers a forger would give: positions and versions in order again. */
const renumbered = (events: readonly StoredEvent[]): readonly StoredEvent[] => {
  const versions = new Map<string, number>();
  return events.map((event, i) => {
    const version = (versions.get(event.stream) ?? 0) + 1;
    versions.set(event.stream, version);
    return { ...event, position: BigInt(i + 1), version };
  });
};

type Forgery = (events: readonly StoredEvent[]) => readonly StoredEvent[];

const FORGERIES: readonly (readonly [string, Forgery])[] = [
  ['a changed payload', (e) => change(e, 5, { bytes: new Uint8Array([8, 1]) })],
  ['a changed actor', (e) => change(e, 20, { actor: 'client:eve' })],
  ['a changed time', (e) => change(e, 0, { occurredAt: 1 })],
  ['a deletion', (e) => e.filter((_, i) => i !== 7)],
  ['a deletion with new numbers', (e) => renumbered(e.filter((_, i) => i !== 7))],
  [
    'an insertion with new numbers',
    (e) => renumbered([...e.slice(0, 4), { ...(e[4] as StoredEvent), id: 'x' }, ...e.slice(4)]),
  ],
  [
    'two events swapped with new numbers',
    (e) => renumbered([...e.slice(0, 3), e[4] as StoredEvent, e[3] as StoredEvent, ...e.slice(5)]),
  ],
  ['a truncation', (e) => e.slice(0, 15)],
  ['a whole new end', (e) => [...e.slice(0, 13), ...e.slice(13).map((x) => ({ ...x, actor: 'client:eve' }))]],
];

describe('signed tree heads', () => {
  it('cover the log as it grows and survive a restart', async () => {
    const { log, signer, path, events, verify } = await setUp();
    expect(verify(events)).toMatchObject({ events: 21, heads: 2, proven: 21, findings: [] });
    const again = signer();
    expect((await again.advance())?.size).toBe(21);
    await fill(log, 21, 3);
    expect((await again.advance())?.size).toBe(24);
    expect(readWitness(path).map(({ size }) => size)).toEqual([12, 21, 24]);
  });

  it.each(FORGERIES)('lay open %s', async (_, forge) => {
    const { events, verify, signer } = await setUp();
    const forged = forge(events);
    const { findings, proven } = verify(forged);
    expect(findings.length).toBeGreaterThan(0);
    expect(proven).toBeLessThan(21);
    await expect(signer(tampered(forged)).advance()).rejects.toThrow(HistoryForked);
  });

  it('name the first events that cannot be what was witnessed', async () => {
    const { events, verify } = await setUp();
    const [first] = verify(change(events, 14, { actor: 'client:eve' })).findings;
    expect(first).toEqual({ position: '13', problem: 'events 13 to 21 are not those of the head' });
  });

  it('cannot be forged by who owns the database: another key, a changed head, another order', async () => {
    const { events, verify, path } = await setUp();
    const [one, two] = readWitness(path) as [TreeHead, TreeHead];
    const forged = freshSigningKey().sign({ ...two });
    for (const heads of [
      [one, forged],
      [one, { ...two, size: 20 }],
      [two, one],
      [one, { ...two, root: one.root }],
    ]) {
      expect(verify(events, heads).findings.length).toBeGreaterThan(0);
    }
  });

  describe('of a restored log', () => {
    /** What a restore to a position gives, and the log as it then is. */
    const restoredTo = (events: readonly StoredEvent[], position: number) => {
      const tree = new MerkleTree();
      for (const event of events.slice(0, position)) tree.append(leafHash(canonicalEvent(event)));
      const rootAt = (size: number): string => tree.root(size).toString('hex');
      return { restored: { logId: LOG_ID, epoch: 2, position, root: rootAt(position) }, rootAt };
    };

    it('go on once the holder of the key says so, and tell what was given up', async () => {
      const { path, key, events, verify } = await setUp();
      const kept = events.slice(0, 15);
      const log = tampered(kept);
      const next = () =>
        new HeadSigner({ log, logId: LOG_ID, epoch: 2, key, witness: witnessFile(path), clock });
      await expect(next().advance()).rejects.toThrow(HistoryForked);
      const { restored, rootAt } = restoredTo(events, 15);
      signRestored(restored, rootAt, { key, witness: witnessFile(path), clock });
      expect(await next().advance()).toMatchObject({ epoch: 2, size: 15, root: restored.root });
      expect(verify(kept)).toMatchObject({ heads: 3, abandoned: 1, proven: 15, findings: [] });
      // The old end is no longer the log, and another beginning never was.
      expect(verify(change(kept, 3, { actor: 'x' })).findings[0]).toMatchObject({ position: '1' });
    });

    it('are refused for another history, another log and an epoch that was there', async () => {
      const { path, key, events } = await setUp();
      const sign = (change: Partial<ReturnType<typeof restoredTo>['restored']>, rows = events) => {
        const { restored, rootAt } = restoredTo(rows, 15);
        return () =>
          signRestored({ ...restored, ...change }, rootAt, { key, witness: witnessFile(path), clock });
      };
      expect(sign({}, change(events, 3, { actor: 'x' }))).toThrow('Expected the first 12 events to be those');
      expect(sign({ epoch: 1 })).toThrow('before epoch 1');
      expect(sign({ logId: 'other' })).toThrow('Expected a witness of log other');
      expect(readWitness(path)).toHaveLength(2);
    });
  });

  it('drops a last line that was cut off, and refuses a broken one before it', async () => {
    const { path, signer } = await setUp();
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -5));
    expect(readWitness(path)).toHaveLength(1);
    expect((await signer().advance())?.size).toBe(21);
    expect(readWitness(path).map(({ size }) => size)).toEqual([12, 21]);
    writeFileSync(path, 'not json\n');
    expect(() => readWitness(path)).toThrow(/witness.ndjson:1: Expected a tree head/);
  });

  it('keeps its key in a file that only its owner reads', async () => {
    const { directory } = await setUp();
    const path = join(directory, 'head.key');
    expect(loadSigningKey(path).keyId).toBe(loadSigningKey(path).keyId);
  });
});
