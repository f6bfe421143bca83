import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { MemoryLog } from '@plinth/eventing';
import { gatewayMessages } from '@plinth/messages';
import {
  freshSigningKey,
  HeadSigner,
  leafHash,
  verifyConsistency,
  verifyHead,
  verifyInclusion,
  type TreeHead,
  type Witness,
} from '@plinth/runtime';
import type { GatewayClient, GatewayError } from '../client/gateway-client.ts';
import { LogWriter } from '../testing/log-writer.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { signerProofs } from './proof-source.ts';

const memoryWitness = (): Witness => {
  const heads: TreeHead[] = [];
  return { heads: () => heads, publish: (head) => void heads.push(head) };
};

const asHead = (head: gatewayMessages.TreeHead | undefined): TreeHead => {
  if (head === undefined) throw new Error('Expected a head');
  const { root, signature, size, ...rest } = head;
  return {
    ...rest,
    size: Number(size),
    root: Buffer.from(root).toString('hex'),
    signature: Buffer.from(signature).toString('base64'),
  };
};

describe('proofs', () => {
  let on: Started;
  let alpha: GatewayClient;
  let signer: HeadSigner;

  beforeEach(async () => {
    const log = new MemoryLog();
    const witness = memoryWitness();
    const writer = new LogWriter(log);
    signer = new HeadSigner({
      ...{ log, logId: 'test', epoch: 1, key: freshSigningKey(), witness },
      clock: { now: () => 5_000 },
    });
    on = await startGateway({}, { log, proofs: signerProofs(signer, witness, log) });
    on.cell.accounts.set('a1', 'alpha').set('b1', 'beta');
    on.cell.orders.set('alpha.1', 'a1');
    alpha = on.client(on.issue('alpha'));
    // 1 mine, 2 another's, 3 everybody's, 4 mine by margin, 5 mine by order, 6 mine by client.
    await writer.fill('a1', 1);
    await writer.fill('b1', 1);
    await writer.noise(1);
    await writer.state('a1', 'healthy', 'call');
    await signer.advance();
    await writer.append('order-alpha.1', 'OrderCancelRequested', {
      orderId: 'alpha.1',
      accountId: 'a1',
      reason: '',
    });
    await writer.revoke('alpha', 'alpha.old');
    await writer.fill('a1', 2);
    await signer.advance();
  });

  afterEach(() => on.stop());

  const prove = (position: bigint, treeSize = 0n, client = alpha) =>
    client.call('Proofs', 'ProveInclusion', { position, treeSize });

  it('give the newest head, signed', async () => {
    const { response, position } = await alpha.call('Proofs', 'GetTreeHead', {});
    expect(position).toBe(7n);
    expect(asHead(response.head)).toEqual(signer.last);
    expect(verifyHead(asHead(response.head), response.publicKey)).toBe(true);
  });

  it.each([
    [1n, 0n],
    [4n, 0n],
    [4n, 4n],
    [5n, 0n],
    [6n, 7n],
    [7n, 0n],
  ])('show that own event %d is in the tree of size %d', async (position, treeSize) => {
    const { response } = await prove(position, treeSize);
    const head = asHead(response.head);
    const root = Buffer.from(head.root, 'hex');
    const leaf = leafHash(response.canonicalEvent);
    expect(verifyInclusion(leaf, Number(position) - 1, head.size, response.path, root)).toBe(true);
    const other = leafHash(Buffer.concat([response.canonicalEvent, Buffer.of(0)]));
    expect(verifyInclusion(other, Number(position) - 1, head.size, response.path, root)).toBe(false);
    expect(Buffer.from(response.canonicalEvent).toString('latin1')).toContain('plinth-event-v1');
  });

  it('answer another’s event, everybody’s, and one that does not exist, alike', async () => {
    const answers = await Promise.all(
      [2n, 3n, 8n, 99n, 0n, -1n].map(async (position) => {
        const error: unknown = await prove(position).catch((reason: unknown) => reason);
        const { code, reason, message, facts, field } = error as GatewayError;
        return { code, reason, message, facts, field };
      }),
    );
    expect(answers[0]).toMatchObject({ code: grpc.NOT_FOUND, reason: 'EVENT_UNKNOWN', field: 'position' });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('show an operator every event', async () => {
    for (const position of [2n, 3n])
      expect((await prove(position, 0n, on.operator)).response.path).toHaveLength(3);
  });

  it('show that a later head goes on from an earlier one', async () => {
    const ask = { firstSize: 4n, secondSize: 7n };
    const { response } = await alpha.call('Proofs', 'ProveConsistency', ask);
    const [first, second] = [asHead(response.first), asHead(response.second)];
    const [a, b] = [first, second].map(({ root }) => Buffer.from(root, 'hex'));
    expect(verifyConsistency(4, 7, response.path, a as Buffer, b as Buffer)).toBe(true);
    expect(verifyConsistency(4, 7, response.path, b as Buffer, a as Buffer)).toBe(false);
  });

  it.each([
    [5n, 7n, 'first_size', grpc.NOT_FOUND],
    [4n, 6n, 'second_size', grpc.NOT_FOUND],
    [0n, 7n, 'first_size', grpc.NOT_FOUND],
    [7n, 4n, 'second_size', grpc.INVALID_ARGUMENT],
  ])('know only signed sizes, in order: %d and %d', async (firstSize, secondSize, field, code) => {
    const ask = alpha.call('Proofs', 'ProveConsistency', { firstSize, secondSize });
    await expect(ask).rejects.toMatchObject({ code, field });
  });

  it('come with the newest head in every answer', async () => {
    const answer = await alpha.call('Accounts', 'GetAccount', { accountId: 'a1', read: undefined });
    const head = gatewayMessages.TreeHead.decode(answer.head ?? new Uint8Array());
    expect(asHead(head)).toEqual(signer.last);
  });

  it('are not there before a head is signed', async () => {
    await on.stop();
    on = await startGateway();
    const client = on.client(on.issue('alpha'));
    await expect(client.call('Proofs', 'GetTreeHead', {})).rejects.toMatchObject({
      code: grpc.FAILED_PRECONDITION,
      reason: 'NO_TREE_HEAD',
    });
  });
});
