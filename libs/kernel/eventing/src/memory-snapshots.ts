import type { Snapshot, SnapshotHead, SnapshotStore } from './ports.ts';

/** Snapshots in memory; a specification may change them as a fault would. */
export class MemorySnapshots implements SnapshotStore {
  readonly kept: Snapshot[] = [];

  list(owner?: string): Promise<readonly SnapshotHead[]> {
    const heads = this.kept
      .filter((one) => owner === undefined || one.owner === owner)
      .map(({ state, ...head }) => ({ ...head, bytes: state.length }));
    heads.sort((a, b) => (a.owner === b.owner ? compare(b.position, a.position) : compare(a.owner, b.owner)));
    return Promise.resolve(heads);
  }

  read({ owner, revision, position }: SnapshotHead): Promise<Uint8Array | undefined> {
    const found = this.kept.find(
      (one) => one.owner === owner && one.revision === revision && one.position === position,
    );
    return Promise.resolve(found?.state);
  }

  save(snapshot: Snapshot): Promise<void> {
    this.kept.push(snapshot);
    return Promise.resolve();
  }
}

const compare = <T extends string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
