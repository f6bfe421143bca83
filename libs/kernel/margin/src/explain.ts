import { assetOfKey, Book, locationOfKey } from './book.ts';
import { HOUSE } from './catalogue.ts';
import { unwindCost } from './contingencies/concentration.ts';
import { explained, leaf, type Explanation } from './explanation.ts';
import * as at from './figures.ts';
import { haircutOf } from './haircut.ts';
import type { MarginKernel } from './margin-kernel.ts';
import type { AccountContent } from './types.ts';

export type ExplainedFigure = 'equity' | 'maintenance' | 'initial';

const PLACE: Readonly<Record<ExplainedFigure, number>> = {
  equity: at.EQUITY,
  maintenance: at.MAINTENANCE,
  initial: at.INITIAL,
};

/**
 * Euler decomposition (finance §6.6): each scan measure is linear in the book at its binding scenario, so each line's
 * loss there is its share; charges go to the lines and places that cause them.
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

/** Reads the arrays of the valuation just made. */
class Teller {
  readonly #kernel: MarginKernel;
  readonly #book: Book;
  readonly #account: number;

  constructor(kernel: MarginKernel, book: Book, account: number) {
    this.#kernel = kernel;
    this.#book = book;
    this.#account = account;
  }

  equity(): Explanation {
    const { figures, scratch, model } = this.#kernel;
    const { arrays, catalogue } = model;
    const balances = this.#balanceRows().map(({ asset, location, amount }) => {
      const place = catalogue.locations.ids[location]!;
      const label =
        place === HOUSE
          ? `debt ${catalogue.assets.ids[asset]}`
          : `${catalogue.assets.ids[asset]} at ${place}`;
      return leaf(label, amount * arrays.assetPrice[asset]!);
    });
    const profits = this.#positionRows().map(({ i, id }) =>
      leaf(
        id,
        this.#kernel.profitOf(i.instrument, i.quantity, i.entry) *
          arrays.assetPrice[arrays.settlement[i.instrument]!]!,
      ),
    );
    const assets = [...scratch.assets.subarray(0, scratch.assetCount)];
    const haircuts = assets
      .filter((a) => arrays.assetUnderlying[a]! < 0)
      .map((a) => {
        const worth = Math.abs(scratch.owned[a]!) * arrays.assetPrice[a]!;
        return leaf(catalogue.assets.ids[a]!, -haircutOf(arrays, a, worth) * worth);
      });
    const costs = assets
      .filter((a) => arrays.assetUnderlying[a]! >= 0)
      .map((a) => leaf(catalogue.assets.ids[a]!, -this.#assetCost(a)));
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
      explained('basis', figures[at.BASIS]!, this.#basis()),
      explained('concentration', figures[at.CONCENTRATION]!, this.#concentration()),
      explained('venue credit', figures[at.VENUE_CREDIT]!, this.#credit()),
      leaf('liquidity coverage', figures[initial ? at.INITIAL_COVERAGE : at.COVERAGE]!),
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
    const { scratch, model } = this.#kernel;
    const column = this.#binding(scratch.total, 0, initial);
    const { all } = model.parameters.blend;
    return [
      () => {
        const lines = this.#touchedUnderlyings().flatMap((u) => this.#lines(u, column, all));
        return explained(this.#scenario(column), all * this.#loss(scratch.total, 0, column), lines);
      },
    ];
  }

  #groups(initial: boolean): (() => Explanation)[] {
    const { scratch, model } = this.#kernel;
    const weight = model.parameters.blend.group;
    return [...scratch.groups.subarray(0, scratch.groupCount)].map((g) => () => {
      const column = this.#binding(scratch.byGroup, g, initial);
      const members = this.#touchedUnderlyings().filter((u) => model.underlyingGroups[u] === g);
      const label = `${model.groups.ids[g]}: ${this.#scenario(column)}`;
      const lines = members.flatMap((u) => this.#lines(u, column, weight));
      return explained(label, weight * this.#loss(scratch.byGroup, g, column), lines);
    });
  }

  #own(initial: boolean): (() => Explanation)[] {
    const { scratch, model } = this.#kernel;
    const weight = model.parameters.blend.own;
    return this.#touchedUnderlyings().map((u) => () => {
      const column = this.#binding(scratch.byUnderlying, u, initial);
      const label = `${model.catalogue.underlyings.ids[u]}: ${this.#scenario(column)}`;
      const lines = this.#lines(u, column, weight);
      return explained(label, weight * this.#loss(scratch.byUnderlying, u, column), lines);
    });
  }

  /** Weighted loss of every line of one underlying in one column. */
  #lines(u: number, column: number, weight: number): Explanation[] {
    const { scratch, model } = this.#kernel;
    const { arrays, catalogue, width } = model;
    const assets = [...scratch.assets.subarray(0, scratch.assetCount)]
      .filter((a) => arrays.assetUnderlying[a] === u)
      .map((a) =>
        leaf(
          `${catalogue.assets.ids[a]} with profits and quote legs`,
          -weight * scratch.net[a]! * arrays.assetRows[2 * a * width + column]!,
        ),
      );
    const positions = this.#positionRows()
      .filter(({ i }) => arrays.underlying[i.instrument] === u)
      .map(({ i, id }) => leaf(id, -weight * i.quantity * arrays.rows[2 * i.instrument * width + column]!));
    return [...positions, ...assets];
  }

  #basis(): Explanation[] {
    const { scratch, model } = this.#kernel;
    return this.#touchedUnderlyings().map((u) =>
      leaf(
        `${model.catalogue.underlyings.ids[u]} matched`,
        model.underlyingParameters[u]!.basisRate * Math.min(scratch.long[u]!, scratch.short[u]!),
      ),
    );
  }

  #concentration(): Explanation[] {
    const { arrays, parameters } = this.#kernel.model;
    return this.#positionRows().map(({ i, id }) => {
      const curve = i.quantity > 0 ? arrays.sell[i.instrument] : arrays.buy[i.instrument];
      const cap = parameters.concentration.maxCostFraction;
      const unit = arrays.notional[i.instrument]!;
      return leaf(id, unwindCost(curve, i.quantity, unit, arrays.impact[i.instrument]!, cap));
    });
  }

  #credit(): Explanation[] {
    const { scratch, model } = this.#kernel;
    return [...scratch.places.subarray(0, scratch.placeCount)].map((place) =>
      leaf(
        model.catalogue.locations.ids[place]!,
        Math.max(0, scratch.equityAt[place]!) * model.arrays.venueCredit[place]!,
      ),
    );
  }

  #assetCost(a: number): number {
    const { scratch, model } = this.#kernel;
    const { arrays, parameters } = model;
    const held = scratch.held[a]!;
    const curve = held > 0 ? arrays.assetSell[a] : arrays.assetBuy[a];
    const cap = parameters.concentration.maxCostFraction;
    return unwindCost(curve, held, arrays.assetPrice[a]!, arrays.assetImpact[a]!, cap);
  }

  #touchedUnderlyings(): number[] {
    const { scratch } = this.#kernel;
    return [...scratch.underlyings.subarray(0, scratch.underlyingCount)];
  }

  #binding(table: Float64Array, row: number, initial: boolean): number {
    const { scratch, model } = this.#kernel;
    const { width } = model;
    return scratch.lowestColumn(table, row, initial ? width : 0, initial ? 2 * width : width);
  }

  #loss(table: Float64Array, row: number, column: number): number {
    return 0 - table[2 * row * this.#kernel.model.width + column]!;
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
 * Leave-one-out (finance §6.6): what the figure would lose if one position, balance or debt were not there. Lines that
 * hedge one another show negative shares; `interaction` is what belongs to no line alone.
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
