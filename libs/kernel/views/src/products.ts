import type { Envelope, Fold } from '@plinth/eventing';
import { LIMITS } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { assert } from '@plinth/money';
import { fields } from './canonical.ts';

export type Product = EventData<'ProductListed'>;

/** Structured products as listed so far. */
export class ProductsView implements Fold {
  readonly name = 'products';
  readonly revision = 1;
  readonly #products = new Map<string, Product>();

  apply(event: Envelope): void {
    if (event.type !== 'ProductListed') return;
    assert(this.#products.size < LIMITS.productsMax, 'Expected fewer products in this cell');
    this.#products.set(event.data.productId, event.data);
  }

  product(productId: string): Product | undefined {
    return this.#products.get(productId);
  }

  get size(): number {
    return this.#products.size;
  }

  all(): IterableIterator<Product> {
    return this.#products.values();
  }

  *entries(): Iterable<readonly [string, string]> {
    for (const p of this.#products.values()) {
      const legs = p.legs.flatMap(({ instrumentId, ratio }) => [instrumentId, ratio]);
      yield [
        `product:${p.productId}`,
        fields(p.name, p.kind, p.underlying, p.quoteAsset, p.expiresAtMs, ...legs),
      ];
    }
  }

  reset(): void {
    this.#products.clear();
  }

  dump(): unknown {
    return this.#products;
  }

  load(products: ReadonlyMap<string, Product>): void {
    for (const [id, product] of products) this.#products.set(id, product);
  }
}
