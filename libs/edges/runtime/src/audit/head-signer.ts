import type { Clock, StoredLog } from '@plinth/eventing';
import { canonicalEvent } from './canonical-event.ts';
import { HistoryForked } from './history-forked.ts';
import { leafHash, MerkleTree } from './merkle-tree.ts';
import type { SigningKey, TreeHead } from './tree-head.ts';
import { verifyConsistency, verifyHead } from './verifier.ts';
import type { Witness } from './witness-file.ts';

const READ_MAX = 5_000;

export type HeadSignerPorts = Readonly<{
  log: StoredLog;
  logId: string;
  epoch: number;
  key: SigningKey;
  witness: Witness;
  clock: Clock;
  /** Keeps a copy beside the log; the witness counts. */
  keep?: (head: TreeHead) => Promise<void>;
}>;

/**
 * Signs heads of a log. It builds the tree from the log's own bytes and signs nothing that is not a
 * continuation of the last head that the witness has: no rollback, no fork, not even for the database's
 * owner.
 */
export class HeadSigner {
  readonly tree = new MerkleTree();
  readonly #ports: HeadSignerPorts;
  #last: TreeHead | undefined;
  #isChecked = false;

  constructor(ports: HeadSignerPorts) {
    this.#ports = ports;
    this.#last = ports.witness.heads().at(-1);
  }

  get last(): TreeHead | undefined {
    return this.#last;
  }

  get publicKey(): Uint8Array {
    return this.#ports.key.publicKey;
  }

  /**
   * Takes in what the log has grown by and signs a head when there is something new. Returns the newest head.
   * @throws HistoryForked when the log does not go on from the last head.
   */
  async advance(): Promise<TreeHead | undefined> {
    await this.#grow();
    this.#assertContinues();
    const { logId, epoch, key, clock, witness, keep } = this.#ports;
    const { size } = this.tree;
    if (size === 0 || size === this.#last?.size) return this.#last;
    const timeMs = Math.max(clock.now(), (this.#last?.timeMs ?? 0) + 1);
    const root = this.tree.root().toString('hex');
    const head = key.sign({ logId, epoch, size, root, timeMs, keyId: key.keyId });
    witness.publish(head);
    this.#last = head;
    await keep?.(head);
    return head;
  }

  async #grow(): Promise<void> {
    for (;;) {
      const events = await this.#ports.log.readStored(BigInt(this.tree.size), READ_MAX);
      for (const event of events) this.tree.append(leafHash(canonicalEvent(event)));
      if (events.length < READ_MAX) return;
    }
  }

  #assertContinues(): void {
    const last = this.#last;
    if (last === undefined) return;
    if (!this.#isChecked && !verifyHead(last, this.#ports.key.publicKey)) {
      throw new HistoryForked(
        `Expected the last witnessed head (${last.size} events) to be signed by this key`,
      );
    }
    this.#isChecked = true;
    const { size } = this.tree;
    if (size < last.size)
      throw new HistoryForked(`Expected at least ${last.size} events, was ${size}: history was cut`);
    const proof = this.tree.consistencyProof(last.size, size);
    const isPrefix = verifyConsistency(
      last.size,
      size,
      proof,
      Buffer.from(last.root, 'hex'),
      this.tree.root(),
    );
    if (!isPrefix)
      throw new HistoryForked(`Expected the first ${last.size} events to be those of the witnessed head`);
  }
}

export type RestoredLog = Readonly<{ logId: string; epoch: number; position: number; root: string }>;

/**
 * Signs the first head of a restored log's epoch, so that the signer goes on from it. Whatever the witness
 * has beyond it is given up for everybody to see: only the holder of the key can say so, not the database.
 * @throws HistoryForked when the restored log is not a beginning or a continuation of what was witnessed.
 */
export const signRestored = (
  restored: RestoredLog,
  rootAt: (size: number) => string,
  { key, witness, clock }: Pick<HeadSignerPorts, 'key' | 'witness' | 'clock'>,
): TreeHead => {
  const heads = witness.heads();
  const kept = heads.findLast(({ size }) => size <= restored.position);
  const last = heads.at(-1);
  if (last !== undefined && (last.logId !== restored.logId || last.epoch >= restored.epoch))
    throw new HistoryForked(
      `Expected a witness of log ${restored.logId} before epoch ${restored.epoch}, was of ${last.logId}, ` +
        `epoch ${last.epoch}`,
    );
  if (kept !== undefined && rootAt(kept.size) !== kept.root)
    throw new HistoryForked(`Expected the first ${kept.size} events to be those of the witnessed head`);
  const { logId, epoch, position: size, root } = restored;
  const timeMs = Math.max(clock.now(), (last?.timeMs ?? 0) + 1);
  const head = key.sign({ logId, epoch, size, root, timeMs, keyId: key.keyId });
  witness.publish(head);
  return head;
};
