import type { Envelope, Fold } from '@plinth/eventing';
import { fields } from '@plinth/views';

/** How far the marks of the home cell have been taken over into this one. */
export class BroadcastView implements Fold {
  readonly name = 'broadcast';
  readonly revision = 1;
  #through = 0n;

  apply(event: Envelope): void {
    if (event.type === 'MarksPublished' && event.data.sourceCell !== '')
      this.#through = event.data.sourcePosition;
  }

  /** Place in the home cell's log of the last round that is in this log; 0n without any. */
  get through(): bigint {
    return this.#through;
  }

  *entries(): Iterable<readonly [string, string]> {
    if (this.#through > 0n) yield ['through', fields(this.#through)];
  }

  dump() {
    return { through: this.#through };
  }

  load({ through }: ReturnType<BroadcastView['dump']>): void {
    this.#through = through;
  }

  reset(): void {
    this.#through = 0n;
  }
}
