import { assetOfKey, Book, locationOfKey } from './book.ts';
import { HOUSE } from './catalogue.ts';
import { basisOf } from './contingencies/basis.ts';
import { shortOptionOf } from './contingencies/options.ts';
import { venueCreditOf } from './contingencies/venue-credit.ts';
import type { CompiledCurve } from './cost-curve.ts';
import { assetCost, positionCost, profitOf } from './equity.ts';
import { explained, leaf, type Explanation } from './explanation.ts';
import * as at from './figures.ts';
import { haircutOf } from './haircut.ts';
import type { MarginKernel } from './margin-kernel.ts';
import { lowestColumn, type ProfitVectors, vectorsOf } from './scan.ts';
import { ASSET_HELD } from './work-layout.ts';
import type { AccountContent } from './types.ts';

export type ExplainedFigure = 'equity' | 'maintenance' | 'initial';

const PLACE: Readonly<Record<ExplainedFigure, number>> = {
  equity: at.EQUITY,
  maintenance: at.MAINTENANCE,
  initial: at.INITIAL,
};

/**
 * Euler decomposition (finance §6.6): each scan measure is linear in the book at its binding scenario, so
 * each line's loss there is its share; charges go to the lines and places that cause them.
 */
export const explainMargin = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  figure: ExplainedFigure,
): Explanation => {
  kernel.model.refresh();
  kernel.value(book, account);
  const teller = new Teller(kernel, book, account);
  return figure === 'equity' ? teller.equity() : teller.requirement(figure);
};

/** What a cost of unwinding is taken from: the books where their depth is known. */
const by = (curve: CompiledCurve | undefined): string =>
  curve === undefined ? ' by the law of impact' : ' through its books';

/** Reads the arrays of the valuation just made. */
class Teller {
  readonly #kernel: MarginKernel;
  readonly #book: Book;
  readonly #account: number;
  readonly #vectors: ProfitVectors;

  constructor(kernel: MarginKernel, book: Book, account: number) {
    this.#kernel = kernel;
    this.#book = book;
    this.#account = account;
    this.#vectors = vectorsOf(kernel.model, kernel.scratch);
  }

  equity(): Explanation {
    const { figures, scratch, model } = this.#kernel;
    const { assets: lines, catalogue } = model;
    const balances = this.#balanceRows().map(({ asset, location, amount }) => {
      const place = catalogue.locations.ids[location]!;
      const label =
        place === HOUSE
          ? `debt ${catalogue.assets.ids[asset]}`
          : `${catalogue.assets.ids[asset]} at ${place}`;
      return leaf(label, amount * lines.price[asset]!);
    });
    const profits = this.#positionRows().map(({ i, id }) =>
      leaf(
        id,
        profitOf(this.#kernel.model, i.instrument, i.quantity, i.entry) *
          model.assets.price[model.instruments.settlement[i.instrument]!]!,
      ),
    );
    const assets = [...scratch.assets.subarray(0, scratch.assetCount)];
    const haircuts = assets
      .filter((a) => lines.underlying[a]! < 0)
      .map((a) => {
        const worth = Math.abs(scratch.ownedOf(a)) * lines.price[a]!;
        return leaf(catalogue.assets.ids[a]!, -haircutOf(lines, a, worth) * worth);
      });
    const costs = assets
      .filter((a) => lines.underlying[a]! >= 0)
      .map((a) => {
        const held = scratch.assetSum(a, ASSET_HELD);
        const curve = held > 0 ? lines.sell[a] : lines.buy[a];
        return leaf(`${catalogue.assets.ids[a]}${by(curve)}`, -assetCost(model, a, held));
      });
    return explained('equity', figures[at.EQUITY]!, [
      explained('assets less debts, at mark', figures[at.ASSETS]!, balances),
      explained('unrealised profit', figures[at.UNREALISED]!, profits),
      explained('haircuts', -figures[at.HAIRCUTS]!, haircuts),
      explained('cost of unwinding collateral', -figures[at.COLLATERAL_CONCENTRATION]!, costs),
    ]);
  }

  requirement(figure: 'maintenance' | 'initial'): Explanation {
    const { figures } = this.#kernel;
    const initial = figure === 'initial';
    const parts = [
      this.#scan(initial),
      explained('basis', figures[initial ? at.INITIAL_BASIS : at.BASIS]!, this.#basis(initial)),
      explained('concentration', figures[at.CONCENTRATION]!, this.#concentration()),
      explained('venue credit', figures[at.VENUE_CREDIT]!, this.#credit()),
      explained(
        'short options',
        figures[initial ? at.INITIAL_SHORT_OPTION : at.SHORT_OPTION]!,
        this.#shortOptions(initial),
      ),
      leaf(this.#coverageLabel(), figures[initial ? at.INITIAL_COVERAGE : at.COVERAGE]!),
    ];
    if (initial) parts.push(leaf('conservative prices', figures[at.PRICE_BAND]!));
    return explained(figure, figures[PLACE[figure]]!, parts);
  }

  #scan(initial: boolean): Explanation {
    const { figures, model } = this.#kernel;
    const { blend } = model.parameters;
    const [all, group, own, scan] = initial
      ? [at.INITIAL_SCAN_ALL, at.INITIAL_SCAN_GROUP, at.INITIAL_SCAN_OWN, at.INITIAL_SCAN]
      : [at.SCAN_ALL, at.SCAN_GROUP, at.SCAN_OWN, at.SCAN];
    return explained('scan', figures[scan]!, [
      this.#measure('whole book', blend.all, figures[all]!, this.#whole(initial)),
      this.#measure('each group', blend.group, figures[group]!, this.#groups(initial)),
      this.#measure('each underlying', blend.own, figures[own]!, this.#own(initial)),
    ]);
  }

  #measure(label: string, weight: number, value: number, parts: readonly (() => Explanation)[]): Explanation {
    // A measure without weight has no part in the figure, and neither have its lines.
    if (weight === 0) return leaf(label, 0);
    return explained(
      `${label}, weight ${weight}`,
      weight * value,
      parts.map((part) => part()),
    );
  }

  #whole(initial: boolean): (() => Explanation)[] {
    const { model } = this.#kernel;
    const weight = model.parameters.blend.all;
    return [
      () => {
        const { column, loss } = this.#bound(this.#vectors.total, initial);
        const lines = this.#touchedUnderlyings().flatMap((u) => this.#lines(u, column, weight));
        return explained(this.#scenario(column), weight * loss, lines);
      },
    ];
  }

  #groups(initial: boolean): (() => Explanation)[] {
    const { model } = this.#kernel;
    const weight = model.parameters.blend.group;
    return [...this.#vectors.groups].map(([g, row]) => () => {
      const { column, loss } = this.#bound(row, initial);
      const members = this.#touchedUnderlyings().filter((u) => model.underlyingGroups[u] === g);
      const lines = members.flatMap((u) => this.#lines(u, column, weight));
      return explained(`${model.groups.ids[g]}: ${this.#scenario(column)}`, weight * loss, lines);
    });
  }

  #own(initial: boolean): (() => Explanation)[] {
    const { model } = this.#kernel;
    const weight = model.parameters.blend.own;
    return [...this.#vectors.underlyings].map(([u, row]) => () => {
      const { column, loss } = this.#bound(row, initial);
      const label = `${model.catalogue.underlyings.ids[u]}: ${this.#scenario(column)}`;
      return explained(label, weight * loss, this.#lines(u, column, weight));
    });
  }

  /** Weighted loss of every line of one underlying in one column. */
  #lines(u: number, column: number, weight: number): Explanation[] {
    const { scratch, model } = this.#kernel;
    const { arrays, assets, instruments, catalogue, width } = model;
    const gain = (shape: number): number => arrays.shapes[2 * shape * width + column]!;
    const positions = this.#positionRows()
      .filter(({ i }) => instruments.underlying[i.instrument] === u)
      .map(({ i, id }) => {
        const exposure = i.quantity * instruments.notional[i.instrument]!;
        return leaf(id, -weight * exposure * gain(arrays.ofInstrument[i.instrument]!));
      });
    const held = [...scratch.assets.subarray(0, scratch.assetCount)]
      .filter((a) => assets.underlying[a] === u)
      .map((a) => {
        const label = `${catalogue.assets.ids[a]} with profits and quote legs`;
        return leaf(label, -weight * scratch.netOf(a) * assets.price[a]! * gain(arrays.ofUnderlying[u]!));
      });
    return [...positions, ...held];
  }

  #basis(initial: boolean): Explanation[] {
    const { scratch, model } = this.#kernel;
    return this.#touchedUnderlyings().map((u, n) =>
      leaf(
        `${model.catalogue.underlyings.ids[u]}: lines apart, above its scenarios`,
        basisOf(model, scratch, n, initial),
      ),
    );
  }

  #concentration(): Explanation[] {
    const { model } = this.#kernel;
    return this.#positionRows().map(({ i, id }) => {
      const { sell, buy } = model.instruments;
      const curve = (i.quantity > 0 ? sell : buy)[i.instrument];
      return leaf(`${id}${by(curve)}`, positionCost(model, i.instrument, i.quantity));
    });
  }

  #credit(): Explanation[] {
    const { scratch, model } = this.#kernel;
    return [...scratch.places.subarray(0, scratch.placeCount)].map((place) =>
      leaf(model.catalogue.locations.ids[place]!, venueCreditOf(model.places.credit, scratch, place)),
    );
  }

  #shortOptions(initial: boolean): Explanation[] {
    const { scratch, model } = this.#kernel;
    return this.#touchedUnderlyings().map((u, n) =>
      leaf(
        `${model.catalogue.underlyings.ids[u]}: least for short options, above scenarios and basis`,
        shortOptionOf(model, scratch, n, initial),
      ),
    );
  }

  /** What each venue was taken to ask by: its rulebook, or the flat share for what that does not margin. */
  #coverageLabel(): string {
    const { places, positions, instruments, catalogue } = this.#kernel.model;
    if (!places.hasRules) return 'liquidity coverage';
    const sources = this.#positionRows().map(({ i }) => {
      const venue = instruments.venue[i.instrument]!;
      const by = positions.isRuled[i.instrument] === 1 ? places.rules[venue]!.name : 'its flat share';
      return `${catalogue.locations.ids[venue]} by ${by}`;
    });
    const named = [...new Set(sources)].sort();
    return named.length === 0 ? 'liquidity coverage' : `liquidity coverage (${named.join(', ')})`;
  }

  #touchedUnderlyings(): number[] {
    const { scratch } = this.#kernel;
    return [...scratch.underlyings.subarray(0, scratch.underlyingCount)];
  }

  #bound(row: Float64Array, initial: boolean): Readonly<{ column: number; loss: number }> {
    const { width } = this.#kernel.model;
    const column = lowestColumn(row, initial ? width : 0, initial ? 2 * width : width);
    return { column, loss: 0 - row[column]! };
  }

  #scenario(column: number): string {
    const { columns, scenarios, width } = this.#kernel.model;
    return scenarios[columns.first[column % width]!]!.id;
  }

  #positionRows(): { id: string; i: { instrument: number; quantity: number; entry: number } }[] {
    const { positions, catalogue } = this.#book;
    const from = positions.start[this.#account]!;
    return Array.from({ length: positions.count[this.#account]! }, (_, n) => {
      const instrument = positions.key[from + n]!;
      const quantity = positions.value[from + n]!;
      const id = catalogue.instruments.ids[instrument]!;
      return { id, i: { instrument, quantity, entry: positions.extra[from + n]! } };
    });
  }

  #balanceRows(): { asset: number; location: number; amount: number }[] {
    const { balances } = this.#book;
    const from = balances.start[this.#account]!;
    return Array.from({ length: balances.count[this.#account]! }, (_, n) => {
      const key = balances.key[from + n]!;
      return { asset: assetOfKey(key), location: locationOfKey(key), amount: balances.value[from + n]! };
    });
  }
}

/**
 * Leave-one-out (finance §6.6): what the figure would lose if one position, balance or debt were not there.
 * Lines that hedge one another show negative shares; `interaction` is what belongs to no line alone.
 */
export const explainLeaveOneOut = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  figure: ExplainedFigure,
): Explanation => {
  kernel.model.refresh();
  const value = kernel.value(book, account)[PLACE[figure]]!;
  const content = book.read(account);
  const alone = new Book(book.catalogue);
  const own = alone.addAccount('leave-one-out');
  const share = (label: string, rest: AccountContent): Explanation => {
    alone.load(own, rest);
    return leaf(label, value - kernel.value(alone, own)[PLACE[figure]]!);
  };
  const { positions, balances, debts } = content;
  return explained(
    `${figure}, leaving one out`,
    value,
    [
      ...positions.map((p) =>
        share(p.instrument, { ...content, positions: positions.filter((o) => o !== p) }),
      ),
      ...balances.map((b) =>
        share(`${b.asset} at ${b.location}`, { ...content, balances: balances.filter((o) => o !== b) }),
      ),
      ...debts.map((d) => share(`debt ${d.asset}`, { ...content, debts: debts.filter((o) => o !== d) })),
    ],
    'interaction',
  );
};
