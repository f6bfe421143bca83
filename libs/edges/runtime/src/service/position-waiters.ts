type Waiter = { position: bigint; resolve: () => void };

const WAITERS_MAX = 10_000;

/**
 * Callers that wait until a fold has reached a position, or until their signal aborts: then its reason is the
 * error.
 */
export class PositionWaiters {
  #waiting = new Set<Waiter>();

  wait(position: bigint, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= WAITERS_MAX) {
      return Promise.reject(new Error(`Expected fewer than ${WAITERS_MAX} callers waiting for a position`));
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(waiter);
        const late = new Error(`Expected to reach position ${position} before the deadline`);
        reject(signal.reason instanceof Error ? signal.reason : late);
      };
      const waiter: Waiter = {
        position,
        resolve: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  reached(position: bigint): void {
    if (this.#waiting.size === 0) return;
    for (const waiter of this.#waiting) {
      if (waiter.position > position) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
