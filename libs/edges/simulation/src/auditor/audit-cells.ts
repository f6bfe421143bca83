import type { Envelope, EventLog } from '@plinth/eventing';
import { breach, type Breach } from './breach.ts';
import { CellsAudit, type TransferOnItsWay } from './cells-audit.ts';
import { AUDIT_LIMITS, timesIn, type AuditLimits, type Kept } from './memory.ts';

const BREACHES_KEPT = 1_000;
const READ_MAX = 2_000;

const MISSING = 'every event of another cell that a log names is there';

export type CellsReport = Readonly<{
  /** Events read of each cell. */
  events: ReadonlyMap<string, number>;
  invariants: readonly string[];
  breaches: number;
  /** The first thousand; the cell stands before the detail. */
  found: readonly Breach[];
  /** Times that an invariant could not be judged, because what it needed had been forgotten. */
  unjudged: number;
  kept: readonly Kept[];
  delivered: number;
  returned: number;
  inFlight: readonly TransferOnItsWay[];
}>;

/** The place in another cell's log that an event names. */
const sourceOf = ({ type, data }: Envelope): Readonly<{ cell: string; position: bigint }> | undefined => {
  switch (type) {
    case 'TransferArrived':
    case 'TransferDeclined':
      return { cell: data.fromCell, position: data.sourcePosition };
    case 'TransferAcknowledged':
      return { cell: data.toCell, position: data.sourcePosition };
    case 'MarksPublished':
      return data.sourceCell === '' ? undefined : { cell: data.sourceCell, position: data.sourcePosition };
    default:
      return undefined;
  }
};

class Reader {
  readonly #log: Pick<EventLog, 'read'>;
  #batch: readonly Envelope[] = [];
  #next = 0;
  position = 0n;

  constructor(log: Pick<EventLog, 'read'>) {
    this.#log = log;
  }

  async peek(): Promise<Envelope | undefined> {
    if (this.#next >= this.#batch.length) {
      this.#batch = await this.#log.read(this.position, READ_MAX);
      this.#next = 0;
    }
    return this.#batch[this.#next];
  }

  take(event: Envelope): void {
    this.#next += 1;
    this.position = event.position;
  }
}

/**
 * Reads the logs of all cells together, each in its order and none before what it names of another, and
 * checks what must hold between them at every event.
 */
export const auditCells = async (
  logs: ReadonlyMap<string, Pick<EventLog, 'read'>>,
  limits = AUDIT_LIMITS,
): Promise<CellsReport> => {
  const run = new CellsRun(logs, limits);
  // The taking cells lead: the others are read as far as they are named, then to their ends.
  for (const cell of [...logs.keys()].reverse()) await run.advance(cell, undefined, []);
  return run.report();
};

class CellsRun {
  readonly #audit: CellsAudit;
  readonly #readers: ReadonlyMap<string, Reader>;
  readonly #events = new Map<string, number>();
  readonly #found: Breach[] = [];
  #breaches = 0;

  constructor(logs: ReadonlyMap<string, Pick<EventLog, 'read'>>, limits: AuditLimits) {
    this.#audit = new CellsAudit(limits);
    this.#readers = new Map([...logs].map(([cell, log]) => [cell, new Reader(log)]));
  }

  /** Reads a cell up to a position, or to its end; `from` are the cells that wait for it. */
  async advance(cell: string, to: bigint | undefined, from: readonly string[]): Promise<void> {
    const reader = this.#readers.get(cell);
    while (reader !== undefined && (to === undefined || reader.position < to)) {
      const event = await reader.peek();
      if (event === undefined) return;
      const source = sourceOf(event);
      if (source !== undefined) {
        const isWaiting = from.includes(source.cell) || source.cell === cell;
        if (!isWaiting) await this.advance(source.cell, source.position, [...from, cell]);
        const reached = this.#readers.get(source.cell)?.position ?? -1n;
        if (reached < source.position)
          this.#keep(cell, [breach(MISSING, event.position, `${source.cell} ${source.position}`)]);
      }
      reader.take(event);
      this.#events.set(cell, (this.#events.get(cell) ?? 0) + 1);
      this.#keep(cell, this.#audit.apply(cell, event));
    }
  }

  report(): CellsReport {
    return {
      events: this.#events,
      invariants: [...this.#audit.invariants, MISSING],
      ...{ breaches: this.#breaches, found: this.#found, kept: this.#audit.kept },
      unjudged: timesIn(this.#audit.unjudged),
      ...{ delivered: this.#audit.delivered, returned: this.#audit.returned },
      inFlight: this.#audit.onTheirWay(),
    };
  }

  #keep(cell: string, found: readonly Breach[]): void {
    this.#breaches += found.length;
    const room = BREACHES_KEPT - this.#found.length;
    this.#found.push(...found.slice(0, room).map((one) => ({ ...one, detail: `${cell}: ${one.detail}` })));
  }
}
