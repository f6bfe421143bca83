import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Book } from './book.ts';
import { Catalogue } from './catalogue.ts';
import { FIGURES, type Figure } from './figures.ts';
import { marginOf } from './margin.ts';
import { MarginKernel } from './margin-kernel.ts';
import { MarketState } from './market-state.ts';
import type { OptionTerms } from './option-terms.ts';
import { riskParameters, type RiskParameters } from './parameters.ts';
import { RiskModel } from './risk-model.ts';
import type {
  AccountContent,
  AssetSpec,
  InstrumentSpec,
  LocationSpec,
  MarkInput,
  UnwindCurve,
  UnwindSide,
} from './types.ts';

type Golden = Readonly<{
  parameters: RiskParameters;
  assets: readonly AssetSpec[];
  locations: readonly LocationSpec[];
  instruments: readonly InstrumentSpec[];
  worlds: readonly Readonly<{
    market: Readonly<{
      assets: Record<string, MarkInput>;
      instruments: Record<string, MarkInput>;
      volatilities: Record<string, number>;
      assetVolatilities: Record<string, number>;
      options: Record<string, OptionTerms>;
      atMs: number;
      curves: readonly (UnwindCurve &
        Readonly<{ line: 'asset' | 'instrument'; id: string; side: UnwindSide }>)[];
    }>;
    cases: readonly Readonly<{ content: AccountContent; figures: Record<Figure, number> }>[];
  }>[];
}>;

const golden = JSON.parse(readFileSync(new URL('../golden/margin.json', import.meta.url), 'utf8')) as Golden;

const kernelOf = (world: Golden['worlds'][number]): Readonly<{ kernel: MarginKernel; book: Book }> => {
  const catalogue = new Catalogue();
  golden.assets.forEach((spec) => catalogue.addAsset(spec));
  golden.locations.forEach((spec) => catalogue.addLocation(spec));
  golden.instruments.forEach((spec) => catalogue.addInstrument(spec));
  const market = new MarketState(catalogue);
  for (const [id, mark] of Object.entries(world.market.assets)) market.setAssetPrice(id, mark);
  for (const [id, mark] of Object.entries(world.market.instruments)) market.setInstrumentMark(id, mark);
  for (const [id, value] of Object.entries(world.market.volatilities)) market.setVolatility(id, value);
  for (const [id, value] of Object.entries(world.market.assetVolatilities))
    market.setAssetVolatility(id, value);
  for (const [id, terms] of Object.entries(world.market.options)) market.setOptionTerms(id, terms);
  market.setTime(world.market.atMs);
  for (const { line, id, side, ...curve } of world.market.curves)
    market.setUnwindCurve(line, id, side, curve);
  const model = new RiskModel(riskParameters(golden.parameters), catalogue, market);
  return { kernel: new MarginKernel(model), book: new Book(catalogue) };
};

describe('figures against an independent implementation', () => {
  golden.worlds.forEach((world, w) => {
    const { kernel, book } = kernelOf(world);
    world.cases.forEach(({ content, figures }, n) => {
      it(`world ${w}, book ${n}, ${content.positions.length} positions`, () => {
        const account = book.addAccount(`${w}/${n}`);
        book.load(account, content);
        const report = marginOf(kernel, book, account);
        const size = 1 + figures.grossNotional + Math.abs(figures.assets);
        for (const name of FIGURES) {
          const error = Math.abs(report.figures[name] - figures[name]);
          if (!(error <= 1e-12 * size))
            throw new Error(`${name}: expected ${figures[name]}, was ${report.figures[name]}`);
        }
      });
    });
  });

  it('covers every charge', () => {
    for (const name of FIGURES) {
      const charged = golden.worlds.flatMap((world) => world.cases).filter((c) => c.figures[name] !== 0);
      expect([name, charged.length > 3]).toEqual([name, true]);
    }
  });
});
