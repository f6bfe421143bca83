import { MarksView, ProductsView, ReferenceView, SettlementsView } from '@plinth/views';
import { priceAssetOf } from '@plinth/market';
import type { Listed } from '../domain/pairs.ts';
import { surfaceKey } from '../domain/surface.ts';
import { BroadcastView } from './broadcast-view.ts';
import { EmaView } from './ema-view.ts';
import { ExpiriesView } from './expiries-view.ts';
import { futuresOf, optionTermsOf, type FuturesBySettlement } from './option-terms.ts';
import { QuotesView } from './quotes-view.ts';
import { VolatilityView } from './volatility-view.ts';

export type PricingViews = Readonly<{
  reference: ReferenceView;
  marks: MarksView;
  quotes: QuotesView;
  averages: EmaView;
  products: ProductsView;
  expiries: ExpiriesView;
  settlements: SettlementsView;
  volatility: VolatilityView;
  broadcast: BroadcastView;
}>;

export const pricingViews = (): PricingViews => ({
  reference: new ReferenceView(),
  marks: new MarksView(),
  quotes: new QuotesView(),
  averages: new EmaView(),
  products: new ProductsView(),
  expiries: new ExpiriesView(),
  settlements: new SettlementsView(),
  volatility: new VolatilityView(),
  broadcast: new BroadcastView(),
});

const NO_FUTURES: FuturesBySettlement = new Map();

/** What a round must know of a listed instrument; undefined when it is not listed. */
export const listedOf = (
  reference: ReferenceView,
  instrumentId: string,
  futures = NO_FUTURES,
): Listed | undefined => {
  const instrument = reference.instruments.get(instrumentId);
  const rule = reference.priceRules.get(instrumentId);
  if (instrument === undefined || rule === undefined) return undefined;
  const { kind, underlying, quoteAsset } = instrument;
  const stable = reference.assets.get(underlying)?.kind === 'stablecoin';
  const listed = { instrumentId, kind, underlying, quoteAsset, stable, rule };
  const option = optionTermsOf(instrument, futures);
  return option === undefined ? listed : { ...listed, option };
};

/**
 * Listings of everything that a round with these instruments looks at: they, whatever has a mark, and every
 * option that a surface prices, quoted or not.
 */
export const listingsFor = (
  views: PricingViews,
  instrumentIds: Iterable<string>,
): ReadonlyMap<string, Listed> => {
  const listings = new Map<string, Listed>();
  const futures = futuresOf(views.reference.instruments.values());
  const add = (id: string): void => {
    const listed = listings.has(id) ? undefined : listedOf(views.reference, id, futures);
    if (listed !== undefined) listings.set(id, listed);
  };
  for (const id of instrumentIds) add(id);
  for (const { mark } of views.quotes.origins()) add(mark.instrumentId);
  for (const instrument of views.reference.instruments.values()) {
    if (instrument.kind !== 'option' || views.settlements.settled(instrument.id) !== undefined) continue;
    const key = surfaceKey(instrument.underlying, priceAssetOf(instrument));
    if (views.volatility.find(key)?.surface !== undefined) add(instrument.id);
  }
  return listings;
};
