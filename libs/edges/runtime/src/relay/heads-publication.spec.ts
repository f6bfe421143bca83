import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { HistoryForked } from '../audit/history-forked.ts';
import { freshSigningKey, type TreeHead } from '../audit/tree-head.ts';
import { verifyHead } from '../audit/verifier.ts';
import { memoryTopic } from '../transport/testing/memory-topic.ts';
import { headOfRecord, HeadsPublication, publishedHeads } from './heads-publication.ts';

const key = freshSigningKey();

const head = (size: number, epoch = 1, root = 'aa'.repeat(32)): TreeHead =>
  key.sign({ logId: 'log', epoch, size, root, timeMs: size, keyId: key.keyId });

const tableOf = (heads: readonly TreeHead[]) => async (afterSize: number, limit: number) =>
  heads.filter(({ size }) => size > afterSize).slice(0, limit);

type Topic = ReturnType<typeof memoryTopic>;

/** Runs until everything of the table is published, or it rejects. */
const publish = async (heads: readonly TreeHead[], { topics, writer }: Topic): Promise<void> => {
  const stop = new AbortController();
  const publication = new HeadsPublication({ heads: tableOf(heads), topics, writer, topic: 't', pollMs: 1 });
  const running = publication.run(() => true, stop.signal);
  running.catch(() => undefined);
  const size = BigInt(heads.at(-1)?.size ?? 0);
  const reached = async (): Promise<void> => {
    while (publication.position < size && !stop.signal.aborted) await sleep(1);
  };
  try {
    await Promise.race([reached(), running]);
  } finally {
    stop.abort();
  }
  await running;
};

const sizesOf = ({ records }: Topic): readonly (readonly [number, number])[] =>
  records().map((record) => {
    const { epoch, size } = headOfRecord(record) as TreeHead;
    return [epoch, size] as const;
  });

describe('the publication of tree heads', () => {
  it('publishes each once and in order, across restarts', async () => {
    const topic = memoryTopic();
    const heads = Array.from({ length: 1_203 }, (_, i) => head(10 * (i + 1)));
    await publish(heads.slice(0, 2), topic);
    await publish(heads.slice(0, 2), topic);
    await publish(heads, topic);
    expect(sizesOf(topic)).toEqual(heads.map(({ size }) => [1, size]));
    const read = await publishedHeads(topic.topics, 't');
    expect(read).toEqual(heads);
    expect(read.every((one) => verifyHead(one, key.publicKey))).toBe(true);
  });

  it('goes on from what was written when the answer to a send was lost', async () => {
    const topic = memoryTopic((send) => (send === 1 ? 'after' : send === 2 ? 'before' : undefined));
    const heads = [head(3), head(7)];
    await expect(publish(heads, topic)).rejects.toThrow('cut after');
    await expect(publish([...heads, head(9)], topic)).rejects.toThrow('cut before');
    await publish([...heads, head(9)], topic);
    expect(sizesOf(topic)).toEqual([
      [1, 3],
      [1, 7],
      [1, 9],
    ]);
  });

  it('stops when the table has another head in the place of the last one, or none', async () => {
    const topic = memoryTopic();
    await publish([head(3), head(7)], topic);
    const forked = publish([head(3), head(7, 1, 'bb'.repeat(32)), head(8)], topic);
    await expect(forked).rejects.toThrow(HistoryForked);
    await expect(publish([head(3)], topic)).rejects.toThrow(/ends with the head of 7 events of epoch 1/);
    expect(sizesOf(topic)).toHaveLength(2);
  });

  it('goes on in the epoch of a restored log, after what was kept of the one before', async () => {
    const topic = memoryTopic();
    await publish([head(3), head(7)], topic);
    await publish([head(3), head(5, 2), head(9, 2)], topic);
    expect(sizesOf(topic)).toEqual([
      [1, 3],
      [1, 7],
      [2, 5],
      [2, 9],
    ]);
  });
});
