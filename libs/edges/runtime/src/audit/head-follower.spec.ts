import { describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { HeadFollower } from './head-follower.ts';
import { HeadSigner } from './head-signer.ts';
import { HistoryForked } from './history-forked.ts';
import { canonicalEvent } from './canonical-event.ts';
import { leafHash } from './merkle-tree.ts';
import { freshSigningKey, type TreeHead } from './tree-head.ts';
import { verifyInclusion } from './verifier.ts';

const cause = { correlationId: 'c', causationId: 'c', actor: 'operator:test' };

const opened = () => {
  const log = new MemoryLog();
  const kept: TreeHead[] = [];
  const key = freshSigningKey();
  const signer = new HeadSigner({
    ...{ log, logId: 'test', epoch: 1, key },
    witness: { heads: () => [], publish: (head) => void kept.push(head) },
    clock: { now: () => 1_000 },
  });
  let n = 0;
  const append = async (): Promise<void> => {
    n += 1;
    const data = { clientId: 'alpha', state: 'pending', reason: String(n) };
    const id = `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
    await log.append({
      appends: [
        { stream: 'client-alpha', expectedVersion: n - 1, events: [{ type: 'KycStateSet', data, id }] },
      ],
      ...{ cause, occurredAt: n },
    });
  };
  const heads = async (after: number, limit: number) =>
    kept.filter(({ size }) => size > after).slice(0, limit);
  const follower = new HeadFollower({ log, heads, publicKey: key.publicKey });
  return { append, signer, kept, follower };
};

describe('HeadFollower', () => {
  it('proves what was signed elsewhere', async () => {
    const { append, signer, follower } = opened();
    await follower.advance();
    expect(follower.newest()).toBeUndefined();
    for (let n = 0; n < 3; n++) await append();
    const first = await signer.advance();
    for (let n = 0; n < 4; n++) await append();
    const second = await signer.advance();
    await follower.advance();
    expect(follower.heads()).toEqual([first, second]);
    const event = await follower.event(2n);
    if (event === undefined || second === undefined) throw new Error('Expected an event and a head');
    const root = Buffer.from(second.root, 'hex');
    const path = follower.inclusion(2n, 7).map((hash) => Buffer.from(hash));
    expect(verifyInclusion(leafHash(canonicalEvent(event)), 1, 7, path, root)).toBe(true);
    expect(verifyInclusion(leafHash(canonicalEvent(event)), 2, 7, path, root)).toBe(false);
  });

  it.each<readonly [string, (head: TreeHead) => TreeHead]>([
    ['another signature', (head) => ({ ...head, signature: Buffer.alloc(64).toString('base64') })],
    ['another root', (head) => ({ ...head, root: '00'.repeat(32) })],
    ['another size', (head) => ({ ...head, size: head.size + 1 })],
  ])('takes over no head with %s', async (_, change) => {
    const { append, signer, kept, follower } = opened();
    await append();
    await signer.advance();
    kept[0] = change(kept[0] as TreeHead);
    await expect(follower.advance()).rejects.toThrow(HistoryForked);
    expect(follower.newest()).toBeUndefined();
  });

  it('takes over no signed head of a log that is not this one', async () => {
    const one = opened();
    await one.append();
    await one.signer.advance();
    const other = opened();
    await other.append();
    await other.append();
    const follower = new HeadFollower({
      log: { readStored: async () => [] },
      heads: async () => one.kept,
      publicKey: one.signer.publicKey,
    });
    await expect(follower.advance()).rejects.toThrow(/Expected 1 events/);
  });
});
