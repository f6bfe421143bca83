import { stateOf, stateText, type SnapshotHead, type SnapshotStore } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { createHash, hash } from 'node:crypto';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';
import { LIMITS } from './limits.ts';

/** Something that a snapshot holds beside others of the same position. */
export type SnapshotPart = Readonly<{
  name: string;
  revision: number;
  dump: () => unknown;
  load: (state: never) => void;
  /** Not a fold: what was read of streams, as far as it was read. */
  isCacheOfStreams?: boolean;
}>;

export type SnapshotPorts = Readonly<{
  store: SnapshotStore;
  logger: Logger;
  /** Events between two snapshots; `LIMITS.snapshotEvery` when absent. */
  every?: bigint;
}>;

const LINE_END = '\n';

/** One number for a set of names and revisions: another set reads nothing that this one wrote. */
export const revisionOf = (parts: readonly SnapshotPart[]): number =>
  Buffer.from(
    hash('sha256', parts.map(({ name, revision }) => `${name} ${revision}`).join(LINE_END), 'buffer'),
  ).readUInt32BE(0) >>> 1;

/**
 * Each part is a line with its name and a line with its state, so that every state is read by itself. Parts
 * without `load` are passed over.
 */
export const loadParts = (
  parts: readonly (Pick<SnapshotPart, 'name'> & Partial<Pick<SnapshotPart, 'load'>>)[],
  state: Uint8Array,
): void => {
  const bytes = Buffer.from(state.buffer, state.byteOffset, state.byteLength);
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf(LINE_END, at);
    assert(end >= 0, 'Expected a whole snapshot');
    const text = bytes.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  for (const { name, load } of parts) {
    const found = line();
    assert(found === name, () => `Expected ${name} in the snapshot, was ${found}`);
    const text = line();
    load?.(stateOf(text) as never);
  }
  assert(at === bytes.length, 'Expected nothing after the last part');
};

/**
 * Snapshots of what stands at one position: the folds of a service, or of a follower of the log. They only
 * save time: one that cannot be used is passed over with a line in the program's log.
 */
export class SnapshotKeeper {
  readonly revision: number;
  readonly #owner: string;
  readonly #parts: readonly SnapshotPart[];
  readonly #ports: SnapshotPorts;
  #kept = 0n;
  /** Until then a running service writes none: a large state costs more than the start that it shortens. */
  #restsUntilMs = 0;
  #saving: Promise<void> | undefined;

  constructor(owner: string, parts: readonly SnapshotPart[], ports: SnapshotPorts) {
    this.#owner = owner;
    this.#parts = parts;
    this.#ports = ports;
    this.revision = revisionOf(parts);
  }

  /** Of the snapshot that a start would go on from; 0n before the first. */
  get position(): bigint {
    return this.#kept;
  }

  /**
   * Whether enough has happened since the last snapshot for another one, and enough time has passed for what
   * it took; at a stop less is enough.
   */
  isDue(position: bigint, when: 'running' | 'stopping'): boolean {
    const { every = LIMITS.snapshotEvery } = this.#ports;
    const atStop = every < LIMITS.snapshotAtStop ? every : LIMITS.snapshotAtStop;
    if (when === 'stopping') return position - this.#kept >= atStop;
    const isFree = this.#saving === undefined && performance.now() >= this.#restsUntilMs;
    return isFree && position - this.#kept >= every;
  }

  /**
   * Loads the newest snapshot up to `atMost` that can be read. `reset` brings the parts back to their start
   * when one of them refuses. Returns the position that they stand at; 0n when there was none.
   */
  async restore(atMost: bigint, reset: () => void): Promise<bigint> {
    const started = performance.now();
    for (const head of await this.#heads()) {
      if (head.position > atMost) continue;
      if (!(await this.#load(head, reset))) continue;
      this.#kept = head.position;
      const ms = Math.round(performance.now() - started);
      this.#ports.logger.info({ ...about(head), ms }, 'restored from a snapshot');
      return head.position;
    }
    return 0n;
  }

  async #heads(): Promise<readonly SnapshotHead[]> {
    try {
      return await this.#ports.store.list(this.#owner);
    } catch (error) {
      this.#ports.logger.warn({ service: this.#owner, err: error }, 'snapshots could not be read');
      return [];
    }
  }

  async #load(head: SnapshotHead, reset: () => void): Promise<boolean> {
    const discarded = (why: string, error?: unknown): false => {
      this.#ports.logger.warn({ ...about(head), why, err: error }, 'a snapshot was discarded');
      return false;
    };
    if (head.revision !== this.revision) return discarded('other revisions of its views');
    try {
      const state = await this.#ports.store.read(head);
      if (state === undefined) return discarded('its state does not have its hash, or is not whole');
      loadParts(this.#parts, state);
      return true;
    } catch (error) {
      reset();
      return discarded('its state cannot be read', error);
    }
  }

  /**
   * Writes down what the parts know; nobody may change them before the promise resolves. Others have their
   * turn in between. It is then stored in the background; a failure costs only the snapshot.
   */
  async keep(position: bigint): Promise<void> {
    const started = performance.now();
    const sha = createHash('sha256');
    const pieces: Buffer[] = [];
    const add = (text: string): void => {
      const piece = Buffer.from(text);
      sha.update(piece);
      pieces.push(piece);
    };
    let sliceEnds = started + LIMITS.snapshotSliceMs;
    for (const { name, dump } of this.#parts) {
      add(name + LINE_END);
      for (const piece of stateText(dump())) {
        add(piece);
        if (performance.now() < sliceEnds) continue;
        await othersTurn();
        sliceEnds = performance.now() + LIMITS.snapshotSliceMs;
      }
      add(LINE_END);
    }
    const stateHash = sha.digest('hex');
    this.#kept = position;
    const endedMs = performance.now();
    const ms = endedMs - started;
    this.#restsUntilMs = endedMs + ms * LIMITS.snapshotRestTimes;
    await this.#saving;
    this.#saving = this.#save(position, stateHash, pieces, ms);
  }

  /** Resolves when nothing is being stored. */
  async stored(): Promise<void> {
    await this.#saving;
  }

  async #save(position: bigint, stateHash: string, pieces: readonly Buffer[], ms: number): Promise<void> {
    const head = { owner: this.#owner, revision: this.revision, position, stateHash };
    const state = Buffer.concat(pieces);
    try {
      await this.#ports.store.save({ ...head, state });
      const bytes = state.length;
      this.#ports.logger.info({ ...about(head), bytes, ms: Math.round(ms) }, 'kept a snapshot');
    } catch (error) {
      this.#ports.logger.warn({ ...about(head), err: error }, 'a snapshot could not be kept');
    }
    this.#saving = undefined;
  }
}

const about = ({ owner, position }: Pick<SnapshotHead, 'owner' | 'position'>) => ({
  service: owner,
  position: position.toString(),
});
