import { pool, type Accrue } from '@plinth/interest';
import type { NewEvent } from '@plinth/eventing';
import { accrued, lendingIndexOf } from '@plinth/money';
import { against, type BenchRow } from './bench-row.ts';
import { measureRates } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';
import { rateCurve } from '@plinth/messages';

const SECOND_MS = 1_000;
const SCALE = 6;
const UNITS_EACH = 1_000_000_000n;
const INDEX_DIGITS = 27;
/** One accrual of 5 % a year over a second, as a fraction of 10^27. */
const FACTOR = 10n ** 27n + (10n ** 27n * 5n) / (100n * 31_536_000n);

type State = ReturnType<typeof pool.initialState>;

const openPool = (): State => {
  const curve = rateCurve({ kind: 'kinked', base: '0.01', slope1: '0.04', slope2: '0.8', kink: '0.8' });
  const opened = { asset: 'USD', curve, reserveFactor: '0.1', settleEveryMs: 3_600_000 };
  return pool.evolve(pool.initialState(), { type: 'PoolOpened', data: opened });
};

/** One pool with so many borrowers, a second later each time. */
const indexAccrual = (borrowers: number): (() => number) => {
  let state = openPool();
  let atMs = 1_700_000_000_000;
  const debt = UNITS_EACH * BigInt(borrowers);
  return () => {
    for (let n = 0; n < 100; n += 1) {
      atMs += SECOND_MS;
      const books = { cash: debt / 4n, reserve: 0n, scaledDebt: debt, scaledSupplied: (debt * 5n) / 4n };
      const command: Accrue = { type: 'Accrue', asset: 'USD', atMs, scale: SCALE, ...books };
      const decided = pool.decide(command, state) as readonly NewEvent<'PoolAccrued'>[];
      for (const event of decided) state = pool.evolve(state, event);
    }
    return 100;
  };
};

/** The same by going through every borrower. */
const accountLoop = (borrowers: number): (() => number) => {
  const debts = Array.from({ length: borrowers }, (_, n) => UNITS_EACH + BigInt(n));
  const one = 10n ** BigInt(INDEX_DIGITS);
  return () => {
    for (let n = 0; n < debts.length; n += 1) debts[n] = ((debts[n] as bigint) * FACTOR) / one;
    return 1;
  };
};

/** What a touch of an account costs: its debt brought to the index of now. */
const touches = (): number => {
  const then = lendingIndexOf('1.000000000123456789012345678');
  const now = lendingIndexOf('1.023456789012345678901234567');
  let sum = 0n;
  for (let n = 0n; n < 1_000n; n += 1n) sum += accrued(UNITS_EACH + n, then, now, 'up').units;
  return sum > 0n ? 1_000 : 0;
};

export const benchInterest = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const borrowers of sizes(options, 10_000, 100_000, 1_000_000)) {
    const subjects = [
      { name: 'index', run: indexAccrual(borrowers) },
      { name: 'loop', run: accountLoop(borrowers) },
    ];
    const [figure, loop] = await measureRates(subjects, options.pace);
    if (figure === undefined || loop === undefined) throw new Error('Expected two figures');
    rows.push({
      bench: 'interest',
      what: 'accrual of one pool by its index, rates and totals included',
      scale: `${borrowers.toLocaleString('en')} borrowers`,
      unit: 'accruals/s',
      figure,
      baseline: against('one bigint step per borrower', figure, loop),
      note: `${(1_000_000 / figure.median).toFixed(1)} µs each`,
    });
  }
  const [figure] = await measureRates([{ name: 'touch', run: touches }], options.pace);
  if (figure !== undefined) {
    rows.push({ bench: 'interest', what: 'debt of one account now', scale: '1', unit: 'touches/s', figure });
  }
  const [first] = rows;
  // The fastest rounds: what else the machine did must not look like growth.
  const rates = rows.filter(({ unit }) => unit === 'accruals/s').map((row) => row.figure?.max ?? 0);
  const target = { text: 'O(1) in the borrowers', met: Math.min(...rates) * 2 >= Math.max(...rates) };
  return first === undefined ? rows : [{ ...first, target }, ...rows.slice(1)];
};
