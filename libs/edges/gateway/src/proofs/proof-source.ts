import type { StoredEvent, StoredLog } from '@plinth/eventing';
import {
  canonicalEvent,
  type HeadFollower,
  type HeadSigner,
  type TreeHead,
  type Witness,
} from '@plinth/runtime';

/** Signed heads of the cell's log and the proofs that lead to them. */
export interface ProofSource {
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  newest(): TreeHead | undefined;
  /** The signed head of exactly this size. */
  headOf(size: number): TreeHead | undefined;
  event(position: bigint): Promise<StoredEvent | undefined>;
  canonical(event: StoredEvent): Uint8Array;
  /** From the event at `position` to the root of the first `size` events. */
  inclusion(position: bigint, size: number): readonly Uint8Array[];
  consistency(firstSize: number, secondSize: number): readonly Uint8Array[];
}

/** Proofs of the signer that runs in this process. */
export const signerProofs = (signer: HeadSigner, witness: Witness, log: StoredLog): ProofSource => ({
  publicKey: signer.publicKey,
  newest: () => signer.last,
  headOf: (size) => signedHead(witness.heads(), size),
  event: async (position) => (await log.readStored(position - 1n, 1))[0],
  canonical: canonicalEvent,
  inclusion: (position, size) => signer.tree.inclusionProof(Number(position - 1n), size),
  consistency: (first, second) => signer.tree.consistencyProof(first, second),
});

/** Proofs of heads that another process signs. */
export const followerProofs = (follower: HeadFollower): ProofSource => ({
  publicKey: follower.publicKey,
  newest: () => follower.newest(),
  headOf: (size) => signedHead(follower.heads(), size),
  event: (position) => follower.event(position),
  canonical: (event) => follower.canonical(event),
  inclusion: (position, size) => follower.inclusion(position, size),
  consistency: (first, second) => follower.consistency(first, second),
});

/** Sizes of heads only grow. */
const signedHead = (heads: readonly TreeHead[], size: number): TreeHead | undefined => {
  let [low, high] = [0, heads.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((heads[middle] as TreeHead).size < size) low = middle + 1;
    else high = middle;
  }
  const found = heads[low];
  return found?.size === size ? found : undefined;
};
