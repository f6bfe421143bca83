import { assert } from '@plinth/money';
import { opposite } from '@plinth/market';
import type { Side } from '@plinth/market';

/**
 * One instrument's book with price–time priority. Prices are whole ticks, quantities whole lots. A level is a
 * queue: our own orders and the outside liquidity stand in it in the order in which they came.
 */
type Own = { readonly orderId: number; lots: bigint };

type Outside = { readonly orderId: undefined; lots: bigint };

type Entry = Own | Outside;

type Level = { readonly ticks: bigint; readonly queue: Entry[] };

/** A part of an order that traded at the maker's price. */
export type Match = Readonly<{
  ticks: bigint;
  lots: bigint;
  /** Our own order that stood there and what is left of it; undefined for outside liquidity. */
  maker: Readonly<{ orderId: number; left: bigint }> | undefined;
}>;

export type LevelTotal = Readonly<{ ticks: bigint; lots: bigint }>;

const isOutside = (entry: Entry): entry is Outside => entry.orderId === undefined;

const totalOf = (level: Level, counts: (entry: Entry) => boolean): bigint =>
  level.queue.reduce((total, entry) => (counts(entry) ? total + entry.lots : total), 0n);

/** Best first: bids fall, asks rise. */
class BookSide {
  readonly #levels: Level[] = [];
  readonly #side: Side;

  constructor(side: Side) {
    this.#side = side;
  }

  get levels(): readonly Level[] {
    return this.#levels;
  }

  isBetter(a: bigint, b: bigint): boolean {
    return this.#side === 'buy' ? a > b : a < b;
  }

  /** Index of the first level that is not better than `ticks`. */
  #indexOf(ticks: bigint): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBetter((this.#levels[middle] as Level).ticks, ticks)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(ticks: bigint): Level | undefined {
    const level = this.#levels[this.#indexOf(ticks)];
    return level?.ticks === ticks ? level : undefined;
  }

  at(ticks: bigint): Level {
    const index = this.#indexOf(ticks);
    const found = this.#levels[index];
    if (found?.ticks === ticks) return found;
    const level: Level = { ticks, queue: [] };
    this.#levels.splice(index, 0, level);
    return level;
  }

  /** Puts nothing but outside liquidity on this side: best first. */
  fill(levels: readonly LevelTotal[]): void {
    this.#levels.length = 0;
    for (const { ticks, lots } of levels) this.#levels.push({ ticks, queue: [{ orderId: undefined, lots }] });
  }

  dropEmpty(): void {
    let kept = 0;
    for (const level of this.#levels) {
      if (level.queue.length > 0) this.#levels[kept++] = level;
    }
    this.#levels.length = kept;
  }
}

/** Takes from the front of the queue; what is used up leaves. */
const takeFrom = (level: Level, wanted: bigint, onlyOwn: boolean, matches: Match[]): bigint => {
  let left = wanted;
  let index = 0;
  while (left > 0n && index < level.queue.length) {
    const entry = level.queue[index] as Entry;
    if (onlyOwn && isOutside(entry)) {
      index++;
      continue;
    }
    const lots = entry.lots < left ? entry.lots : left;
    entry.lots -= lots;
    left -= lots;
    const maker = isOutside(entry) ? undefined : { orderId: entry.orderId, left: entry.lots };
    matches.push({ ticks: level.ticks, lots, maker });
    if (entry.lots === 0n) level.queue.splice(index, 1);
  }
  return left;
};

/** Gives the level `lots` of outside liquidity: what leaves goes from the back, what comes joins the back. */
const setOutside = (level: Level, lots: bigint): void => {
  let excess = totalOf(level, isOutside) - lots;
  if (excess < 0n) {
    const last = level.queue.at(-1);
    if (last !== undefined && isOutside(last)) last.lots -= excess;
    else level.queue.push({ orderId: undefined, lots: -excess });
    return;
  }
  for (let index = level.queue.length - 1; index >= 0 && excess > 0n; index--) {
    const entry = level.queue[index] as Entry;
    if (!isOutside(entry)) continue;
    const gone = entry.lots < excess ? entry.lots : excess;
    entry.lots -= gone;
    excess -= gone;
    if (entry.lots === 0n) level.queue.splice(index, 1);
  }
};

const outsideOf = (levels: readonly LevelTotal[]): ReadonlyMap<bigint, bigint> =>
  new Map(levels.map(({ ticks, lots }) => [ticks, lots]));

export class MatchingBook {
  readonly #sides: Readonly<Record<Side, BookSide>> = {
    buy: new BookSide('buy'),
    sell: new BookSide('sell'),
  };
  #resting = 0;

  get restingOrders(): number {
    return this.#resting;
  }

  best(side: Side): bigint | undefined {
    return this.#sides[side].levels[0]?.ticks;
  }

  /** Would an order on `side` at `limit` (undefined: at any price) trade at once? */
  wouldTake(side: Side, limit: bigint | undefined): boolean {
    const best = this.best(opposite(side));
    return best !== undefined && (limit === undefined || !this.#sides[opposite(side)].isBetter(limit, best));
  }

  /** Trades up to `lots` against the other side, best price first, at the makers' prices. */
  take(side: Side, lots: bigint, limit: bigint | undefined): readonly Match[] {
    return this.#match(side, lots, limit, false);
  }

  /** Puts an order at the back of the queue of its price. */
  rest(side: Side, ticks: bigint, orderId: number, lots: bigint): void {
    assert(lots > 0n, 'Expected a resting order of more than 0 lots');
    assert(!this.wouldTake(side, ticks), 'Expected a resting order that does not cross the book');
    this.#sides[side].at(ticks).queue.push({ orderId, lots });
    this.#resting++;
  }

  /** Takes an order out; false when it does not rest there. */
  remove(side: Side, ticks: bigint, orderId: number): boolean {
    const level = this.#sides[side].find(ticks);
    const index = level?.queue.findIndex((entry) => entry.orderId === orderId) ?? -1;
    if (level === undefined || index < 0) return false;
    level.queue.splice(index, 1);
    this.#sides[side].dropEmpty();
    this.#resting--;
    return true;
  }

  /**
   * Replaces the outside liquidity of both sides. Where it crosses our resting orders it takes them first, in
   * price–time order, at their prices; our orders keep their place in their queues. Both lists: best first,
   * not crossed, lots > 0.
   */
  setLiquidity(
    bids: readonly LevelTotal[],
    asks: readonly LevelTotal[],
  ): readonly (Match & { readonly side: Side })[] {
    if (this.#resting === 0) {
      this.#sides.buy.fill(bids);
      this.#sides.sell.fill(asks);
      return [];
    }
    const matches: (Match & { readonly side: Side })[] = [];
    const left: Record<Side, LevelTotal[]> = { buy: [], sell: [] };
    for (const [side, levels] of [
      ['buy', bids],
      ['sell', asks],
    ] as const) {
      for (const level of levels) {
        const taken = this.#match(side, level.lots, level.ticks, true);
        matches.push(...taken.map((match) => ({ ...match, side: opposite(side) })));
        const lots = taken.reduce((rest, match) => rest - match.lots, level.lots);
        if (lots > 0n) left[side].push({ ticks: level.ticks, lots });
      }
    }
    // The old outside liquidity goes before the new comes: in between only our own orders hold their levels.
    for (const side of ['buy', 'sell'] as const) this.#replaceOutside(this.#sides[side], left[side]);
    return matches;
  }

  /** True when this liquidity would trade with our orders or change what stands in a queue beside them. */
  touchesOwn(bids: readonly LevelTotal[], asks: readonly LevelTotal[]): boolean {
    if (this.#resting === 0) return false;
    for (const [side, levels] of [
      ['buy', bids],
      ['sell', asks],
    ] as const) {
      const next = outsideOf(levels);
      for (const level of this.#sides[side].levels) {
        if (level.queue.every(isOutside)) continue;
        if (totalOf(level, isOutside) !== (next.get(level.ticks) ?? 0n)) return true;
      }
      const bestOwn = this.#sides[opposite(side)].levels.find((level) => !level.queue.every(isOutside));
      const best = levels[0];
      if (
        bestOwn !== undefined &&
        best !== undefined &&
        !this.#sides[opposite(side)].isBetter(best.ticks, bestOwn.ticks)
      ) {
        return true;
      }
    }
    return false;
  }

  /** The best `depth` levels, our own orders included. */
  levels(side: Side, depth: number): readonly LevelTotal[] {
    return this.#sides[side].levels
      .slice(0, depth)
      .map((level) => ({ ticks: level.ticks, lots: totalOf(level, () => true) }));
  }

  /**
   * The queues, for comparison: side, price, then each entry as `order id:lots`, `*:lots` for outside
   * liquidity.
   */
  describe(which: 'all' | 'own'): readonly string[] {
    return (['buy', 'sell'] as const).flatMap((side) =>
      this.#sides[side].levels
        .filter((level) => which === 'all' || !level.queue.every(isOutside))
        .map((level) => {
          const queue = level.queue.map((entry) => `${entry.orderId ?? '*'}:${entry.lots}`);
          return `${side} ${level.ticks} ${queue.join(' ')}`;
        }),
    );
  }

  #replaceOutside(side: BookSide, levels: readonly LevelTotal[]): void {
    const next = outsideOf(levels);
    for (const level of side.levels) setOutside(level, next.get(level.ticks) ?? 0n);
    for (const { ticks, lots } of levels) {
      const level = side.at(ticks);
      if (level.queue.length === 0) setOutside(level, lots);
    }
    side.dropEmpty();
  }

  #match(side: Side, lots: bigint, limit: bigint | undefined, onlyOwn: boolean): readonly Match[] {
    const matches: Match[] = [];
    const makers = this.#sides[opposite(side)];
    let left = lots;
    for (const level of makers.levels) {
      if (left === 0n || (limit !== undefined && makers.isBetter(limit, level.ticks))) break;
      left = takeFrom(level, left, onlyOwn, matches);
    }
    makers.dropEmpty();
    this.#resting -= matches.filter((match) => match.maker?.left === 0n).length;
    return matches;
  }
}
