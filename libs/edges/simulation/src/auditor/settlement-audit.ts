import type { Envelope } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import { breach, type Audit, type Breach } from './breach.ts';
import { exact, text } from './decimal-text.ts';
import { Memory, type AuditLimits } from './memory.ts';

const GONE = 'no position stands in a contract after its settlement';
const RIGHT = 'every settled position is paid intrinsic value or profit, rounded against who asks';
const ZERO_SUM = 'what a settlement pays and takes sums to zero with the venues';
const ONCE = 'a settlement price is fixed once, at or after expiry';
const OPEN = 'no order is placed in a contract that has expired';

const ONE = 10n ** 36n;

type Contract = EventData<'InstrumentListed'>;
type Fixed = Readonly<{ price: string; instrumentIds: readonly string[] }>;
type Standing = Readonly<{ instrumentId: string; units: bigint; cost: bigint }>;

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n || a % b === 0n ? a / b : a / b - 1n);

/** What expires: prices, payments and what is left, by arithmetic of its own in units of 1e-36. */
export class SettlementAudit implements Audit {
  readonly invariants = [GONE, RIGHT, ZERO_SUM, ONCE, OPEN];
  readonly memory: Memory;
  readonly #contracts;
  /** Contracts whose settlement has gone through all accounts. */
  readonly #ended;
  readonly #scales;
  /** By account, instrument and venue. */
  readonly #positions;
  /** Settlements under way, and those that are over. */
  readonly #fixed;
  readonly #over;

  constructor(limits: AuditLimits) {
    this.memory = new Memory(limits);
    this.#contracts = this.memory.live<Contract>('dated contracts');
    this.#ended = this.memory.recent<Contract>('settled contracts');
    this.#scales = this.memory.live<number>('scales of assets');
    this.#positions = this.memory.live<Standing>('positions in dated contracts');
    this.#fixed = this.memory.live<Fixed>('settlements under way');
    this.#over = this.memory.recent<Fixed>('settlements');
  }

  apply(event: Envelope): readonly Breach[] {
    switch (event.type) {
      case 'AssetListed':
        this.#scales.set(event.data.asset, event.data.scale);
        return [];
      case 'InstrumentListed':
        if (event.data.expiresAtMs > 0) this.#contracts.set(event.data.instrumentId, event.data);
        return [];
      case 'OrderPlaced': {
        const expiry = this.#contract(event.data.instrumentId)?.expiresAtMs ?? Infinity;
        const isLate = event.occurredAt >= expiry && event.data.liquidationId === '';
        return isLate ? [breach(OPEN, event.position, event.data.orderId)] : [];
      }
      case 'FillBooked':
        this.#book(event.data);
        return [];
      case 'SettlementPriceFixed':
        return this.#fix(event);
      case 'ContractSettled':
        return this.#settle(event);
      case 'SettlementAdvanced':
        return event.data.purpose === 'expiry' && event.data.done ? this.#finishRun(event) : [];
      default:
        return [];
    }
  }

  finish(): readonly Breach[] {
    return this.#standing(this.#ended, 0n);
  }

  #contract(instrumentId: string): Contract | undefined {
    return this.#contracts.get(instrumentId) ?? this.#ended.get(instrumentId);
  }

  #settlement(settlementId: string): Fixed | undefined {
    return this.#fixed.get(settlementId) ?? this.#over.get(settlementId);
  }

  #book({ accountId, instrumentId, venueId, positionQuantity, entryCost }: EventData<'FillBooked'>): void {
    if (positionQuantity === '' || this.#contract(instrumentId) === undefined) return;
    const key = `${accountId} ${instrumentId} ${venueId}`;
    const units = exact(positionQuantity);
    if (units === 0n) this.#positions.delete(key);
    else this.#positions.set(key, { instrumentId, units, cost: exact(entryCost) });
  }

  #fix({ data, position }: Envelope<'SettlementPriceFixed'>): readonly Breach[] {
    const id = `${data.underlying}.${data.priceAsset}.${data.expiresAtMs}`;
    const found: Breach[] = [];
    if (this.#settlement(id) !== undefined || data.atMs < data.expiresAtMs)
      found.push(breach(ONCE, position, id));
    this.#fixed.set(id, { price: data.price, instrumentIds: data.instrumentIds });
    return found;
  }

  #settle({ data, position }: Envelope<'ContractSettled'>): readonly Breach[] {
    const key = `${data.accountId} ${data.instrumentId} ${data.venueId}`;
    const standing = this.#positions.get(key);
    this.#positions.delete(key);
    const contract = this.#contract(data.instrumentId);
    const fixed = this.#settlement(data.settlementId);
    if (standing === undefined || contract === undefined || fixed === undefined) {
      const needed = [this.#positions, this.#contracts, this.#fixed];
      return this.memory.breach(RIGHT, position, `${key}: nothing to settle`, ...needed);
    }
    const found: Breach[] = [];
    const due = this.#amountOf(contract, standing, exact(fixed.price));
    if (exact(data.amount) !== due || exact(data.quantity) !== standing.units)
      found.push(breach(RIGHT, position, `${key}: ${data.amount} paid, ${text(due)} due`));
    const sum = data.postings.reduce((total, { amount }) => total + exact(amount), 0n);
    const atVenue = data.postings.find(({ account }) => account === `venue:${data.venueId}:settlement`);
    if (sum !== 0n || exact(atVenue?.amount ?? '0') !== -exact(data.amount))
      found.push(breach(ZERO_SUM, position, key));
    return found;
  }

  #amountOf(contract: Contract, { units, cost }: Standing, price: bigint): bigint {
    const { kind, inverse, strike, optionType, quoteAsset } = contract;
    const unit = 10n ** BigInt(36 - (this.#scales.get(quoteAsset) ?? 0));
    const size = (units * exact(contract.contractSize)) / ONE;
    const down = (dividend: bigint, divisor: bigint): bigint => floorDiv(dividend, divisor * unit) * unit;
    if (kind !== 'option') return (inverse ? down(-size * ONE, price) : down(size * price, ONE)) - cost;
    const over = price - exact(strike);
    const inside = optionType === 'call' ? over : -over;
    const intrinsic = inside > 0n ? inside : 0n;
    return inverse ? down(size * intrinsic, price) : down(size * intrinsic, ONE);
  }

  #finishRun({ data, position }: Envelope<'SettlementAdvanced'>): readonly Breach[] {
    const fixed = this.#settlement(data.settlementId);
    const ended = new Set(fixed?.instrumentIds);
    this.#fixed.delete(data.settlementId);
    if (fixed !== undefined) this.#over.set(data.settlementId, fixed);
    for (const instrumentId of ended) {
      const contract = this.#contracts.get(instrumentId);
      if (contract !== undefined) this.#ended.set(instrumentId, contract);
      this.#contracts.delete(instrumentId);
    }
    return this.#standing(ended, position);
  }

  #standing(instruments: Readonly<{ has: (id: string) => boolean }>, at: bigint): readonly Breach[] {
    return [...this.#positions.entries()].flatMap(([key, { instrumentId }]) =>
      instruments.has(instrumentId) ? [breach(GONE, at, key)] : [],
    );
  }
}
