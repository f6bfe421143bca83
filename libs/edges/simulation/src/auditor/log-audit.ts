import type { Envelope } from '@plinth/eventing';
import { breach, type Audit, type Breach } from './breach.ts';
import { Memory, type AuditLimits } from './memory.ts';

const GAPLESS = 'positions are 1, 2, 3 … without a gap';
const VERSIONS = 'versions of every stream are 1, 2, 3 … without a gap';
const UNIQUE = 'every event id occurs once';
const ATTRIBUTED = 'every event says who caused it and in which conversation';

/**
 * Ids are remembered for a while: that none occurs again later than that is what the log's own constraint
 * promises. The version of a stream that nobody wrote to for long is forgotten, and then taken at its word.
 */
export class LogAudit implements Audit {
  readonly invariants = [GAPLESS, VERSIONS, UNIQUE, ATTRIBUTED];
  readonly memory: Memory;
  #last = 0n;
  readonly #versions;
  readonly #ids;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#versions = this.memory.live<number>('streams');
    this.#ids = this.memory.recent<true>('event ids');
  }

  apply(event: Envelope): readonly Breach[] {
    const found: Breach[] = [];
    const at = event.position;
    if (at !== this.#last + 1n) found.push(breach(GAPLESS, at, `after ${this.#last}`));
    this.#last = at;
    found.push(...this.#version(event));
    if (this.#ids.has(event.id)) found.push(breach(UNIQUE, at, event.id));
    this.#ids.set(event.id, true);
    if (event.actor === '' || event.correlationId === '' || event.causationId === '') {
      found.push(breach(ATTRIBUTED, at, event.type));
    }
    return found;
  }

  finish(): readonly Breach[] {
    return [];
  }

  #version({ stream, version, position }: Envelope): readonly Breach[] {
    const before = this.#versions.get(stream);
    const due = (before ?? 0) + 1;
    this.#versions.set(stream, version);
    if (version === due) return [];
    const detail = `${stream} ${version}, was due ${due}`;
    return before === undefined
      ? this.memory.breach(VERSIONS, position, detail, this.#versions)
      : [breach(VERSIONS, position, detail)];
  }
}
