import {
  stateOf,
  stateText,
  type AnyService,
  type EventLog,
  type Fold,
  type SnapshotHead,
  type SnapshotStore,
} from '@plinth/eventing';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { LIMITS } from './limits.ts';
import { loadParts, revisionOf } from './snapshot-keeper.ts';
import { snapshotParts } from './snapshot-parts.ts';

export type Views = Readonly<Record<string, Fold>>;

/** Views at one position. */
export type PastViews = Readonly<{ position: bigint; views: Views }>;

export const foldsOf = (views: Views): readonly Fold[] => [...new Set(Object.values(views))];

/**
 * Where folding up to a position may begin: at what a question before left, at a snapshot, or before the
 * first event. What is kept is shared by its readers and so never folded on; a copy is.
 */
export class PastStates {
  readonly #definition: AnyService;
  readonly #log: EventLog;
  readonly #store: SnapshotStore | undefined;
  /** Used longest ago first. */
  readonly #kept = new Map<bigint, Views>();

  constructor(definition: AnyService, log: EventLog, store: SnapshotStore | undefined) {
    this.#definition = definition;
    this.#log = log;
    this.#store = store;
  }

  #fresh(): Views {
    return this.#definition.views() as Views;
  }

  /** Exactly what was known at this position, when a question before asked for it. */
  kept(position: bigint): Views | undefined {
    const views = this.#kept.get(position);
    if (views !== undefined) this.keep({ position, views });
    return views;
  }

  keep({ position, views }: PastViews): void {
    this.#kept.delete(position);
    this.#kept.set(position, views);
    const [eldest] = this.#kept.keys();
    if (this.#kept.size > LIMITS.pastStatesMax && eldest !== undefined) this.#kept.delete(eldest);
  }

  /** Views of the caller's own, as near before the position as there are any. */
  async before(position: bigint): Promise<PastViews> {
    let nearest = 0n;
    for (const at of this.#kept.keys()) if (at <= position && at > nearest) nearest = at;
    const restored = await this.#restored(nearest, position);
    if (restored !== undefined) return restored;
    const kept = this.#kept.get(nearest);
    if (kept === undefined) return { position: 0n, views: this.#fresh() };
    return { position: nearest, views: await this.#copyOf(kept) };
  }

  async #copyOf(kept: Views): Promise<Views> {
    const views = this.#fresh();
    for (const [name, fold] of Object.entries(kept)) {
      const pieces: string[] = [];
      let sliceEnds = performance.now() + LIMITS.historySliceMs;
      // What is kept does not change, so that others may have their turn in between.
      for (const piece of stateText(fold.dump())) {
        pieces.push(piece);
        if (performance.now() < sliceEnds) continue;
        await othersTurn();
        sliceEnds = performance.now() + LIMITS.historySliceMs;
      }
      views[name]?.load(stateOf(pieces.join('')) as never);
      await othersTurn();
    }
    return views;
  }

  /** From the newest snapshot behind `after` up to `position` that can be read. */
  async #restored(after: bigint, position: bigint): Promise<PastViews | undefined> {
    if (this.#store === undefined) return undefined;
    const parts = snapshotParts(this.#fresh(), this.#log);
    const revision = revisionOf(parts);
    for (const head of await this.#store.list(this.#definition.name)) {
      if (head.revision !== revision || head.position <= after || head.position > position) continue;
      const views = await this.#loaded(head);
      if (views !== undefined) return { position: head.position, views };
    }
    return undefined;
  }

  async #loaded(head: SnapshotHead): Promise<Views | undefined> {
    const state = await this.#store?.read(head);
    if (state === undefined) return undefined;
    const views = this.#fresh();
    const parts = snapshotParts(views, this.#log).map(({ name, load, isCacheOfStreams }) =>
      isCacheOfStreams === true ? { name } : { name, load },
    );
    try {
      loadParts(parts, state);
      return views;
    } catch {
      // Only a cache: an older one, or the log itself, says the same. The service's own start tells of it.
      return undefined;
    }
  }
}
