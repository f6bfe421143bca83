import { beforeAll, describe, expect, it } from '@jest/globals';
import { collectFigures } from './collect-figures.ts';
import type { RunFigures } from './figures.ts';
import { faultsOf, isSound } from './report-tables.ts';
import { ACCOUNTS, RUN_START_MS, smallRun, type RunLog } from './testing/run-log.ts';

const PROOF = { root: 'ab', size: '40', checks: [{ what: 'signed heads', ok: true, detail: '3' }] } as const;

const collect = (run: RunLog, end?: bigint): Promise<RunFigures> =>
  collectFigures({
    ...(end === undefined ? {} : { end }),
    name: { name: 'small', sources: [], seed: 1 },
    log: run.log,
    accounts: ACCOUNTS,
    proof: PROOF,
    refusals: {
      sent: 10,
      refused: 2,
      examples: [
        { command: 'PlaceOrder', code: 'BAD_LOT', message: 'Expected whole lots' },
        { command: 'PlaceOrder', code: 'BAD_LOT', message: 'Expected whole lots, again' },
      ],
    },
  });

describe('collectFigures', () => {
  let figures: RunFigures;
  beforeAll(async () => {
    figures = await collect(await smallRun());
  });

  it('tells what happened', () => {
    expect(figures.run).toEqual({
      ...{ name: 'small', sources: [], seed: 1, rounds: 4 },
      ...{ startMs: RUN_START_MS + 60_000, endMs: RUN_START_MS + 300_000 },
    });
    expect(figures.accounts).toMatchObject([
      { style: 'hedged', accounts: 1, called: 0, liquidated: 0 },
      { style: 'leveraged', accounts: 1, called: 0, liquidated: 1 },
    ]);
    expect(figures.liquidations).toMatchObject({
      byCause: { gap: 1 },
      byOutcome: { restored: 1 },
      reducedNotional: '30000.5',
      liquidationFees: '2',
      rows: [{ accountId: 'long-1', style: 'leveraged', steps: 2, equityEnd: '850', maintenanceEnd: '400' }],
    });
    expect(figures.states.end).toMatchObject({ healthy: 2, liquidation: 0 });
  });

  it('measures orders against their arrival and the best single venue', () => {
    expect(figures.orders).toMatchObject({ placed: 3, filled: 3, open: 0, fills: 3 });
    const { clients } = figures.orders;
    // Three orders of 2, 2 and 1 at an arrival of 60,000 cost 7 each; one venue alone would have cost 13.
    expect(clients.notional).toBe(300_000);
    expect(clients.shortfallBps).toBeCloseTo(0.7, 10);
    expect(clients.savedBps).toBeCloseTo(0.6, 10);
  });

  it('compares portfolios with their lines alone before, at the worst and at the end', () => {
    expect(figures.efficiency.map(({ name }) => name)).toEqual(['before', 'worst', 'end']);
    const [before] = figures.efficiency;
    const hedged = before?.byStyle.find(({ style }) => style === 'hedged');
    const long = before?.byStyle.find(({ style }) => style === 'leveraged');
    // Two legs that cancel: nearly all of what they need alone is saved.
    // One position has nothing to net with.
    expect(hedged?.lines).toBe(3);
    expect(hedged?.portfolio.scan).toBeLessThan(0.1 * (hedged?.isolated.scan ?? 0));
    expect(hedged?.portfolio.basis).toBeGreaterThan(0);
    expect(long?.portfolio.scan).toBeCloseTo(long?.isolated.scan ?? 0, 6);
    expect(before?.total.isolated.initial).toBeCloseTo(
      (hedged?.isolated.initial ?? 0) + (long?.isolated.initial ?? 0),
      6,
    );
  });

  it('follows prices and the book', () => {
    const [path] = figures.prices;
    expect(figures.prices).toHaveLength(1);
    expect(path).toMatchObject({ instrumentId: 'BTC/USD', first: 60_000, lowest: 48_000, last: 50_000 });
    expect(path?.points).toHaveLength(4);
    // Equity: two deposits of 50,000, three fees of 1, one bitcoin long from 60,000 to 50,000,
    // less its haircuts.
    expect(figures.book.at(-1)?.equity).toBeGreaterThan(85_000);
    expect(figures.book.at(-1)?.equity).toBeLessThan(90_000);
  });

  it('sums refusals by code, those of the log and those of the driver', () => {
    expect(figures.refusals).toEqual({
      sent: 10,
      refused: 2,
      byCode: [
        { what: 'PlaceOrder', code: 'BAD_LOT', count: 2, example: 'Expected whole lots' },
        {
          what: 'order',
          code: 'MARGIN_INSUFFICIENT',
          count: 1,
          example: 'Expected equity of at least the initial margin',
        },
      ],
    });
  });

  it('conserves, holds its invariants, and is sound', () => {
    expect(figures.ledger).toMatchObject([
      { asset: 'USD', clients: '99997', venues: '3', outside: '-100000', sum: '0' },
    ]);
    expect(figures.invariants).toMatchObject({ breaches: 0, found: [] });
    expect(figures.invariants.checked.length).toBeGreaterThan(20);
    expect(isSound(figures)).toBe(true);
    const bad = { ...PROOF, checks: [{ what: 'signed heads', ok: false, detail: '' }] };
    expect(isSound({ ...figures, proof: bad })).toBe(false);
    expect(isSound({ ...figures, proof: { ...PROOF, checks: [] } })).toBe(false);
    expect(faultsOf(figures)).toEqual([]);
    expect(faultsOf({ ...figures, proof: bad })).toEqual(['not so: signed heads: ']);
  });

  it('is plain data, and the same for the same log', async () => {
    expect(JSON.parse(JSON.stringify(figures))).toEqual(figures);
    expect(await collect(await smallRun())).toEqual(figures);
  });

  it('judges a log that goes on up to where the run ended', async () => {
    const run = await smallRun();
    const { position } = await run.log.head();
    await run.route('o77');
    expect(await collect(run, position)).toEqual(figures);
  });

  it('shows a breach', async () => {
    const run = await smallRun();
    await run.route('o77');
    const broken = await collect(run);
    expect(broken.invariants.breaches).toBe(1);
    expect(broken.invariants.found).toMatchObject([{ detail: 'o77' }]);
    expect(isSound(broken)).toBe(false);
    expect(faultsOf(broken)).toEqual([expect.stringMatching(/o77 \(position \d+\)$/)]);
  });
});
