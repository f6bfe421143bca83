import type { StoredEvent, StoredLog } from '@plinth/eventing';
import { canonicalEvent } from './canonical-event.ts';
import { HistoryForked } from './history-forked.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import type { TreeHead } from './tree-head.ts';
import { verifyHead } from './verifier.ts';

export type HeadFollowerPorts = Readonly<{
  log: StoredLog;
  /** Heads larger than a size, in order, at most so many. */
  heads: (afterSize: number, limit: number) => Promise<readonly TreeHead[]>;
  /** Of the key that signs this log's heads. */
  publicKey: Uint8Array;
}>;

const HEADS_MAX = 1_000;
const READ_MAX = 5_000;

/**
 * Proofs of a process that does not sign: it builds the tree from the log itself and takes over a head only
 * when the signature is the known key's and the root is its own.
 */
export class HeadFollower {
  readonly #ports: HeadFollowerPorts;
  readonly #tree = new MerkleTree();
  readonly #heads: TreeHead[] = [];

  constructor(ports: HeadFollowerPorts) {
    this.#ports = ports;
  }

  get publicKey(): Uint8Array {
    return this.#ports.publicKey;
  }

  newest(): TreeHead | undefined {
    return this.#heads.at(-1);
  }

  heads(): readonly TreeHead[] {
    return this.#heads;
  }

  /**
   * Takes over the heads that have come since the last time.
   * @throws HistoryForked when one is not of this log.
   */
  async advance(): Promise<void> {
    for (;;) {
      const fresh = await this.#ports.heads(this.newest()?.size ?? 0, HEADS_MAX);
      for (const head of fresh) await this.#take(head);
      if (fresh.length < HEADS_MAX) return;
    }
  }

  async event(position: bigint): Promise<StoredEvent | undefined> {
    return (await this.#ports.log.readStored(position - 1n, 1))[0];
  }

  canonical(event: StoredEvent): Uint8Array {
    return canonicalEvent(event);
  }

  inclusion(position: bigint, size: number): readonly Uint8Array[] {
    return this.#tree.inclusionProof(Number(position - 1n), size);
  }

  consistency(first: number, second: number): readonly Uint8Array[] {
    return this.#tree.consistencyProof(first, second);
  }

  async #take(head: TreeHead): Promise<void> {
    if (!verifyHead(head, this.#ports.publicKey))
      throw new HistoryForked(`Expected the head of ${head.size} events to be signed by the known key`);
    while (this.#tree.size < head.size) {
      const wanted = Math.min(READ_MAX, head.size - this.#tree.size);
      const events = await this.#ports.log.readStored(BigInt(this.#tree.size), wanted);
      for (const event of events) this.#tree.append(leafHash(canonicalEvent(event)));
      if (events.length < wanted)
        throw new HistoryForked(`Expected ${head.size} events as the head says, was ${this.#tree.size}`);
    }
    if (this.#tree.root().toString('hex') !== head.root)
      throw new HistoryForked(`Expected the root of the first ${head.size} events to be the signed one`);
    this.#heads.push(head);
  }
}
