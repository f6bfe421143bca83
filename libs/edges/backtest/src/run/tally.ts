import type { DrawnBook } from '../books/drawn-book.ts';
import { STYLES, type Style } from '../books/styles.ts';
import type { Line } from '../data/series.ts';
import type { HouseJudged, Part } from '../models/house.ts';
import { PARTS } from '../models/house.ts';
import type { Judged } from '../models/judged.ts';
import { CoverageCount, ScaleToGoal } from './coverage.ts';
import type { CoverageRow, PartRow, RefusalRow, VenueRow } from './figures.ts';
import type { Sample } from './sample.ts';

type GoalRow = Omit<CoverageRow, 'safeScale' | 'houseOverAsSafe'>;

/**
 * A model is used for all books, so it is as safe as its worst style: the one factor that covers the goal in
 * every style it margins, of the model and of the house on the same styles.
 */
const withSafeScale = (rows: readonly GoalRow[]): readonly CoverageRow[] =>
  rows.map((row) => {
    const styles = rows.filter(
      ({ model, style, maintenance }) => model === row.model && style !== 'all' && maintenance.books > 0,
    );
    const safeScale = Math.max(...styles.map(({ scaleToGoal }) => scaleToGoal));
    const house = Math.max(...styles.map(({ houseScaleToGoal }) => houseScaleToGoal));
    return { ...row, safeScale, houseOverAsSafe: (row.houseOverForPrices * house) / safeScale };
  });

/** Sums of a model's and the house's requirement over the same books, as shares of their sizes. */
class Ratio {
  #house = 0;
  #model = 0;
  books = 0;

  add(house: number, model: number, size: number): void {
    if (Number.isNaN(model)) return;
    this.#house += house / size;
    this.#model += model / size;
    this.books++;
  }

  get value(): number {
    return this.#model > 0 ? this.#house / this.#model : NaN;
  }
}

class Cell {
  readonly within = new CoverageCount();
  readonly atEnd = new CoverageCount();
  readonly initial = new CoverageCount();
  /** The house on the books that the model margins. */
  readonly house = new CoverageCount();
  readonly ratio = new Ratio();
  readonly initialRatio = new Ratio();
  /** Of what is asked for moves of prices. */
  readonly priceRatio = new Ratio();
  /** Factors to the goal, of the model and of the house on the same books. */
  readonly scale: ScaleToGoal;
  readonly houseScale: ScaleToGoal;

  constructor(goal: number) {
    this.scale = new ScaleToGoal(goal);
    this.houseScale = new ScaleToGoal(goal);
  }
}

/** Adds up books, model by model, style by style, scope by scope. */
export class Tally {
  readonly #cells = new Map<string, Cell>();
  readonly #venues = new Map<string, Readonly<{ maintenance: Ratio; initial: Ratio }>>();
  readonly #parts = new Map<Style, { books: number; asked: number; parts: Record<Part, number> }>();
  readonly #refusals = new Map<string, number>();
  readonly #models: string[] = [];
  readonly #goal: number;

  constructor(goal: number) {
    this.#goal = goal;
  }

  /** Without `isSummed` a data set is shown by itself alone. */
  add(
    sample: Sample,
    scopes: readonly string[],
    house: HouseJudged,
    models: readonly Judged[],
    isSummed: boolean,
  ): void {
    for (const { model } of models) if (!this.#models.includes(model)) this.#models.push(model);
    sample.books.forEach((book, n) => {
      if (isSummed) this.#addParts(book, n, sample, house);
      for (const judged of models) {
        for (const scope of scopes)
          for (const style of [book.style, 'all'] as const)
            addBook(this.#cell(scope, style, judged.model), sample, book, n, house, judged);
        if (isSummed && isAcrossVenues(sample, book)) this.#addVenues(book, n, sample, house, judged);
      }
    });
    for (const { model, refusals } of models)
      for (const [reason, books] of refusals) {
        const key = `${model}\n${reason}`;
        this.#refusals.set(key, (this.#refusals.get(key) ?? 0) + books);
      }
  }

  #cell(scope: string, style: Style | 'all', model: string): Cell {
    const key = `${scope}\n${style}\n${model}`;
    const cell = this.#cells.get(key) ?? new Cell(this.#goal);
    this.#cells.set(key, cell);
    return cell;
  }

  #addParts({ style }: DrawnBook, n: number, { gross }: Sample, { maintenance, parts }: HouseJudged): void {
    const sum = this.#parts.get(style) ?? {
      books: 0,
      asked: 0,
      parts: { scan: 0, basis: 0, shortOption: 0, concentration: 0, venueCredit: 0, coverage: 0 },
    };
    this.#parts.set(style, sum);
    const size = gross[n] as number;
    sum.books++;
    sum.asked += (maintenance[n] as number) / size;
    for (const part of PARTS) sum.parts[part] += (parts[part][n] as number) / size;
  }

  #addVenues({ style }: DrawnBook, n: number, { gross }: Sample, house: Judged, judged: Judged): void {
    if (judged.model === house.model) return;
    const key = `${style}\n${judged.model}`;
    const ratios = this.#venues.get(key) ?? { maintenance: new Ratio(), initial: new Ratio() };
    this.#venues.set(key, ratios);
    for (const kind of ['maintenance', 'initial'] as const)
      ratios[kind].add(house[kind][n] as number, judged[kind][n] as number, gross[n] as number);
  }

  rows(scopes: readonly string[]): readonly CoverageRow[] {
    return scopes.flatMap((scope) => withSafeScale(this.#rowsOf(scope)));
  }

  #rowsOf(scope: string): readonly GoalRow[] {
    return [...STYLES, 'all' as const].flatMap((style) =>
      this.#models.flatMap((model) => {
        const cell = this.#cells.get(`${scope}\n${style}\n${model}`);
        return cell === undefined ? [] : [rowOf(cell, scope, style, model)];
      }),
    );
  }

  venues(): readonly VenueRow[] {
    return [...this.#venues].flatMap(([key, { maintenance, initial }]) => {
      const [style, model] = key.split('\n') as [Style, string];
      if (maintenance.books === 0) return [];
      const directional = this.#directional(model);
      const { books } = maintenance;
      return [{ style, model, books, maintenance: maintenance.value, initial: initial.value, directional }];
    });
  }

  /** Share of long and short books, over everything, that a model covers. */
  #directional(model: string): number {
    const results = (['long', 'short'] as const).map(
      (style) => this.#cell('all', style, model).within.result,
    );
    const books = results.reduce((sum, result) => sum + result.books, 0);
    return results.reduce((sum, { covered }) => sum + covered, 0) / books;
  }

  parts(): readonly PartRow[] {
    return STYLES.flatMap((style) => {
      const sum = this.#parts.get(style);
      if (sum === undefined) return [];
      const share = (value: number): number => value / sum.books;
      const { scan, basis, shortOption, concentration, venueCredit, coverage } = sum.parts;
      const parts = {
        scan: share(scan),
        basis: share(basis),
        shortOption: share(shortOption),
        concentration: share(concentration),
        venueCredit: share(venueCredit),
        coverage: share(coverage),
      };
      return [{ style, requirement: share(sum.asked), parts }];
    });
  }

  refusals(): readonly RefusalRow[] {
    return [...this.#refusals].map(([key, books]) => {
      const [model = '', reason = ''] = key.split('\n');
      return { model, reason, books };
    });
  }
}

const isAcrossVenues = ({ history }: Sample, { legs, options }: DrawnBook): boolean =>
  new Set([
    ...legs.map(({ line }) => (history.lines[line] as Line).venue),
    ...options.map(({ venue }) => venue),
  ]).size > 1;

const addBook = (
  cell: Cell,
  { history, gross, worst, atEnd }: Sample,
  { step }: DrawnBook,
  n: number,
  house: Judged,
  judged: Judged,
): void => {
  const { maintenance, initial, unwinding } = judged;
  const size = gross[n] as number;
  const moment = `${history.name} ${step}`;
  const kept = unwinding[n] as number;
  const [asked, askedFirst] = [maintenance[n] as number, initial[n] as number];
  cell.within.add(worst[n] as number, asked, asked - kept, size, moment);
  const own = Number.isNaN(asked) ? NaN : (house.maintenance[n] as number);
  cell.house.add(worst[n] as number, own, own - (house.unwinding[n] as number), size, moment);
  if (!Number.isNaN(asked)) {
    const [of, ofHouse] = [forPrices(judged, n), forPrices(house, n)];
    cell.scale.add(worst[n] as number, of);
    cell.houseScale.add(worst[n] as number, ofHouse);
    cell.priceRatio.add(ofHouse, of, size);
  }
  cell.atEnd.add(atEnd[n] as number, asked, asked - kept, size, moment);
  cell.initial.add(worst[n] as number, askedFirst, askedFirst - kept, size, moment);
  cell.ratio.add(house.maintenance[n] as number, asked, size);
  cell.initialRatio.add(house.initial[n] as number, askedFirst, size);
};

/** What is asked for moves of prices alone: all that others ask for is that. */
const forPrices = ({ maintenance, unwinding, placement }: Judged, n: number): number =>
  (maintenance[n] as number) - (unwinding[n] as number) - (placement[n] as number);

const rowOf = (cell: Cell, scope: string, style: Style | 'all', model: string): GoalRow => ({
  scope,
  style,
  model,
  maintenance: cell.within.result,
  shareAtEnd: cell.atEnd.result.share,
  shareInitial: cell.initial.result.share,
  houseShare: cell.house.result.share,
  houseOver: cell.ratio.value,
  houseOverInitial: cell.initialRatio.value,
  scaleToGoal: cell.scale.factor,
  houseScaleToGoal: cell.houseScale.factor,
  houseOverForPrices: cell.priceRatio.value,
  houseOverAtGoal: (cell.priceRatio.value * cell.houseScale.factor) / cell.scale.factor,
});
