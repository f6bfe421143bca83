import { MarksView, ProductsView, ReferenceView, SettlementsView } from '@plinth/views';
import type { Listed } from '../domain/pairs.ts';
import { EmaView } from './ema-view.ts';
import { ExpiriesView } from './expiries-view.ts';
import { QuotesView } from './quotes-view.ts';

export type PricingViews = Readonly<{
  reference: ReferenceView;
  marks: MarksView;
  quotes: QuotesView;
  averages: EmaView;
  products: ProductsView;
  expiries: ExpiriesView;
  settlements: SettlementsView;
}>;

export const pricingViews = (): PricingViews => ({
  reference: new ReferenceView(),
  marks: new MarksView(),
  quotes: new QuotesView(),
  averages: new EmaView(),
  products: new ProductsView(),
  expiries: new ExpiriesView(),
  settlements: new SettlementsView(),
});

/** What a round must know of a listed instrument; undefined when it is not listed. */
export const listedOf = (reference: ReferenceView, instrumentId: string): Listed | undefined => {
  const instrument = reference.instruments.get(instrumentId);
  const rule = reference.priceRules.get(instrumentId);
  if (instrument === undefined || rule === undefined) return undefined;
  const { kind, underlying, quoteAsset } = instrument;
  const stable = reference.assets.get(underlying)?.kind === 'stablecoin';
  return { instrumentId, kind, underlying, quoteAsset, stable, rule };
};

/** Listings of everything that a round with these instruments looks at: they, and whatever has a mark. */
export const listingsFor = (
  views: PricingViews,
  instrumentIds: Iterable<string>,
): ReadonlyMap<string, Listed> => {
  const listings = new Map<string, Listed>();
  const add = (id: string): void => {
    const listed = listings.has(id) ? undefined : listedOf(views.reference, id);
    if (listed !== undefined) listings.set(id, listed);
  };
  for (const id of instrumentIds) add(id);
  for (const { mark } of views.quotes.origins()) add(mark.instrumentId);
  return listings;
};
