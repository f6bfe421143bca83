import { FIGURE_COUNT, marginAll } from '@plinth/margin';
import { makeRandomBook } from '@plinth/margin/testing';
import { atLeast, against, absentRow, type BenchRow, type Target } from './bench-row.ts';
import { C_FLAGS, compilePlainLoop, type PlainLoop } from './c-loop.ts';
import { measureRates, type Subject } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';
import { peerMargin } from './peer-margin.ts';

const BENCH = 'margin';
const POSITIONS = 16;
const UNIT = 'accounts/s';

const withRatio = (rate: Target, least: number, ratio: number): Target => ({
  text: `${rate.text} and ≥ ${least} of the C loop`,
  met: rate.met && ratio >= least,
});

/** Every figure of every account, against a plain C loop over the same shape of book. */
export const benchMargin = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const loop = await compilePlainLoop();
  const rows: BenchRow[] = [];
  for (const accounts of sizes(options, 1_000, 10_000, 100_000))
    rows.push(await atSize(accounts, loop, options));
  if (typeof loop === 'string') rows.push(absentRow(BENCH, 'plain C loop', loop));
  else await loop.close();
  rows.push(await peerMargin(options));
  return rows;
};

const atSize = async (
  accounts: number,
  loop: PlainLoop | string,
  { pace }: BenchOptions,
): Promise<BenchRow> => {
  const { kernel, book, model, catalogue } = makeRandomBook(1, accounts, POSITIONS);
  const out = new Float64Array(accounts * FIGURE_COUNT);
  const own: Subject = {
    name: 'house model',
    run: () => {
      marginAll(kernel, book, out);
      return accounts;
    },
  };
  model.refresh();
  const shape = {
    accounts,
    positions: POSITIONS,
    balances: Math.round(book.balances.count.subarray(0, accounts).reduce((sum, n) => sum + n, 0) / accounts),
    instruments: catalogue.instruments.size,
    assets: catalogue.assets.size,
    places: catalogue.locations.size,
    underlyings: catalogue.underlyings.size,
    groups: model.groups.size,
    columns: model.width,
  };
  const others = typeof loop === 'string' ? [] : [{ name: 'C', run: () => loop.run(shape, pace.roundMs) }];
  const [figure, plain] = await measureRates([own, ...others], pace);
  if (figure === undefined) throw new Error('Expected a figure');
  const row = {
    bench: BENCH,
    what: `full house model, ${POSITIONS} positions, ${2 * model.width} columns`,
    scale: `${accounts.toLocaleString('en')} accounts`,
    unit: UNIT,
    figure,
  };
  const rate = atLeast(400_000, figure, UNIT);
  if (plain === undefined) return { ...row, target: rate, note: 'no C compiler: ratio not measured' };
  const baseline = against(`plain C loop of the same sums, cc ${C_FLAGS.join(' ')}`, figure, plain);
  return { ...row, baseline, target: withRatio(rate, 0.5, baseline.ratio) };
};
