import type { Clock, Instant } from '@plinth/eventing';

/** The clock of a simulation: stands still until the driver moves it on. */
export class ScenarioClock implements Clock {
  #now: Instant;
  #followed: Clock | undefined;

  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#followed?.now() ?? this.#now;
  }

  /** From here on time passes as it does on another clock. */
  follow(clock: Clock): void {
    this.#followed = clock;
  }

  moveTo(at: Instant): void {
    if (at < this.#now) throw new RangeError(`Expected time to rise from ${this.#now}, was ${at}`);
    this.#now = at;
  }
}
