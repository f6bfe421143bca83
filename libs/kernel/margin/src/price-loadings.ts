import { MarketState } from './market-state.ts';
import type { RiskModel } from './risk-model.ts';
import { movePrices } from './what-if.ts';

/** An underlying by index, and whether the price moves with it (1) or against it (−1). */
export type Loading = Readonly<{ underlying: number; power: 1 | -1 }>;

/** Which underlyings each price moves with: asset prices first, then marks of instruments. */
export type PriceLoadings = Readonly<{
  assets: readonly (readonly Loading[])[];
  instruments: readonly (readonly Loading[])[];
}>;

/**
 * Read off `movePrices` itself, by doubling one underlying after the other: there is one rule of what moves
 * with what. Options' own marks are left out: they are revalued, not scaled.
 */
export const priceLoadings = (model: RiskModel): PriceLoadings => {
  const { catalogue } = model;
  const assets = catalogue.assetSpecs.map((): Loading[] => []);
  const instruments = catalogue.instrumentEntries.map((): Loading[] => []);
  const flat = flatMarket(model);
  catalogue.underlyings.ids.forEach((id, underlying) => {
    const market = flat.copy();
    movePrices(model, market, { underlying: id, fraction: 1 });
    const read = (rows: Loading[][], marks: Float64Array): void =>
      rows.forEach((loadings, index) => {
        if (marks[index] === 2) loadings.push({ underlying, power: 1 });
        if (marks[index] === 0.5) loadings.push({ underlying, power: -1 });
      });
    read(assets, market.assets.mark);
    read(instruments, market.instruments.mark);
  });
  return { assets, instruments };
};

/** Every price 1: what is doubled or halved shows exactly. */
const flatMarket = ({ catalogue }: RiskModel): MarketState => {
  const market = new MarketState(catalogue);
  const one = { mark: 1, low: 1, high: 1, state: 'live' } as const;
  catalogue.assets.ids.forEach((_, index) => market.assets.set('assets', index, one));
  catalogue.instrumentEntries.forEach((_, index) => market.instruments.set('instruments', index, one));
  return market;
};
