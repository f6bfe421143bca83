import type { StoredLog } from '@plinth/eventing';
import { canonicalEvent } from './canonical-event.ts';
import { exportedEvent } from './exported-event.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import {
  leafOf,
  verifyConsistency,
  verifyHead,
  verifyInclusion,
  type ExportedEvent,
  type ExportedHead,
} from './verifier.ts';

/** That one event stands at its place in the log of a signed head. Hashes in hex. */
export type InclusionProof = Readonly<{
  kind: 'plinth-inclusion-v1';
  event: ExportedEvent;
  path: readonly string[];
  head: ExportedHead;
  /** Base64 of the 32 bytes; to be compared with a key that is trusted. */
  publicKey: string;
}>;

/** That the log of one signed head is the beginning of the log of another. */
export type ConsistencyProof = Readonly<{
  kind: 'plinth-consistency-v1';
  first: ExportedHead;
  second: ExportedHead;
  path: readonly string[];
  publicKey: string;
}>;

export type LogProof = InclusionProof | ConsistencyProof;

const READ_MAX = 5_000;

const hex = (hashes: readonly Uint8Array[]): readonly string[] =>
  hashes.map((bytes) => Buffer.from(bytes).toString('hex'));

/** The tree over the first `size` events. */
export const treeOf = async (log: StoredLog, size: number): Promise<MerkleTree> => {
  const tree = new MerkleTree();
  while (tree.size < size) {
    const events = await log.readStored(BigInt(tree.size), Math.min(READ_MAX, size - tree.size));
    for (const event of events) tree.append(leafHash(canonicalEvent(event)));
    if (events.length === 0) break;
  }
  return tree;
};

/** Throws RangeError when the log does not reach that far. */
export const proveInclusion = async (
  log: StoredLog,
  position: number,
  head: ExportedHead,
  publicKey: Uint8Array,
): Promise<InclusionProof> => {
  const tree = await treeOf(log, head.size);
  const [event] = await log.readStored(BigInt(position - 1), 1);
  if (event === undefined || tree.size < head.size) {
    throw new RangeError(`Expected a log of ${head.size} events, was ${tree.size}`);
  }
  return {
    kind: 'plinth-inclusion-v1',
    event: exportedEvent(event),
    path: hex(tree.inclusionProof(position - 1, head.size)),
    head,
    publicKey: Buffer.from(publicKey).toString('base64'),
  };
};

/** Throws RangeError when the log does not reach that far. */
export const proveConsistency = async (
  log: StoredLog,
  first: ExportedHead,
  second: ExportedHead,
  publicKey: Uint8Array,
): Promise<ConsistencyProof> => {
  const tree = await treeOf(log, second.size);
  if (tree.size < second.size) {
    throw new RangeError(`Expected a log of ${second.size} events, was ${tree.size}`);
  }
  const path = hex(tree.consistencyProof(first.size, second.size));
  return {
    kind: 'plinth-consistency-v1',
    first,
    second,
    path,
    publicKey: Buffer.from(publicKey).toString('base64'),
  };
};

const bytes = (text: string): Buffer => Buffer.from(text, 'hex');

/** What is wrong with a proof, judged by the offline verifier with a trusted key; undefined when it holds. */
export const problemOf = (proof: LogProof, publicKey: Uint8Array): string | undefined => {
  const heads = proof.kind === 'plinth-inclusion-v1' ? [proof.head] : [proof.first, proof.second];
  const unsigned = heads.find((head) => !verifyHead(head, publicKey));
  if (unsigned !== undefined) return `the head of ${unsigned.size} events is not signed by the key`;
  const path = proof.path.map(bytes);
  if (proof.kind === 'plinth-consistency-v1') {
    const { first, second } = proof;
    if (first.logId !== second.logId) return 'the heads are of different logs';
    const holds = verifyConsistency(first.size, second.size, path, bytes(first.root), bytes(second.root));
    return holds ? undefined : `the first ${first.size} events are not the beginning of the later log`;
  }
  const { event, head } = proof;
  const index = Number(event.position) - 1;
  const holds = verifyInclusion(leafOf(event), index, head.size, path, bytes(head.root));
  return holds ? undefined : `the event is not at position ${event.position} of the log of the head`;
};
