import { DistanceIndex } from '@plinth/margin';
import { makeRandomBook, randomFrom, type World } from '@plinth/margin/testing';
import { atMost, type BenchRow, type Target } from './bench-row.ts';
import { measureLatencies, quantile, spreadOf, type Latencies } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';

const BENCH = 'tick';
const POSITIONS = 16;
const LARGEST = 100_000;
/** Wider than any box of the index: nobody can be skipped. */
const JUMP = 0.85;
/** Step of the usual tick, as a share of the price; about 1 % an hour at ten ticks a second. */
const STEP = 0.000_05;

type Prices = Readonly<{ assets: ReadonlyMap<string, number>; instruments: ReadonlyMap<string, number> }>;

const pricesOf = ({ catalogue, market }: World): Prices => ({
  assets: new Map(
    catalogue.assets.ids
      .map((id, n) => [id, market.assets.mark[n] ?? 0] as const)
      .filter(([id, price]) => id !== 'USD' && price > 0),
  ),
  instruments: new Map(catalogue.instruments.ids.map((id, n) => [id, market.instruments.mark[n] ?? 0])),
});

const bandOf = (mark: number) => ({ mark, low: mark * 0.999, high: mark * 1.001, state: 'live' as const });

/** Every price of the market at a multiple of where it began: one factor per underlying. */
const moveAll = (
  { catalogue, market }: World,
  { assets, instruments }: Prices,
  factors: readonly number[],
): void => {
  for (const [id, price] of assets) {
    const underlying = catalogue.assetUnderlyings[catalogue.assets.indexOf(id)] ?? -1;
    market.setAssetPrice(id, bandOf(price * (factors[underlying] ?? 1)));
  }
  for (const [id, price] of instruments) {
    const entry = catalogue.instrumentEntries[catalogue.instruments.indexOf(id)];
    market.setInstrumentMark(id, bandOf(price * (factors[entry?.underlying ?? -1] ?? 1)));
  }
};

type Ticks = Readonly<{ latencies: Latencies; valued: number; changed: number }>;

const play = async (
  world: World,
  index: DistanceIndex,
  count: number,
  next: () => readonly number[],
): Promise<Ticks> => {
  const prices = pricesOf(world);
  let [valued, changed] = [0, 0];
  const latencies = await measureLatencies(() => {
    moveAll(world, prices, next());
    valued += index.update(() => {
      changed += 1;
    });
  }, count);
  return { latencies, valued: valued / (count * 1.1), changed };
};

/** The system counts a thread in steps of some milliseconds: of short ticks only the mean says much. */
const ownTime = (own: readonly number[]): string => {
  const mean = own.reduce((sum, ms) => sum + ms, 0) / own.length;
  const most = mean < 20 ? '' : `, p99 ${quantile(own, 0.99).toFixed(0)} ms`;
  return `of the thread's own time ${mean.toFixed(3)} ms on average${most}`;
};

const rowOf = (
  what: string,
  accounts: number,
  { latencies, valued, changed }: Ticks,
  limitMs: number | undefined,
  note = '',
): BenchRow => {
  const { wall, own } = latencies;
  const figure = spreadOf(wall);
  const p99 = quantile(wall, 0.99);
  const target = (ms: number): Target => ({ ...atMost(ms, { ...figure, median: p99 }, 'ms (p99)') });
  return {
    bench: BENCH,
    what,
    scale: `${accounts.toLocaleString('en')} accounts × ${POSITIONS} positions`,
    unit: 'ms',
    figure,
    ...(limitMs === undefined ? {} : { target: target(limitMs) }),
    note: [
      `p99 ${p99.toFixed(2)} ms; ${ownTime(own)}`,
      `${valued.toFixed(0)} accounts valued a tick, ${changed} changes of state`,
      ...(note === '' ? [] : [note]),
    ].join('; '),
  };
};

/**
 * Marks in, states decided: when everybody must be valued, and when the distance index lets most be skipped.
 */
export const benchTick = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const accounts of sizes(options, 1_000, 10_000, LARGEST)) {
    const world = makeRandomBook(1, accounts, POSITIONS);
    const index = new DistanceIndex(world.kernel, world.book);
    index.update(() => undefined);
    const isTarget = accounts === LARGEST;
    let isDown = false;
    const jumps = await play(world, index, options.quick ? 10 : 100, () => {
      isDown = !isDown;
      return Array.from({ length: world.catalogue.underlyings.size }, () => (isDown ? JUMP : 1));
    });
    rows.push(rowOf('every position of every account moved', accounts, jumps, isTarget ? 120 : undefined));
    const random = randomFrom(2);
    const factors = Array.from({ length: world.catalogue.underlyings.size }, () => 1);
    const usual = await play(world, index, options.quick ? 50 : 500, () => {
      for (const [n, factor] of factors.entries())
        factors[n] = factor * (1 + STEP * (random() < 0.5 ? -1 : 1));
      return factors;
    });
    const { balances, positions } = world.book;
    const held = positions.bytes + balances.bytes + index.bytes;
    const bytes = `book and index ${Math.round(held / accounts)} bytes per account`;
    rows.push(
      rowOf('usual tick, through the distance index', accounts, usual, isTarget ? 2 : undefined, bytes),
    );
  }
  return rows;
};
