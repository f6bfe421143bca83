import { exp } from '@plinth/maths';
import { assetOfKey, type Book } from '../book.ts';
import { optionTerms } from '../instrument-arrays.ts';
import { optionValue, yearsUntil, type OptionSpec, type OptionTerms } from '../option-terms.ts';
import { priceLoadings, type Loading } from '../price-loadings.ts';
import type { RiskModel } from '../risk-model.ts';

/** Volatility per √year beyond which an option is worth its bound anyway. */
const HIGHEST = 25;

/** coefficient · Π mᵤ^power: USD. */
type Term = { coefficient: number; readonly factors: readonly Loading[] };

type OptionLine = Readonly<{
  spec: OptionSpec;
  /** USD per unit of value: quantity · contract size · price of the settlement asset. */
  unit: number;
  terms: OptionTerms;
  years: number;
  mark: number;
  valueNow: number;
  factor: number;
  /** What the forward and the settlement asset move with. */
  forwardLoadings: readonly Loading[];
  settlementLoadings: readonly Loading[];
  /** Place of the volatility factor. */
  volatilityFactor: number;
}>;

/**
 * One account as a function of its factors: log moves of the underlyings' prices, then of the implied
 * volatilities of underlyings with options. What margin calls assets plus unrealised profit, revalued in
 * full: contracts by their form, options by the pricer. Deductions stay what they are.
 */
export class Revaluation {
  /** Underlyings by index, each a factor. */
  readonly underlyings: readonly number[];
  /** Underlyings whose implied volatility is a factor too; their places follow those of the prices. */
  readonly volatile: readonly number[];
  /** Value with nothing moved, USD. */
  readonly now: number;
  readonly #terms: readonly Term[];
  readonly #options: readonly OptionLine[];
  readonly #multiples: Float64Array;

  constructor(model: RiskModel, book: Book, account: number) {
    const lines = linesOf(model, book, account);
    const named = new Set<number>();
    for (const { factors } of lines.terms) for (const { underlying } of factors) named.add(underlying);
    for (const option of lines.options)
      for (const { underlying } of [...option.forwardLoadings, ...option.settlementLoadings])
        named.add(underlying);
    this.underlyings = [...named].sort((a, b) => a - b);
    const place = new Map(this.underlyings.map((u, n) => [u, n]));
    this.volatile = [...new Set(lines.options.map(({ factor }) => factor))].sort((a, b) => a - b);
    const at = (loadings: readonly Loading[]): readonly Loading[] =>
      loadings.map(({ underlying, power }) => ({ underlying: place.get(underlying)!, power }));
    this.#terms = lines.terms.map(({ coefficient, factors }) => ({ coefficient, factors: at(factors) }));
    this.#options = lines.options.map((option) => ({
      ...option,
      forwardLoadings: at(option.forwardLoadings),
      settlementLoadings: at(option.settlementLoadings),
      volatilityFactor: this.underlyings.length + this.volatile.indexOf(option.factor),
    }));
    this.#multiples = new Float64Array(this.underlyings.length + this.volatile.length);
    this.now = this.valueAt(new Float64Array(this.factorCount));
  }

  get factorCount(): number {
    return this.#multiples.length;
  }

  /** True when some value is not a sum of powers of prices. */
  get hasOptions(): boolean {
    return this.#options.length > 0;
  }

  /** USD, at these log moves of the factors. */
  valueAt(moves: Float64Array): number {
    const multiples = this.#multiples;
    for (let n = 0; n < multiples.length; n++) multiples[n] = exp(moves[n]!);
    let value = 0;
    for (const { coefficient, factors } of this.#terms) value += coefficient * product(multiples, factors);
    for (const option of this.#options) value += this.#optionAt(option);
    return value;
  }

  #optionAt({ spec, unit, terms, years, mark, valueNow, ...option }: OptionLine): number {
    const multiples = this.#multiples;
    const free = (terms.forward - terms.fixedForward) * product(multiples, option.forwardLoadings);
    const volatility = Math.min(HIGHEST, terms.volatility * multiples[option.volatilityFactor]!);
    const value = optionValue(spec, terms.fixedForward + free, volatility, years);
    return unit * product(multiples, option.settlementLoadings) * (mark + value - valueNow);
  }
}

const product = (multiples: Float64Array, factors: readonly Loading[]): number => {
  let value = 1;
  for (const { underlying, power } of factors)
    value = power > 0 ? value * multiples[underlying]! : value / multiples[underlying]!;
  return value;
};

const linesOf = (
  model: RiskModel,
  book: Book,
  account: number,
): Readonly<{ terms: readonly Term[]; options: readonly Omit<OptionLine, 'volatilityFactor'>[] }> => {
  const { catalogue, market } = model;
  const loadings = priceLoadings(model);
  const terms = new Map<string, Term>();
  const add = (coefficient: number, ...of: readonly (readonly Loading[])[]): void => {
    const factors = netted(of.flat());
    const key = factors.map(({ underlying, power }) => `${underlying}^${power}`).join();
    const term = terms.get(key);
    if (term === undefined) terms.set(key, { coefficient, factors });
    else term.coefficient += coefficient;
  };
  const options: Omit<OptionLine, 'volatilityFactor'>[] = [];
  const { balances, positions } = book;
  for (let n = 0; n < balances.count[account]!; n++) {
    const row = balances.start[account]! + n;
    const a = assetOfKey(balances.key[row]!);
    add(balances.value[row]! * (market.assets.mark[a] ?? 0), loadings.assets[a]!);
  }
  for (let n = 0; n < positions.count[account]!; n++) {
    const row = positions.start[account]! + n;
    const i = positions.key[row]!;
    const mark = market.instruments.mark[i] ?? 0;
    // A contract without a mark has no value yet, in margin as here.
    if (mark === 0) continue;
    const entry = catalogue.instrumentEntries[i]!;
    const settled = loadings.assets[entry.settlement]!;
    const contracts = positions.value[row]! * entry.spec.contractSize;
    const unit = contracts * (market.assets.mark[entry.settlement] ?? 0);
    if (entry.spec.kind === 'option') {
      options.push(optionLine(model, i, unit, loadings));
      continue;
    }
    const moved = loadings.instruments[i]!;
    const entryPrice = positions.extra[row]!;
    if (entry.spec.kind !== 'spot' && entry.spec.form === 'inverse') {
      add(unit / entryPrice, settled);
      add(-unit / mark, settled, against(moved));
    } else {
      add(unit * mark, settled, moved);
      add(-unit * entryPrice, settled);
    }
  }
  return { terms: [...terms.values()], options };
};

const optionLine = (
  model: RiskModel,
  i: number,
  unit: number,
  loadings: ReturnType<typeof priceLoadings>,
): Omit<OptionLine, 'volatilityFactor'> => {
  const { catalogue, market } = model;
  const entry = catalogue.instrumentEntries[i]!;
  const spec = entry.spec as OptionSpec;
  const terms = optionTerms(model, entry, i);
  const years = yearsUntil(spec.expiryMs, market.atMs);
  // Quoted and paid in one asset it is struck in that asset: its forward rises when the asset falls.
  const struckIn = entry.quote === entry.settlement ? loadings.assets[entry.quote]! : [];
  return {
    spec,
    unit,
    terms,
    years,
    mark: market.instruments.mark[i]!,
    valueNow: optionValue(spec, terms.forward, terms.volatility, years),
    factor: entry.underlying,
    forwardLoadings: netted([{ underlying: entry.underlying, power: 1 }, ...against(struckIn)]),
    settlementLoadings: loadings.assets[entry.settlement]!,
  };
};

const against = (loadings: readonly Loading[]): readonly Loading[] =>
  loadings.map(({ underlying, power }) => ({ underlying, power: power === 1 ? -1 : 1 }));

/** The same product with a move and its inverse cancelled, in the order of underlyings. */
const netted = (loadings: readonly Loading[]): readonly Loading[] => {
  const powers = new Map<number, number>();
  for (const { underlying, power } of loadings) powers.set(underlying, (powers.get(underlying) ?? 0) + power);
  return [...powers]
    .sort(([a], [b]) => a - b)
    .flatMap(([underlying, power]) =>
      Array.from({ length: Math.abs(power) }, (): Loading => ({ underlying, power: power > 0 ? 1 : -1 })),
    );
};
