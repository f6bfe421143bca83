import type { Envelope } from '@plinth/eventing';
import { breach, type Audit, type Breach } from './breach.ts';

const GAPLESS = 'positions are 1, 2, 3 … without a gap';
const VERSIONS = 'versions of every stream are 1, 2, 3 … without a gap';
const UNIQUE = 'every event id occurs once';
const ATTRIBUTED = 'every event says who caused it and in which conversation';

export class LogAudit implements Audit {
  readonly invariants = [GAPLESS, VERSIONS, UNIQUE, ATTRIBUTED];
  #last = 0n;
  readonly #versions = new Map<string, number>();
  readonly #ids = new Set<string>();

  apply(event: Envelope): readonly Breach[] {
    const found: Breach[] = [];
    const at = event.position;
    if (at !== this.#last + 1n) found.push(breach(GAPLESS, at, `after ${this.#last}`));
    this.#last = at;
    const version = (this.#versions.get(event.stream) ?? 0) + 1;
    if (event.version !== version)
      found.push(breach(VERSIONS, at, `${event.stream} ${event.version}, was due ${version}`));
    this.#versions.set(event.stream, version);
    if (this.#ids.has(event.id)) found.push(breach(UNIQUE, at, event.id));
    this.#ids.add(event.id);
    if (event.actor === '' || event.correlationId === '' || event.causationId === '') {
      found.push(breach(ATTRIBUTED, at, event.type));
    }
    return found;
  }

  finish(): readonly Breach[] {
    return [];
  }
}
