import type { Envelope } from '@plinth/eventing';
import type { DepthKnot, EventData } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact } from './decimal-text.ts';
import { Memory, type AuditLimits } from './memory.ts';

const SHAPED = 'an observed book takes more at every higher cost, and nothing below zero';
const LISTED = 'depth is observed of what the venue lists, options left out';
const BOUNDED = 'depth of a venue is observed forward in time, and counts for ten minutes at most';

const GOOD_MAX_MS = 600_000;

/** What venues were seen to take: margin counts on it, so it must be a curve, of a listed book, and fresh. */
export class DepthAudit implements Audit {
  readonly invariants = [SHAPED, LISTED, BOUNDED];
  readonly memory: Memory;
  readonly #options;
  readonly #listed;
  readonly #observedAt;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#options = this.memory.live<true>('options');
    this.#listed = this.memory.live<true>('listings of venues');
    this.#observedAt = this.memory.live<number>('observed venues');
  }

  apply(event: Envelope): readonly Breach[] {
    switch (event.type) {
      case 'InstrumentListed':
        if (event.data.kind === 'option') this.#options.set(event.data.instrumentId, true);
        return [];
      case 'VenueRegistered':
        for (const { instrumentId } of event.data.listings)
          this.#listed.set(`${event.data.venueId} ${instrumentId}`, true);
        return [];
      case 'VenueDepthObserved':
        return this.#observed(event.data, event.position);
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return [];
  }

  #observed(data: EventData<'VenueDepthObserved'>, at: bigint): readonly Breach[] {
    const found: Breach[] = [];
    const { venueId, atMs, goodUntilMs, books } = data;
    const isForward = atMs > (this.#observedAt.get(venueId) ?? -1);
    if (!isForward || goodUntilMs <= atMs || goodUntilMs - atMs > GOOD_MAX_MS)
      found.push(breach(BOUNDED, at, venueId));
    this.#observedAt.set(venueId, atMs);
    for (const { instrumentId, sell, buy } of books) {
      const what = `${instrumentId} at ${venueId}`;
      if (!isRising(sell) || !isRising(buy)) found.push(breach(SHAPED, at, what));
      if (this.#options.has(instrumentId)) found.push(breach(LISTED, at, what));
      else if (!this.#listed.has(`${venueId} ${instrumentId}`))
        found.push(...this.memory.breach(LISTED, at, what, this.#listed));
    }
    return found;
  }
}

const isRising = (knots: readonly DepthKnot[]): boolean =>
  knots.every(({ costPpm, quantity }, k) => {
    const before = knots[k - 1];
    return before === undefined
      ? exact(quantity) >= 0n
      : costPpm > before.costPpm && exact(quantity) >= exact(before.quantity);
  });
