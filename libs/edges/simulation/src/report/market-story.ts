import type { Envelope } from '@plinth/eventing';
import { FIGURES } from '@plinth/margin';
import { NUMERAIRE } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { PortfolioView } from '@plinth/portfolio';
import type { BookSample, EfficiencyMoment, PricePath } from './figures.ts';
import { MarginComparison } from './margin-comparison.ts';
import { EvenSamples } from './sampling.ts';

/** At most twice as many points stand in a chart. */
const POINTS = 240;

const [EQUITY, INITIAL, MAINTENANCE, NOTIONAL] = (
  ['equity', 'initial', 'maintenance', 'grossNotional'] as const
).map((figure) => FIGURES.indexOf(figure)) as [number, number, number, number];

type Path = { first: number; lowest: number; highest: number; last: number };
type Prices = Readonly<{ atMs: number; prices: ReadonlyMap<string, number> }>;

/**
 * Prices and the margin of the whole book over time, and what netting was worth at the moments that matter.
 */
export class MarketStory {
  readonly view = new PortfolioView();
  readonly #styles: ReadonlyMap<string, readonly string[]>;
  readonly #paths = new Map<string, Path>();
  readonly #prices = new EvenSamples<Prices>(POINTS);
  readonly #book = new EvenSamples<BookSample>(POINTS);
  #comparison: MarginComparison | undefined;
  #hasLiquidated = false;
  #leastCover = Infinity;
  #before: EfficiencyMoment | undefined;
  #worst: EfficiencyMoment | undefined;
  startMs = 0;
  endMs = 0;
  rounds = 0;

  constructor(styles: ReadonlyMap<string, readonly string[]>) {
    this.#styles = styles;
  }

  apply(event: Envelope): void {
    this.view.apply(event);
    if (event.type === 'LiquidationRequested') this.#hasLiquidated = true;
    if (event.type === 'MarksPublished') this.#round(event.data);
  }

  #round({ atMs, marks }: EventData<'MarksPublished'>): void {
    if (this.rounds === 0) this.startMs = atMs;
    this.endMs = atMs;
    this.rounds += 1;
    for (const { instrumentId } of marks) this.#follow(instrumentId);
    this.#prices.offer(() => ({ atMs, prices: this.#pricesNow() }));
    if (!this.view.isReady) return;
    const sample = this.#book.offer(() => this.#measure(atMs));
    if (sample !== undefined) this.#compareAt(sample);
  }

  /** Prices of the assets; contracts follow them. */
  #follow(instrumentId: string): void {
    const price = this.view.marks.figures(instrumentId)?.price;
    if (price === undefined || !instrumentId.endsWith(`/${NUMERAIRE}`)) return;
    const path = this.#paths.get(instrumentId) ?? {
      first: price,
      lowest: price,
      highest: price,
      last: price,
    };
    path.lowest = Math.min(path.lowest, price);
    path.highest = Math.max(path.highest, price);
    path.last = price;
    this.#paths.set(instrumentId, path);
  }

  #pricesNow(): ReadonlyMap<string, number> {
    return new Map([...this.#paths].map(([id, { last }]) => [id, last]));
  }

  #measure(atMs: number): BookSample {
    const size = this.view.accountIds().length;
    const figures = this.view.measure();
    const sum = [0, 0, 0, 0];
    for (let account = 0; account < size; account += 1) {
      [EQUITY, INITIAL, MAINTENANCE, NOTIONAL].forEach((place, n) => {
        sum[n] = (sum[n] as number) + (figures[account * FIGURES.length + place] as number);
      });
    }
    const [equity, initial, maintenance, grossNotional] = sum as [number, number, number, number];
    return { atMs, equity, initial, maintenance, grossNotional };
  }

  #compareAt({ atMs, equity, maintenance }: BookSample): void {
    if (!this.#hasLiquidated) this.#before = this.#moment('before', atMs, equity);
    // The worst moment is the one in which equity covered the smallest multiple of the margin.
    const cover = maintenance > 0 ? equity / maintenance : Infinity;
    if (cover >= this.#leastCover) return;
    this.#leastCover = cover;
    this.#worst = this.#moment('worst', atMs, equity);
  }

  #moment(name: EfficiencyMoment['name'], atMs: number, equity: number): EfficiencyMoment {
    const comparison = (this.#comparison ??= new MarginComparison(this.view));
    const known = (ids: readonly string[]): readonly string[] => ids.filter((id) => this.view.hasAccount(id));
    const byStyle = [...this.#styles].map(([style, ids]) => ({ style, ...comparison.compare(known(ids)) }));
    return { name, atMs, equity, total: comparison.compare(this.view.accountIds()), byStyle };
  }

  get prices(): readonly PricePath[] {
    return [...this.#paths].map(([instrumentId, path]) => ({
      instrumentId,
      ...path,
      points: this.#prices.samples.flatMap(({ atMs, prices }) => {
        const price = prices.get(instrumentId);
        return price === undefined ? [] : [{ atMs, price }];
      }),
    }));
  }

  /** The samples, and what stands at the end of the log. */
  get book(): readonly BookSample[] {
    return this.view.isReady ? [...this.#book.samples, this.#measure(this.endMs)] : [];
  }

  get moments(): readonly EfficiencyMoment[] {
    if (!this.view.isReady) return [];
    const end = this.#moment('end', this.endMs, this.#measure(this.endMs).equity);
    return [this.#before, this.#worst, end].filter((moment) => moment !== undefined);
  }

  equityOf(accountId: string): number {
    return this.view.isReady && this.view.hasAccount(accountId) ? this.view.assess(accountId).equity : 0;
  }
}
