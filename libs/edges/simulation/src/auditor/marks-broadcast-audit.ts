import type { Envelope } from '@plinth/eventing';
import type { EventData, Mark } from '@plinth/messages';
import { breach, type Breach } from './breach.ts';
import { Memory, type AuditLimits } from './memory.ts';

const BROADCAST = 'marks taken over are the newest of their instruments at that place of the home cell’s log';
const RISING = 'marks are taken over in the order of the home cell’s log, and once';
const ONE_PRICE = 'what expires is settled at one price in every cell';

type Published = Readonly<{ position: bigint; text: string }>;

/** Of one instrument, oldest first, as far back as it can be asked for. */
type Publications = { kept: Published[]; isWhole: boolean };

/** Marks of one instrument that are kept: as far back as a cell may be behind. */
const MARKS_MAX = 10_000;

/** Marks and settlement prices of cells that take them from the home cell. */
export class MarksBroadcastAudit {
  readonly invariants = [BROADCAST, RISING, ONE_PRICE];
  readonly memory: Memory;
  /** By `cell instrument`. */
  readonly #published;
  /** By `taking cell home cell`. */
  readonly #through;
  readonly #settled;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#published = this.memory.live<Publications>('marked instruments');
    this.#through = this.memory.live<bigint>('cells that take marks');
    this.#settled = this.memory.recent<string>('settlement prices');
  }

  apply(cell: string, { type, data, position }: Envelope): readonly Breach[] {
    switch (type) {
      case 'MarksPublished':
        if (data.sourceCell !== '') return this.#take(cell, position, data);
        this.#publish(cell, position, data.marks);
        return [];
      case 'SettlementPriceFixed': {
        const id = `${data.underlying} ${data.priceAsset} ${data.expiresAtMs}`;
        const price = this.#settled.get(id) ?? data.price;
        this.#settled.set(id, price);
        return price === data.price ? [] : [breach(ONE_PRICE, position, `${id} ${data.price}, was ${price}`)];
      }
      default:
        return [];
    }
  }

  #publish(cell: string, position: bigint, marks: readonly Mark[]): void {
    const oldest = this.#oldestAsked(cell);
    for (const mark of marks) {
      const key = `${cell} ${mark.instrumentId}`;
      const known = this.#published.get(key) ?? { kept: [], isWhole: this.#published.isWhole };
      const { kept } = known;
      kept.push({ position, text: JSON.stringify(mark) });
      const asked = kept.findIndex((one) => one.position > oldest);
      if (asked > 1) kept.splice(0, asked - 1);
      if (kept.length > Math.min(MARKS_MAX, this.memory.limits.recent)) {
        kept.splice(0, Math.ceil(kept.length / 2));
        known.isWhole = false;
      }
      this.#published.set(key, known);
    }
  }

  /** Nothing before the place of the cell that has taken over least can be asked for any more. */
  #oldestAsked(cell: string): bigint {
    let oldest: bigint | undefined;
    for (const [key, place] of this.#through.entries())
      if (key.endsWith(` ${cell}`) && (oldest === undefined || place < oldest)) oldest = place;
    return oldest ?? 0n;
  }

  #take(cell: string, at: bigint, data: EventData<'MarksPublished'>): readonly Breach[] {
    const { sourceCell, sourcePosition, marks } = data;
    const key = `${cell} ${sourceCell}`;
    const last = this.#through.get(key) ?? 0n;
    this.#through.set(key, sourcePosition);
    // A large round is several events of one place.
    const found = sourcePosition < last ? [breach(RISING, at, `${sourcePosition} after ${last}`)] : [];
    for (const mark of marks) {
      const published = this.#published.get(`${sourceCell} ${mark.instrumentId}`);
      const newest = published?.kept.findLast(({ position }) => position <= sourcePosition);
      if (newest?.text === JSON.stringify(mark)) continue;
      const detail = `${cell}: ${mark.instrumentId} of ${sourceCell} ${sourcePosition}`;
      found.push(
        ...(newest === undefined
          ? this.memory.breach(BROADCAST, at, detail, published ?? this.#published)
          : [breach(BROADCAST, at, detail)]),
      );
    }
    return found;
  }
}
