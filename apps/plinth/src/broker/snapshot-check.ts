import {
  wholeStateText,
  type AnyService,
  type Envelope,
  type EventLog,
  type Fold,
  type SnapshotHead,
  type SnapshotStore,
} from '@plinth/eventing';
import { FEED_OWNER, feedFold } from '@plinth/gateway';
import {
  loadParts,
  ReadAhead,
  revisionOf,
  snapshotParts,
  type PostgresLog,
  type SnapshotPart,
} from '@plinth/runtime';
import { hash } from 'node:crypto';

const READ_MAX = 5_000;

/** What became of one view of one kept snapshot. */
export type CheckedSnapshot = Readonly<{
  /** Position of the snapshot. */
  snapshot: string;
  service: string;
  view: string;
  /** Where the two were compared: at the snapshot when they differ there already, else at the end. */
  position: string;
  /** Hash of the whole state: restored and folded on, and folded from the first event. */
  hash: string;
  rebuilt: string;
  result: 'equal' | 'differs' | 'damaged' | 'other revision';
}>;

/** Folds of one owner of snapshots. */
type Follower = Readonly<{ parts: readonly SnapshotPart[]; apply: (event: Envelope) => void }>;
type Restored = Readonly<{ head: SnapshotHead; follower: Follower }>;

/** Fresh folds of every owner that this program has. */
const followersOf = (services: readonly AnyService[], log: EventLog): ReadonlyMap<string, () => Follower> => {
  const ofService = (definition: AnyService) => (): Follower => {
    const views = definition.views() as Readonly<Record<string, Fold>>;
    const folds = new Set(Object.values(views));
    return {
      parts: snapshotParts(views, log),
      apply: (event) => folds.forEach((fold) => fold.apply(event)),
    };
  };
  const owners = services.map((definition) => [definition.name, ofService(definition)] as const);
  return new Map([...owners, [FEED_OWNER, feedFold]]);
};

const textHash = ({ dump }: SnapshotPart): string => hash('sha256', wholeStateText(dump()));

/** Compares what both know, part by part; the states of long streams are no fold of the log. */
const compare = (
  { head, follower }: Restored,
  whole: Follower,
  position: bigint,
): readonly CheckedSnapshot[] =>
  follower.parts.flatMap((part, i) => {
    const other = whole.parts[i];
    if (other === undefined || part.isCacheOfStreams === true) return [];
    const [restored, rebuilt] = [textHash(part), textHash(other)];
    const result = restored === rebuilt ? ('equal' as const) : ('differs' as const);
    return [{ ...about(head), view: part.name, position: `${position}`, hash: restored, rebuilt, result }];
  });

const about = ({ owner, position }: SnapshotHead) => ({ snapshot: `${position}`, service: owner });

const unusable = (head: SnapshotHead, result: 'damaged' | 'other revision'): CheckedSnapshot => ({
  ...{ ...about(head), view: 'all', position: `${head.position}`, hash: head.stateHash, rebuilt: '', result },
});

/** Folds of a snapshot; or why it cannot be used. */
const restore = async (
  head: SnapshotHead,
  store: SnapshotStore,
  fresh: () => Follower,
): Promise<Restored | CheckedSnapshot> => {
  const follower = fresh();
  if (revisionOf(follower.parts) !== head.revision) return unusable(head, 'other revision');
  const state = await store.read(head);
  if (state === undefined) return unusable(head, 'damaged');
  try {
    loadParts(follower.parts, state);
  } catch {
    return unusable(head, 'damaged');
  }
  return { head, follower };
};

/**
 * Restores every kept snapshot, folds the rest of the log upon it, and compares all that its views know with
 * views that saw the whole log: where the snapshot was taken, and at the end.
 */
export const checkSnapshots = async (
  log: PostgresLog,
  store: SnapshotStore,
  services: readonly AnyService[],
): Promise<readonly CheckedSnapshot[]> => {
  const followers = followersOf(services, log);
  const heads = (await store.list()).filter(({ owner }) => followers.has(owner));
  const wholes = new Map(
    [...new Set(heads.map(({ owner }) => owner))].map((owner) => {
      return [owner, (followers.get(owner) as () => Follower)()] as const;
    }),
  );
  const running: Restored[] = [];
  const checked: CheckedSnapshot[] = [];
  let last = 0n;
  const begin = async (): Promise<void> => {
    for (const head of heads.filter(({ position }) => position === last)) {
      const fresh = followers.get(head.owner) as () => Follower;
      const restored = await restore(head, store, fresh);
      if (!('follower' in restored)) checked.push(restored);
      else {
        const rows = compare(restored, wholes.get(head.owner) as Follower, last);
        const different = rows.filter(({ result }) => result !== 'equal');
        if (different.length > 0) checked.push(...different);
        else running.push(restored);
      }
    }
  };
  const end = (await log.head()).position;
  const ahead = new ReadAhead<Envelope>((after, limit) => log.read(after, limit));
  const stops = [...new Set([...heads.map(({ position }) => position), end])];
  stops.sort((a, b) => (a < b ? -1 : 1));
  for (const stop of stops) {
    while (last < stop) {
      const left = stop - last;
      const events = await ahead.read(last, left < BigInt(READ_MAX) ? Number(left) : READ_MAX);
      if (events.length === 0) break;
      for (const event of events) {
        for (const whole of wholes.values()) whole.apply(event);
        for (const { follower } of running) follower.apply(event);
      }
      last = events.at(-1)?.position ?? last;
    }
    await begin();
  }
  return [
    ...checked,
    ...running.flatMap((one) => compare(one, wholes.get(one.head.owner) as Follower, last)),
  ];
};
