import { randomFrom } from '@plinth/margin/testing';
import {
  blockKernel,
  emptyColumns,
  greekColumns,
  greeksAll,
  impliedVolatilityAll,
  plainKernel,
  priceAll,
  priceGrid,
  scenarioGrid,
  type BlockKernel,
  type OptionColumns,
} from '@plinth/options';
import { absentRow, against, atLeast, type BenchRow } from './bench-row.ts';
import { TEXTBOOK_BLACK } from './black-source.ts';
import { C_FLAGS, compileC, type CProgram } from './c-loop.ts';
import { measureRates, type Subject } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';

const BENCH = 'options';
const SCENARIOS = 33;
/** The same ranges as the C program draws. */
const RANGES = { strike: [60, 160], volatility: [0.2, 1.5], years: [0.01, 1] } as const;

type Mode = Readonly<{
  what: string;
  unit: string;
  /** Of the C program. */
  mode: number;
  /** What each kernel must reach; one without a figure is there for comparison. */
  least: Readonly<{ lanes: number; plain?: number }>;
  subject: (options: OptionColumns, kernel: BlockKernel) => () => number;
}>;

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

const greeks: Mode['subject'] = (options, kernel) => {
  const out = greekColumns(options.count);
  return () => (greeksAll(options, 'linear', out, kernel), options.count);
};

const grid: Mode['subject'] = (options, kernel) => {
  const random = randomFrom(2);
  const shocked = scenarioGrid(1, SCENARIOS);
  for (let s = 0; s < SCENARIOS; s++) shocked.forward[s] = 70 + 60 * random();
  const sliceOf = new Int32Array(options.count);
  const out = new Float64Array(options.count * SCENARIOS);
  return () => (priceGrid(options, sliceOf, shocked, out, kernel), out.length);
};

const volatility: Mode['subject'] = (options, kernel) => {
  const prices = new Float64Array(options.count);
  priceAll(options, prices);
  const out = new Float64Array(options.count);
  return () => (impliedVolatilityAll(options, prices, out, kernel), options.count);
};

const MODES: readonly Mode[] = [
  {
    ...{ what: 'price and seven Greeks', unit: 'options/s', mode: 0, subject: greeks },
    least: { lanes: 40_000_000, plain: 15_000_000 },
  },
  {
    ...{ what: `scenario grid, ${SCENARIOS} scenarios`, unit: 'prices/s', mode: 1, subject: grid },
    least: { lanes: 35_000_000 },
  },
  {
    ...{ what: 'implied volatility', unit: 'options/s', mode: 2, subject: volatility },
    least: { lanes: 2_500_000 },
  },
];

/** Two rows: the kernel that this engine gets, and the plain one; and the C in turns with both. */
const rowsOf = async (
  { what, unit, mode, least, subject }: Mode,
  columns: OptionColumns,
  program: CProgram | string,
  { pace }: BenchOptions,
): Promise<readonly BenchRow[]> => {
  const best = blockKernel();
  const isWide = best !== plainKernel;
  const subjects: Subject[] = [{ name: 'plain', run: subject(columns, plainKernel) }];
  if (typeof program !== 'string')
    subjects.push({ name: 'C', run: () => program.run(columns.count, mode, SCENARIOS, pace.roundMs) });
  if (isWide) subjects.push({ name: 'lanes', run: subject(columns, best) });
  const figures = await measureRates(subjects, pace);
  const baseline = figures[subjects.findIndex(({ name }) => name === 'C')];
  return subjects.flatMap(({ name }, n): BenchRow[] => {
    const figure = figures[n];
    if (name === 'C' || figure === undefined) return [];
    const goal = name === 'lanes' ? least.lanes : least.plain;
    return [
      {
        ...{ bench: BENCH, what: `${what}, ${name === 'lanes' ? 'two lanes' : 'plain'}`, unit, figure },
        scale: `${columns.count.toLocaleString('en')} options`,
        ...(goal === undefined ? {} : { target: atLeast(goal, figure, unit) }),
        ...(baseline === undefined
          ? {}
          : { baseline: against(`textbook formula in C, cc ${C_FLAGS.join(' ')}`, figure, baseline) }),
      },
    ];
  });
};

/** Kernels over columns of options, each beside the textbook in C, which keeps no digits in the wings. */
export const benchBlack = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const program = await compileC(TEXTBOOK_BLACK);
  const rows: BenchRow[] = [];
  for (const count of sizes(options, 1_000, 10_000, 100_000)) {
    const columns = drawn(count);
    for (const mode of MODES) rows.push(...(await rowsOf(mode, columns, program, options)));
  }
  if (blockKernel() === plainKernel)
    rows.push(absentRow(BENCH, 'two lanes', 'this engine has no WebAssembly SIMD'));
  if (typeof program === 'string') rows.push(absentRow(BENCH, 'textbook formula in C', program));
  else await program.close();
  return rows;
};
