import { beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { problemOf, proveConsistency, proveInclusion, treeOf } from './proof.ts';
import { freshSigningKey, type SigningKey, type TreeHead } from './tree-head.ts';

const SIZE = 21;

describe('Proofs of a log', () => {
  const log = new MemoryLog();
  let key: SigningKey;
  const headOf = async (size: number, logId = 'log'): Promise<TreeHead> => {
    const root = (await treeOf(log, size)).root(size).toString('hex');
    return key.sign({ logId, epoch: 1, size, root, timeMs: size, keyId: key.keyId });
  };
  beforeAll(async () => {
    key = freshSigningKey();
    for (let n = 0; n < SIZE; n += 1) await log.append(testRequest([testAppend('account-1', n)]));
  });

  it('hold for every event under every head that covers it', async () => {
    for (const size of [1, 2, 7, 8, SIZE]) {
      const head = await headOf(size);
      for (let position = 1; position <= size; position += 1) {
        const proof = await proveInclusion(log, position, head, key.publicKey);
        expect(problemOf(JSON.parse(JSON.stringify(proof)) as typeof proof, key.publicKey)).toBeUndefined();
      }
    }
  });

  it('fail when the event, its place, the path or the head is another', async () => {
    const proof = await proveInclusion(log, 5, await headOf(SIZE), key.publicKey);
    const { event, head } = proof;
    const wrong = 'the event is not at position';
    expect(problemOf({ ...proof, event: { ...event, actor: 'client:eve' } }, key.publicKey)).toMatch(wrong);
    expect(problemOf({ ...proof, event: { ...event, position: '6' } }, key.publicKey)).toMatch(wrong);
    expect(problemOf({ ...proof, path: proof.path.slice(1) }, key.publicKey)).toMatch(wrong);
    expect(problemOf({ ...proof, path: [...proof.path].reverse() }, key.publicKey)).toMatch(wrong);
    const forged = { ...head, root: '00'.repeat(32) };
    expect(problemOf({ ...proof, head: forged }, key.publicKey)).toMatch('not signed');
    expect(problemOf(proof, freshSigningKey().publicKey)).toMatch('not signed');
  });

  it('of consistency hold between any two heads of one log, and of no others', async () => {
    const second = await headOf(SIZE);
    for (const size of [1, 2, 8, 13, SIZE]) {
      const proof = await proveConsistency(log, await headOf(size), second, key.publicKey);
      expect(problemOf(proof, key.publicKey)).toBeUndefined();
    }
    const proof = await proveConsistency(log, await headOf(13), second, key.publicKey);
    const other = key.sign({ ...(await headOf(13)), root: 'ab'.repeat(32) });
    expect(problemOf({ ...proof, first: other }, key.publicKey)).toMatch('not the beginning');
    expect(problemOf({ ...proof, first: await headOf(13, 'other') }, key.publicKey)).toMatch(
      'different logs',
    );
  });

  it('are refused beyond the end of the log', async () => {
    const head = key.sign({ logId: 'log', epoch: 1, size: 99, root: '', timeMs: 1, keyId: key.keyId });
    await expect(proveInclusion(log, 1, head, key.publicKey)).rejects.toThrow(
      'Expected a log of 99 events, was 21',
    );
    await expect(proveConsistency(log, head, head, key.publicKey)).rejects.toThrow('was 21');
  });
});
