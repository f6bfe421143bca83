import type { Envelope } from '@plinth/eventing';
import type { EventData, Posting } from '@plinth/messages';
import { breach, type Breach } from './breach.ts';
import { exact, text } from './decimal-text.ts';
import { MarksBroadcastAudit } from './marks-broadcast-audit.ts';
import { Memory, type AuditLimits, type Kept, type RecentMap } from './memory.ts';

const IN_FLIGHT =
  'the clearing accounts of all cells together are what is in flight between them, in each asset';
const FOUNDED = 'what a cell takes over stands at that place in the other cell’s log, and is meant for it';
const ONCE = 'a transfer between cells arrives once or comes back once';
const ANSWERED = 'what a sending cell is told of a transfer is what the other cell’s log says';
const ORDERED = 'a cell takes the log of another one over in its order';

type Outcome = 'delivered' | 'returned';

type Sent = {
  readonly data: EventData<'TransferSent'>;
  /** `cell position` */
  readonly at: string;
  /** What the other cell has said, and where. */
  said: Readonly<{ outcome: Outcome; at: string }> | undefined;
  /** Credited there, or back here: no longer in flight. */
  isOver: boolean;
  isAcknowledged: boolean;
};

export type TransferOnItsWay = Readonly<{ cell: string; accountId: string; transferId: string }>;

/**
 * Invariants that no single log shows: transfers between cells, and the marks that are broadcast. Events of
 * each log come in its order, and no event before those of other logs that it names.
 *
 * A transfer is forgotten once it is over and its sender knows: whatever is said of it afterwards is a breach
 * like what is said of an unknown one.
 */
export class CellsAudit {
  readonly #marks;
  readonly #memory: Memory;
  /** By `cell position`, and by `cell account transfer`. */
  readonly #sent;
  readonly #named;
  /** Where the other cell's word on a transfer stands: by `cell position`. */
  readonly #answers;
  /** By `cell other`. */
  readonly #through;
  /** By asset. */
  readonly #clearing;
  readonly #inFlight;
  #delivered = 0;
  #returned = 0;

  constructor(limits: AuditLimits) {
    this.#marks = new MarksBroadcastAudit(limits);
    this.#memory = new Memory(limits);
    this.#sent = this.#memory.live<Sent>('transfers under way');
    this.#named = this.#memory.live<Sent>('names of transfers under way');
    this.#answers = this.#memory.live<Sent>('answers to transfers under way');
    this.#through = this.#memory.live<bigint>('cells and what they took over');
    this.#clearing = this.#memory.live<bigint>('assets that were cleared');
    this.#inFlight = this.#memory.live<bigint>('assets in flight');
  }

  get invariants(): readonly string[] {
    return [IN_FLIGHT, FOUNDED, ONCE, ANSWERED, ORDERED, ...this.#marks.invariants];
  }

  get kept(): readonly Kept[] {
    return [...this.#memory.kept, ...this.#marks.memory.kept];
  }

  /** By invariant: how often it could not be judged, because what it needed had been forgotten. */
  get unjudged(): ReadonlyMap<string, number> {
    return new Map([...this.#memory.unjudged, ...this.#marks.memory.unjudged]);
  }

  get delivered(): number {
    return this.#delivered;
  }

  get returned(): number {
    return this.#returned;
  }

  /** Sent, and neither credited in the other cell nor back. */
  onTheirWay(): readonly TransferOnItsWay[] {
    return [...this.#sent.entries()].flatMap(([key, { data, isOver }]) => {
      const { accountId, transferId } = data;
      return isOver ? [] : [{ cell: key.slice(0, key.indexOf(' ')), accountId, transferId }];
    });
  }

  apply(cell: string, event: Envelope): readonly Breach[] {
    const found: Breach[] = [];
    if ('postings' in event.data) this.#post(cell, event.data.postings);
    found.push(...this.#transfer(cell, event), ...this.#marks.apply(cell, event));
    if ('postings' in event.data) found.push(...this.#balance(event));
    return found;
  }

  #post(cell: string, postings: readonly Posting[]): void {
    for (const { account, asset, amount } of postings) {
      // Inside a cell its own clearing account is used within one append.
      if (!account.startsWith('clearing:') || account === `clearing:${cell}`) continue;
      add(this.#clearing, asset, exact(amount));
    }
  }

  #balance({ position, data }: Envelope): readonly Breach[] {
    const assets = 'postings' in data ? new Set(data.postings.map(({ asset }) => asset)) : [];
    return [...assets].flatMap((asset) => {
      const [clearing, inFlight] = [this.#clearing.get(asset) ?? 0n, this.#inFlight.get(asset) ?? 0n];
      if (clearing === inFlight) return [];
      return [breach(IN_FLIGHT, position, `${asset} ${text(clearing)}, in flight ${text(inFlight)}`)];
    });
  }

  #transfer(cell: string, event: Envelope): readonly Breach[] {
    const { position } = event;
    switch (event.type) {
      case 'TransferSent':
        this.#send(cell, position, event.data);
        return [];
      case 'TransferArrived':
        return this.#answer(cell, position, event.data, 'delivered');
      case 'TransferDeclined':
        return this.#answer(cell, position, event.data, 'returned');
      case 'TransferReceived': {
        const { fromCell, fromAccountId, transferId } = event.data;
        if (fromCell === '') return [];
        return this.#end(`${fromCell} ${fromAccountId} ${transferId}`, position, event.data, 'delivered');
      }
      case 'TransferReturned': {
        const { accountId, transferId } = event.data;
        return this.#end(`${cell} ${accountId} ${transferId}`, position, event.data, 'returned');
      }
      case 'TransferAcknowledged':
        return this.#acknowledge(cell, position, event.data);
      default:
        return [];
    }
  }

  #send(cell: string, position: bigint, data: EventData<'TransferSent'>): void {
    if (data.toCell === '') return;
    const at = `${cell} ${position}`;
    const sent = { data, at, said: undefined, isOver: false, isAcknowledged: false };
    this.#sent.set(at, sent);
    this.#named.set(`${cell} ${data.accountId} ${data.transferId}`, sent);
    add(this.#inFlight, data.asset, exact(data.amount));
  }

  #answer(cell: string, at: bigint, data: EventData<'TransferArrived'>, outcome: Outcome): readonly Breach[] {
    const { fromCell, sourcePosition, transferId } = data;
    const found = this.#inOrder(cell, fromCell, sourcePosition, at);
    const sent = this.#sent.get(`${fromCell} ${sourcePosition}`);
    const where = `${transferId} of ${fromCell} ${sourcePosition} in ${cell}`;
    if (sent === undefined) return [...found, ...this.#memory.breach(FOUNDED, at, where, this.#sent)];
    if (!isSame(sent.data, data, cell)) return [...found, breach(FOUNDED, at, where)];
    if (sent.said !== undefined) return [...found, breach(ONCE, at, where)];
    sent.said = { outcome, at: `${cell} ${at}` };
    this.#answers.set(sent.said.at, sent);
    return found;
  }

  #end(
    name: string,
    at: bigint,
    { asset, amount }: Readonly<{ asset: string; amount: string }>,
    outcome: Outcome,
  ): readonly Breach[] {
    const sent = this.#named.get(name);
    if (sent === undefined) return this.#memory.breach(ANSWERED, at, `${name}: ${outcome}`, this.#named);
    const fits = sent.said?.outcome === outcome && asset === sent.data.asset && amount === sent.data.amount;
    if (!fits) return [breach(ANSWERED, at, `${name}: ${outcome}`)];
    if (sent.isOver) return [breach(ONCE, at, `${name}: ${outcome}`)];
    sent.isOver = true;
    add(this.#inFlight, asset, -exact(amount));
    if (outcome === 'delivered') this.#delivered += 1;
    else this.#returned += 1;
    this.#forget(sent, name);
    return [];
  }

  #acknowledge(cell: string, at: bigint, data: EventData<'TransferAcknowledged'>): readonly Breach[] {
    const { toCell, sourcePosition, accountId, transferId, outcome } = data;
    const found = this.#inOrder(cell, toCell, sourcePosition, at);
    const sent = this.#answers.get(`${toCell} ${sourcePosition}`);
    const name = `${cell} ${accountId} ${transferId}`;
    const detail = `${transferId}: ${outcome}`;
    if (sent === undefined) return [...found, ...this.#memory.breach(ANSWERED, at, detail, this.#answers)];
    const fits =
      sent.said?.outcome === outcome &&
      sent.data.accountId === accountId &&
      sent.data.transferId === transferId &&
      sent === this.#named.get(name);
    if (!fits) return [...found, breach(ANSWERED, at, detail)];
    if (sent.isAcknowledged) return [...found, breach(ONCE, at, `${transferId}: acknowledged`)];
    sent.isAcknowledged = true;
    this.#forget(sent, name);
    return found;
  }

  #forget(sent: Sent, name: string): void {
    if (!sent.isOver || !sent.isAcknowledged) return;
    this.#sent.delete(sent.at);
    if (this.#named.get(name) === sent) this.#named.delete(name);
    if (sent.said !== undefined) this.#answers.delete(sent.said.at);
  }

  #inOrder(cell: string, other: string, place: bigint, at: bigint): readonly Breach[] {
    const key = `${cell} ${other}`;
    const last = this.#through.get(key) ?? 0n;
    this.#through.set(key, place);
    return place > last ? [] : [breach(ORDERED, at, `${cell}: ${place} of ${other} after ${last}`)];
  }
}

const add = (sums: RecentMap<bigint>, asset: string, units: bigint): void => {
  sums.set(asset, (sums.get(asset) ?? 0n) + units);
};

const isSame = (
  sent: EventData<'TransferSent'>,
  taken: EventData<'TransferArrived'>,
  cell: string,
): boolean =>
  sent.toCell === cell &&
  sent.transferId === taken.transferId &&
  sent.accountId === taken.fromAccountId &&
  sent.toAccountId === taken.toAccountId &&
  sent.asset === taken.asset &&
  sent.amount === taken.amount;
