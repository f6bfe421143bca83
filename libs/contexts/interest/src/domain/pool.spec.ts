import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NewEvent } from '@plinth/eventing';
import { deciderSpec } from '@plinth/eventing/testing';
import {
  compareDecimal,
  compound,
  decimalOf,
  INDEX_START,
  lendingIndexOf,
  multiply,
  subtractDecimal,
} from '@plinth/money';
import { pool, type Accrue, type OpenPool, type PoolCommand, type PoolEvent } from './pool.ts';
import { perSecond } from './rates.ts';
import { scaledOf } from './scaled.ts';
import { rateCurve } from '@plinth/messages';

const spec = deciderSpec(pool);
const CURVE = rateCurve({ kind: 'kinked', base: '0.02', slope1: '0.08', slope2: '0.9', kink: '0.8' });
const HOUR = 3_600_000;
const OPEN: OpenPool = {
  type: 'OpenPool',
  asset: 'USD',
  curve: CURVE,
  reserveFactor: '0.1',
  settleEveryMs: HOUR,
};

const scaled = (units: bigint): bigint => scaledOf('debts', units, INDEX_START);

const accrue = (atMs: number, change: Partial<Accrue> = {}): Accrue => ({
  type: 'Accrue',
  asset: 'USD',
  atMs,
  scale: 6,
  cash: 600_000_000n,
  reserve: 0n,
  scaledDebt: scaled(400_000_000n),
  scaledSupplied: scaled(1_000_000_000n),
  ...change,
});

const play = (...commands: readonly (OpenPool | Accrue)[]): readonly NewEvent<PoolEvent>[] =>
  commands.reduce<readonly NewEvent<PoolEvent>[]>(
    (log, next) => [...log, ...spec.given(log).when(next).events()],
    [],
  );

const accruedIn = (event: NewEvent<PoolEvent> | undefined) => {
  if (event?.type !== 'PoolAccrued') throw new Error(`Expected PoolAccrued, was ${event?.type}`);
  return event.data;
};

describe('a pool', () => {
  it('is opened once and accrues only then', () => {
    const opened = play(OPEN);
    spec.given(opened).when(OPEN).thenRejected('POOL_EXISTS');
    spec.when(accrue(0)).thenRejected('POOL_MISSING');
    spec
      .when({ type: 'SetRateCurve', asset: 'USD', curve: CURVE, reserveFactor: '0' })
      .thenRejected('POOL_MISSING');
  });

  it('starts at one, with the rates that hold from then on', () => {
    const [, first] = play(OPEN, accrue(10 * HOUR + 1_234));
    expect(accruedIn(first)).toEqual({
      asset: 'USD',
      atMs: 10 * HOUR + 1_000,
      utilisation: '0.4',
      borrowRate: '0.06',
      supplyRate: '0.0216',
      borrowIndex: '1',
      supplyIndex: '1',
      totalDebt: '400',
      totalSupplied: '1000',
      settlementId: '',
      cash: '600',
      reserve: '0',
      rateAtTarget: '',
    });
  });

  it('grows by the recorded rates, whatever the new ones are', () => {
    const [, , second] = play(OPEN, accrue(0), accrue(365 * 24 * HOUR, { cash: 0n }));
    const data = accruedIn(second);
    // e^0.06 and e^0.0216, per second a little less.
    expect(data.borrowIndex).toMatch(/^1\.06183654\d+$/);
    expect(data.supplyIndex).toMatch(/^1\.02183496\d+$/);
    expect(data.borrowRate).toBe('1');
    expect(data.totalDebt).toBe('424.734619');
  });

  it('changes nothing when no time has passed, or less than a second', () => {
    const log = play(OPEN, accrue(HOUR));
    for (const atMs of [HOUR, HOUR + 999, HOUR - 1, 0]) spec.given(log).when(accrue(atMs)).thenNothing();
  });

  it('names a settlement when a boundary was passed, once', () => {
    const log = play(OPEN, accrue(HOUR), accrue(HOUR + 60_000), accrue(2 * HOUR), accrue(2 * HOUR + 60_000));
    expect(log.slice(1).map((event) => accruedIn(event).settlementId)).toEqual(['', '', 'USD.7200000', '']);
    const late = play(OPEN, accrue(HOUR), accrue(5 * HOUR + 60_000));
    expect(accruedIn(late[2]).settlementId).toBe(`USD.${5 * HOUR}`);
  });

  it('takes a new curve from the next accrual on', () => {
    const curve = { ...CURVE, base: '0.5' };
    const log = play(OPEN, accrue(0));
    const set = spec
      .given(log)
      .when({ type: 'SetRateCurve', asset: 'USD', curve, reserveFactor: '0.1' })
      .events();
    const next = spec
      .given([...log, ...set])
      .when(accrue(365 * 24 * HOUR))
      .events();
    expect(accruedIn(next[0]).borrowIndex).toMatch(/^1\.0618/);
    expect(accruedIn(next[0]).borrowRate).toMatch(/^0\.54/);
    spec
      .given(log)
      .when({ type: 'SetRateCurve', asset: 'USD', curve: CURVE, reserveFactor: '0.1' })
      .thenNothing();
  });
});

describe('indices', () => {
  /** Terms that keep the rates the same at every accrual: nothing lent out of nothing else. */
  const steady = (atMs: number): Accrue => accrue(atMs, { cash: 0n, scaledSupplied: 0n });

  it('never fall', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 40_000_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(gaps, fc.bigInt({ min: 0n, max: 10n ** 12n }), (steps, cash) => {
        let atMs = 0;
        const commands = steps.map((step) => accrue((atMs += step), { cash }));
        const rows = play(OPEN, accrue(0, { cash }), ...commands)
          .slice(1)
          .map(accruedIn);
        for (const [n, row] of rows.entries()) {
          const before = rows[n - 1];
          if (before === undefined) continue;
          for (const name of ['borrowIndex', 'supplyIndex'] as const) {
            expect(compareDecimal(decimalOf(row[name]), decimalOf(before[name]))).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('come out the same within the rounding however often they accrue, never in the user’s favour', () => {
    const seconds = fc.integer({ min: 1, max: 10_000_000 });
    fc.assert(
      fc.property(seconds, seconds, (first, second) => {
        const [t1, t2] = [first * 1_000, (first + second) * 1_000];
        const once = accruedIn(play(OPEN, steady(0), steady(t2))[2]);
        const twice = accruedIn(play(OPEN, steady(0), steady(t1), steady(t2))[3]);
        const [a, b] = [lendingIndexOf(once.borrowIndex), lendingIndexOf(twice.borrowIndex)];
        // Each accrual rounds up by less than 2·10^-27 of its result (the guard digits of the power
        // included).
        const bound = multiply(b, decimalOf('0.000000000000000000000000004'));
        expect(compareDecimal(subtractDecimal(b, a).abs(), bound)).toBeLessThanOrEqual(0);
        // A power whose every step was rounded down is never above what borrowers are charged.
        const down = compound(INDEX_START, perSecond(decimalOf('1'), 'up'), first + second, 'down');
        expect(compareDecimal(b, down)).toBeGreaterThanOrEqual(0);
        expect(compareDecimal(a, down)).toBeGreaterThanOrEqual(0);
        expect(compareDecimal(lendingIndexOf(twice.supplyIndex), b)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a pool with a moving curve', () => {
  const adaptive = rateCurve({
    ...{ kind: 'adaptive', target: '0.8', steepness: '4', speed: '50' },
    ...{ rateAtTargetMin: '0.001', rateAtTargetMax: '1', rateAtTarget: '0.04' },
  });
  const open = { ...OPEN, curve: adaptive };

  it('is paid at its average, stands higher while too much is lent, and suppliers share it', () => {
    let state = pool.initialState();
    const run = (command: PoolCommand): void => {
      const events = pool.decide(command, state);
      if (!Array.isArray(events)) throw new Error('Expected events');
      for (const event of events as readonly NewEvent<PoolEvent>[]) state = pool.evolve(state, event);
    };
    const accrueAt = (atMs: number): void =>
      run({
        ...{ type: 'Accrue', asset: 'USD', atMs, scale: 6, cash: 0n, reserve: 0n },
        scaledDebt: scaledOf('debts', 1_000_000_000n, lendingIndexOf('1')),
        scaledSupplied: scaledOf('supplied', 1_000_000_000n, lendingIndexOf('1')),
      });
    const last = () => (state.status === 'open' ? state.accrued : undefined);
    run(open);
    accrueAt(0);
    expect(last()).toMatchObject({ rateAtTarget: '0.04', borrowRate: expect.stringMatching(/^0\.16/) });
    const day = 86_400;
    accrueAt(day * 1_000);
    // Full use: 50 a year, for a day.
    const grown = 0.04 * Math.exp(50 / 365);
    expect(parseFloat(last()?.rateAtTarget ?? '')).toBeCloseTo(grown, 12);
    expect(parseFloat(last()?.borrowRate ?? '')).toBeCloseTo(4 * grown, 12);
    const average = (0.16 + 2 * 0.16 * Math.exp(25 / 365) + 4 * grown) / 4;
    expect(parseFloat(last()?.borrowIndex ?? '')).toBeCloseTo(Math.exp(average / 365), 9);
    const [borrowed, supplied] = [last()?.borrowIndex ?? '', last()?.supplyIndex ?? ''].map(parseFloat);
    expect((supplied! - 1) / (borrowed! - 1)).toBeCloseTo(0.9, 3);
    run({ ...OPEN, type: 'SetRateCurve' });
    accrueAt(2 * day * 1_000);
    expect(last()?.rateAtTarget).toBe('');
  });
});
