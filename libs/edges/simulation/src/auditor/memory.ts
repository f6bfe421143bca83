import { assert } from '@plinth/money';
import { breach, type Breach } from './breach.ts';

export type AuditLimits = Readonly<{
  /** Entries of one kind that are needed as long as they live: open orders, balances, streams. */
  live: number;
  /** Entries of one kind that are over, and remembered for a while: closed orders, ids of events. */
  recent: number;
}>;

/** A log that runs for ever is judged in a memory that does not grow for ever. */
export const AUDIT_LIMITS: AuditLimits = { live: 2_000_000, recent: 200_000 };

/** One kind of entries that an audit remembers. */
export type Kept = Readonly<{ what: string; entries: number; limit: number; forgotten: number }>;

/** Share of a full map that makes room at once: one by one, each would search past the holes of the last. */
const ROOM_SHARE = 16;

/** How often, over all invariants. */
export const timesIn = (unjudged: ReadonlyMap<string, number>): number =>
  [...unjudged.values()].reduce((sum, times) => sum + times, 0);

/** What has been forgotten of each kind, in words. */
export const forgottenOf = (kept: readonly Kept[]): string =>
  kept
    .filter(({ forgotten }) => forgotten > 0)
    .map(({ forgotten, what }) => `${forgotten} ${what}`)
    .join(', ') || 'nothing';

/** A map with a limit: what was not set for longest is forgotten, and counted. */
export class RecentMap<V> {
  readonly #what: string;
  readonly #limit: number;
  readonly #entries = new Map<string, V>();
  #forgotten = 0;

  constructor(what: string, limit: number) {
    assert(limit >= 1, () => `Expected room for one of ${what}`);
    this.#what = what;
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Nothing was forgotten: what is not here never was, or has ended. */
  get isWhole(): boolean {
    return this.#forgotten === 0;
  }

  get kept(): Kept {
    const [what, limit, forgotten] = [this.#what, this.#limit, this.#forgotten];
    return { what, entries: this.#entries.size, limit, forgotten };
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }

  /** As the latest. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limit) this.#makeRoom();
    this.#entries.set(key, value);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  #makeRoom(): void {
    let due = Math.max(1, Math.floor(this.#limit / ROOM_SHARE));
    for (const key of this.#entries.keys()) {
      if (due === 0) return;
      this.#entries.delete(key);
      this.#forgotten += 1;
      due -= 1;
    }
  }
}

/** What one audit remembers, each kind with its limit, and how often that was not enough to judge by. */
export class Memory {
  readonly limits: AuditLimits;
  readonly #maps: RecentMap<unknown>[] = [];
  readonly #unjudged = new Map<string, number>();

  constructor(limits: AuditLimits) {
    this.limits = limits;
  }

  live<V>(what: string): RecentMap<V> {
    return this.#add(new RecentMap<V>(what, this.limits.live));
  }

  recent<V>(what: string): RecentMap<V> {
    return this.#add(new RecentMap<V>(what, this.limits.recent));
  }

  get kept(): readonly Kept[] {
    return this.#maps.map(({ kept }) => kept);
  }

  /** By invariant. */
  get unjudged(): ReadonlyMap<string, number> {
    return this.#unjudged;
  }

  /** A breach; or none, counted, when it may look like one only because something was forgotten. */
  breach(
    invariant: string,
    position: bigint,
    detail: string,
    ...needed: readonly Readonly<{ isWhole: boolean }>[]
  ): readonly Breach[] {
    if (needed.every(({ isWhole }) => isWhole)) return [breach(invariant, position, detail)];
    this.leave(invariant);
    return [];
  }

  /** Counts what an invariant could not be judged by. */
  leave(invariant: string): void {
    this.#unjudged.set(invariant, (this.#unjudged.get(invariant) ?? 0) + 1);
  }

  #add<V>(map: RecentMap<V>): RecentMap<V> {
    this.#maps.push(map);
    return map;
  }
}
