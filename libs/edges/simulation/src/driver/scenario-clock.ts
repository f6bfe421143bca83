import type { Clock, Instant } from '@plinth/eventing';

/** The clock of a simulation: stands still until the driver moves it on. */
export class ScenarioClock implements Clock {
  #now: Instant;

  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  moveTo(at: Instant): void {
    if (at < this.#now) throw new RangeError(`Expected time to rise from ${this.#now}, was ${at}`);
    this.#now = at;
  }
}
