import type { Envelope } from '@plinth/eventing';
import { exact, text } from '../auditor/decimal-text.ts';
import type { SettlementFigures } from './figures.ts';

type Row = {
  settlementId: string;
  instrumentId: string;
  price: string;
  atMs: number;
  positions: number;
  contracts: bigint;
  received: bigint;
  paid: bigint;
};

/** What expired, and what it paid. */
export class SettlementStory {
  readonly #rows = new Map<string, Row>();
  readonly #bundles = new Map<string, number>();
  #deferred = 0;

  apply(event: Envelope): void {
    switch (event.type) {
      case 'SettlementPriceFixed': {
        const { underlying, priceAsset, expiresAtMs, price, atMs } = event.data;
        const settlementId = `${underlying}.${priceAsset}.${expiresAtMs}`;
        for (const instrumentId of event.data.instrumentIds) {
          const sums = { positions: 0, contracts: 0n, received: 0n, paid: 0n };
          this.#rows.set(instrumentId, { settlementId, instrumentId, price, atMs, ...sums });
        }
        return;
      }
      case 'SettlementDeferred':
        this.#deferred += 1;
        return;
      case 'ContractSettled': {
        const row = this.#rows.get(event.data.instrumentId);
        if (row === undefined) return;
        const [amount, quantity] = [exact(event.data.amount), exact(event.data.quantity)];
        row.positions += 1;
        row.contracts += quantity < 0n ? -quantity : quantity;
        if (amount > 0n) row.received += amount;
        else row.paid -= amount;
        return;
      }
      case 'BundleClosed': {
        const { outcome } = event.data;
        this.#bundles.set(outcome, (this.#bundles.get(outcome) ?? 0) + 1);
        return;
      }
      default:
        return;
    }
  }

  figures(): SettlementFigures {
    return {
      deferred: this.#deferred,
      products: Object.fromEntries(this.#bundles),
      rows: [...this.#rows.values()].map(({ contracts, received, paid, ...row }) => ({
        ...row,
        contracts: text(contracts),
        received: text(received),
        paid: text(paid),
      })),
    };
  }
}
