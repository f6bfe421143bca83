import { randomFrom } from '@plinth/margin/testing';
import {
  emptyColumns,
  greekColumns,
  greeksAll,
  impliedVolatilityAll,
  priceAll,
  priceGrid,
  scenarioGrid,
  type OptionColumns,
} from '@plinth/options';
import { absentRow, against, atLeast, type BenchRow, type Target } from './bench-row.ts';
import { TEXTBOOK_BLACK } from './black-source.ts';
import { C_FLAGS, compileC, type CProgram } from './c-loop.ts';
import { measureRates, type Subject } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';

const BENCH = 'options';
const SCENARIOS = 33;
/** The same ranges as the C program draws. */
const RANGES = { strike: [60, 160], volatility: [0.2, 1.5], years: [0.01, 1] } as const;

type Mode = Readonly<{ what: string; unit: string; mode: number; least: number }>;

const GREEKS: Mode = { what: 'price and seven Greeks', unit: 'options/s', mode: 0, least: 15_000_000 };
const GRID: Mode = {
  ...{ what: `scenario grid, ${SCENARIOS} scenarios`, unit: 'prices/s', mode: 1, least: 35_000_000 },
};
const VOLATILITY: Mode = { what: 'implied volatility', unit: 'options/s', mode: 2, least: 2_500_000 };

const drawn = (count: number): OptionColumns => {
  const random = randomFrom(1);
  const options = emptyColumns(count);
  const between = ([low, high]: readonly [number, number]): number => low + (high - low) * random();
  for (let i = 0; i < count; i++) {
    options.isCall[i] = i & 1;
    options.forward[i] = 100;
    options.strike[i] = between(RANGES.strike);
    options.volatility[i] = between(RANGES.volatility);
    options.years[i] = between(RANGES.years);
    options.discount[i] = 1;
  }
  return options;
};

const gridSubject = (options: OptionColumns): Subject => {
  const random = randomFrom(2);
  const grid = scenarioGrid(1, SCENARIOS);
  for (let s = 0; s < SCENARIOS; s++) grid.forward[s] = 70 + 60 * random();
  const sliceOf = new Int32Array(options.count);
  const out = new Float64Array(options.count * SCENARIOS);
  return { name: 'grid', run: () => (priceGrid(options, sliceOf, grid, out), out.length) };
};

const volatilitySubject = (options: OptionColumns): Subject => {
  const prices = new Float64Array(options.count);
  priceAll(options, prices);
  const out = new Float64Array(options.count);
  return { name: 'volatility', run: () => (impliedVolatilityAll(options, prices, out), options.count) };
};

const greeksSubject = (options: OptionColumns): Subject => {
  const out = greekColumns(options.count);
  return { name: 'greeks', run: () => (greeksAll(options, 'linear', out), options.count) };
};

const rowOf = async (
  { what, unit, mode, least }: Mode,
  own: Subject,
  count: number,
  program: CProgram | string,
  { pace }: BenchOptions,
): Promise<BenchRow> => {
  const others =
    typeof program === 'string'
      ? []
      : [{ name: 'C', run: () => program.run(count, mode, SCENARIOS, pace.roundMs) }];
  const [figure, plain] = await measureRates([own, ...others], pace);
  if (figure === undefined) throw new Error('Expected a figure');
  const target: Target = atLeast(least, figure, unit);
  const scale = `${count.toLocaleString('en')} options`;
  const row = { bench: BENCH, what, scale, unit, figure, target };
  if (plain === undefined) return row;
  return { ...row, baseline: against(`textbook formula in C, cc ${C_FLAGS.join(' ')}`, figure, plain) };
};

/** Kernels over columns of options, each beside the textbook in C, which keeps no digits in the wings. */
export const benchBlack = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const program = await compileC(TEXTBOOK_BLACK);
  const rows: BenchRow[] = [];
  for (const count of sizes(options, 1_000, 10_000, 100_000)) {
    const columns = drawn(count);
    rows.push(await rowOf(GREEKS, greeksSubject(columns), count, program, options));
    if (count <= 10_000) rows.push(await rowOf(GRID, gridSubject(columns), count, program, options));
    rows.push(await rowOf(VOLATILITY, volatilitySubject(columns), count, program, options));
  }
  if (typeof program === 'string') rows.push(absentRow(BENCH, 'textbook formula in C', program));
  else await program.close();
  return rows;
};
