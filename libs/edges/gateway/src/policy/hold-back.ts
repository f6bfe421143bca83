import { BoundedMap } from '../bounded-map.ts';
import { LIMITS } from '../limits.ts';
import type { Whose } from './rate-limits.ts';

type Told = {
  /** When he was last sent away with a time to wait. */
  atMs: number;
  /** Until when his key, or his client, has nothing left, as his own signed call has shown. */
  untilMs: number;
  whose: Whose;
};

/**
 * Slows whoever comes again although he was told to wait, so that refusing him costs the others little: the
 * answer is held back, and with it one of the calls that he may have under way on his connection. A caller is
 * a connection and the key named on it: what a stranger does under somebody's key slows the stranger alone.
 */
export class HoldBack {
  readonly #callers = new BoundedMap<string, Told>(LIMITS.connectionsMax);
  readonly #heldMax: number;
  #held = 0;

  constructor(heldMax: number = LIMITS.heldBackMax) {
    this.#heldMax = heldMax;
  }

  /** Answers that wait now. */
  get held(): number {
    return this.#held;
  }

  /** A call that was proven to be the caller's own found nothing left for him. */
  exhausted(caller: string, whose: Whose, retryAfterMs: number, nowMs: number): void {
    const atMs = this.#callers.get(caller)?.atMs ?? -Infinity;
    this.#callers.set(caller, { atMs, untilMs: nowMs + retryAfterMs, whose });
  }

  /** How long a caller still has nothing left, when that is known: his signature need not be looked at. */
  left(caller: string, nowMs: number): Readonly<{ whose: Whose; waitMs: number }> | undefined {
    const told = this.#callers.get(caller);
    if (told === undefined || told.untilMs <= nowMs) return undefined;
    return { whose: told.whose, waitMs: told.untilMs - nowMs };
  }

  /**
   * A caller is sent away with a time to wait. Gives for how long the answer is held back: not at all the
   * first time, nor when too many wait already.
   */
  sentAway(caller: string, nowMs: number): number {
    const told = this.#callers.get(caller);
    const isAgain = told !== undefined && nowMs - told.atMs < LIMITS.patienceMs;
    this.#callers.set(caller, { untilMs: 0, whose: 'key', ...told, atMs: nowMs });
    return isAgain && this.#held < this.#heldMax ? LIMITS.heldBackMs : 0;
  }

  enter(): void {
    this.#held += 1;
  }

  leave(): void {
    this.#held -= 1;
  }
}
