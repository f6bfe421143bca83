import type { Envelope, Fold, Instant } from '@plinth/eventing';
import { indexOf, NUMERAIRE, priceAssetOf, settlementIdOf } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { fields } from '@plinth/views';
import { PRICE_ONE, priceUnits } from '../domain/price-units.ts';
import {
  countUntil,
  emptyAverage,
  isComplete,
  MIN_COVERED_MS,
  withSample,
  type LivePrices,
  type SettlementAverage,
} from '../domain/settlement-average.ts';
import { PRICING } from './pricing-config.ts';

const INDEX_SUFFIX = `/${NUMERAIRE}`;

/** Contracts that expire together and are not settled yet. */
export type Expiry = Readonly<{
  settlementId: string;
  underlying: string;
  priceAsset: string;
  expiresAtMs: Instant;
  instrumentIds: readonly string[];
  average: SettlementAverage;
  isDeferred: boolean;
}>;

/** The averages by which contracts will be settled, counted from every published mark. */
export class ExpiriesView implements Fold {
  readonly name = 'expiries';
  readonly revision = 2;
  readonly #open = new Map<string, Expiry>();
  /** USD price of every index whose mark is live now. */
  readonly #live = new Map<string, bigint>();
  #atMs = 0;

  apply(event: Envelope): void {
    switch (event.type) {
      case 'InstrumentListed':
        return this.#list(event.data);
      case 'MarksPublished':
        this.#countUntil(event.data.atMs);
        return this.#takeMarks(event.data.marks);
      case 'TimerFired':
        if (event.data.service === PRICING) this.#countUntil(event.occurredAt);
        return;
      case 'SettlementDeferred':
      case 'SettlementPriceFixed': {
        const { underlying, priceAsset, expiresAtMs } = event.data;
        const id = settlementIdOf(underlying, priceAsset, expiresAtMs);
        const expiry = this.#open.get(id);
        if (event.type === 'SettlementPriceFixed') this.#open.delete(id);
        else if (expiry !== undefined) this.#open.set(id, { ...expiry, isDeferred: true });
        return;
      }
      default:
        return;
    }
  }

  open(): IterableIterator<Expiry> {
    return this.#open.values();
  }

  expiry(settlementId: string): Expiry | undefined {
    return this.#open.get(settlementId);
  }

  /**
   * When something is to be decided about an expiry by time alone; undefined while it waits for live marks.
   */
  dueAt(expiry: Expiry): Instant | undefined {
    const { average, expiresAtMs, isDeferred } = expiry;
    if (average.countedToMs < expiresAtMs || isComplete(average)) return expiresAtMs;
    const missingMs = MIN_COVERED_MS - average.coveredMs;
    if (this.#pricesOf(expiry) !== undefined) return average.countedToMs + missingMs;
    return isDeferred ? undefined : expiresAtMs;
  }

  #list(data: EventData<'InstrumentListed'>): void {
    const { expiresAtMs, underlying, instrumentId } = data;
    if (expiresAtMs === 0) return;
    const priceAsset = priceAssetOf(data);
    const id = settlementIdOf(underlying, priceAsset, expiresAtMs);
    const known = this.#open.get(id);
    this.#open.set(id, {
      ...{ settlementId: id, underlying, priceAsset, expiresAtMs },
      instrumentIds: [...(known?.instrumentIds ?? []), instrumentId].sort(),
      average: known?.average ?? emptyAverage(expiresAtMs, this.#atMs),
      isDeferred: known?.isDeferred ?? false,
    });
  }

  #countUntil(toMs: Instant): void {
    if (toMs <= this.#atMs) return;
    this.#atMs = toMs;
    for (const [id, expiry] of this.#open) {
      const average = countUntil(expiry.average, this.#pricesOf(expiry), toMs);
      if (average !== expiry.average) this.#open.set(id, { ...expiry, average });
    }
  }

  #takeMarks(marks: EventData<'MarksPublished'>['marks']): void {
    const sampled = new Set<string>();
    for (const { instrumentId, state, price } of marks) {
      if (!instrumentId.endsWith(INDEX_SUFFIX)) continue;
      if (state === 'live') {
        this.#live.set(instrumentId, priceUnits(price, 'price'));
        sampled.add(instrumentId);
      } else {
        this.#live.delete(instrumentId);
      }
    }
    if (sampled.size === 0) return;
    for (const [id, expiry] of this.#open) {
      const { average, underlying } = expiry;
      // The window has not begun, or is over.
      if (average.countedToMs > this.#atMs || isComplete(average)) continue;
      if (!sampled.has(indexOf(underlying))) continue;
      this.#open.set(id, { ...expiry, average: withSample(average) });
    }
  }

  #pricesOf({ underlying, priceAsset }: Expiry): LivePrices {
    const index = this.#live.get(indexOf(underlying));
    const quoted = priceAsset === NUMERAIRE ? PRICE_ONE : this.#live.get(indexOf(priceAsset));
    return index === undefined || quoted === undefined ? undefined : { index, priceAsset: quoted };
  }

  *entries(): Iterable<readonly [string, string]> {
    yield ['at', fields(this.#atMs)];
    for (const [id, price] of this.#live) yield [`live:${id}`, fields(`${price}`)];
    for (const { settlementId, average: a, isDeferred, instrumentIds } of this.#open.values()) {
      const sums = [`${a.indexIntegral}`, `${a.priceAssetIntegral}`, a.countedToMs, a.coveredMs, a.samples];
      yield [`expiry:${settlementId}`, fields(...sums, a.sampledToMs, a.gapMs, isDeferred, ...instrumentIds)];
    }
  }

  reset(): void {
    this.#open.clear();
    this.#live.clear();
    this.#atMs = 0;
  }

  dump() {
    return { open: this.#open, live: this.#live, atMs: this.#atMs };
  }

  load(state: ReturnType<ExpiriesView['dump']>): void {
    for (const [id, expiry] of state.open) this.#open.set(id, expiry);
    for (const [id, price] of state.live) this.#live.set(id, price);
    this.#atMs = state.atMs;
  }
}
