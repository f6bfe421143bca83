import type { Envelope } from '@plinth/eventing';
import { gauge, type Logger } from '@plinth/runtime';
import type { Breach } from '@plinth/simulation';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const observeWaiting = gauge({
  name: 'plinth_audit_waiting_closures',
  about: 'invariants that do not hold and for which the gate could not be closed yet',
  labels: [],
});

const AGAIN_MS = 1_000;

/** Asks risk to close the gate; under the same id it has its effect once. */
export type CloseGate = (breach: Breach, requestId: string) => Promise<void>;

/**
 * Has the gate of the cell closed for every invariant that does not hold: again and again until somebody has
 * answered, beside the judging, which goes on. What waits is at most one breach for each invariant.
 */
export class GateKeeper {
  readonly #close: CloseGate;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, Breach>();
  /** The last breach of each invariant, whether the gate was closed for it or was closed already. */
  readonly #last = new Map<string, Breach>();
  /** Closed for these since it was opened last. */
  readonly #closedFor = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #stopObserving = observeWaiting(() => [[this.#waiting.size, {}]]);
  #running: Promise<void> | undefined;

  constructor(close: CloseGate, logger: Logger) {
    this.#close = close;
    this.#logger = logger;
  }

  found(breach: Breach): void {
    this.#last.set(breach.invariant, breach);
    if (this.#closedFor.has(breach.invariant)) return;
    this.#closedFor.add(breach.invariant);
    this.#wait(breach);
  }

  /** Follows the gate: opened, it is closed again for whatever those who opened it did not know of. */
  follow(event: Envelope): void {
    if (event.type !== 'GateOpened') return;
    this.#closedFor.clear();
    for (const breach of this.#last.values())
      if (breach.position > event.data.explainedThrough) this.found(breach);
  }

  #wait(breach: Breach): void {
    this.#waiting.set(breach.invariant, breach);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let next = this.#first(); next !== undefined && !signal.aborted; next = this.#first()) {
      try {
        await this.#close(next, requestIdOf(next));
        if (this.#waiting.get(next.invariant) === next) this.#waiting.delete(next.invariant);
        const { invariant, position } = next;
        this.#logger.warn({ invariant, position: position.toString() }, 'the gate is closed');
      } catch (error) {
        this.#logger.error({ err: error, invariant: next.invariant }, 'the gate could not be closed yet');
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #first(): Breach | undefined {
    return this.#waiting.values().next().value;
  }

  /** Gives up what waits. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#stopObserving();
  }
}

/** The same for the same breach: an auditor that starts anew repeats what it asked for. */
const requestIdOf = ({ invariant, position }: Breach): string =>
  `breach-${position}-${createHash('sha256').update(invariant).digest('hex').slice(0, 16)}`;
