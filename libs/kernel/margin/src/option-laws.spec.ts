import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Figure } from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { marginOf, type MarginReport } from './margin.ts';
import { judgeOrder } from './open-orders.ts';
import { riskParameters, type RiskParameters } from './parameters.ts';
import { makeWorld, pick, randomFrom, type Random, type World } from './testing/index.ts';
import type { PositionContent } from './types.ts';
import { whatIf } from './what-if.ts';

/** Books of options above all; a large run by hand: PLINTH_LAW_RUNS=20000. */
const RUNS = { numRuns: Number(process.env.PLINTH_LAW_RUNS ?? 150) };
const seeds = fc.integer({ min: 1, max: 1e9 });
const figuresIn = ({ figures }: MarginReport): Readonly<Record<Figure, number>> => figures;

const isOption = (id: string): boolean => /-[CP]\d/.test(id);

/** One to eight lines of the two majors, mostly options, some perpetuals and inverse futures. */
const drawLines = (world: World, random: Random): readonly PositionContent[] => {
  const ids = world.catalogue.instruments.ids.filter((id) => /^(BTC|ETH)/.test(id));
  const others = ids.filter((id) => !isOption(id));
  const options = ids.filter(isOption);
  const chosen = new Set(
    Array.from({ length: 1 + Math.floor(8 * random()) }, () =>
      pick(random, random() < 0.75 ? options : others),
    ),
  );
  return [...chosen].map((instrument) => lineOf(world, instrument, (random() - 0.5) * 200_000));
};

/** So many dollars of a contract, entered at its mark. */
const lineOf = ({ catalogue, market }: World, instrument: string, dollars: number): PositionContent => {
  const i = catalogue.instruments.indexOf(instrument);
  const { spec, underlying } = catalogue.instrumentEntries[i]!;
  const price = market.assets.mark[catalogue.assetUnderlyings.indexOf(underlying)]!;
  const isInverse = spec.kind !== 'option' && 'form' in spec && spec.form === 'inverse';
  const unit = spec.contractSize * (isInverse ? 1 : price);
  return { instrument, quantity: dollars / unit, entryPrice: market.instruments.mark[i]! };
};

const both = (a: readonly PositionContent[], b: readonly PositionContent[]): readonly PositionContent[] => {
  const sum = new Map(a.map((line) => [line.instrument, line]));
  for (const line of b) {
    const quantity = (sum.get(line.instrument)?.quantity ?? 0) + line.quantity;
    sum.set(line.instrument, { ...line, quantity });
  }
  return [...sum.values()].filter(({ quantity }) => quantity !== 0);
};

const asked = (world: World, positions: readonly PositionContent[]): MarginReport => {
  const account = world.book.addAccount(`a${world.book.size}`);
  const balances = [{ asset: 'USD', location: 'vault', amount: 1_000_000 }];
  world.book.load(account, { positions, balances, debts: [] });
  return marginOf(world.kernel, world.book, account);
};

const world = makeWorld(houseParameters, true);

describe('netting, books of options', () => {
  /** Grows with size by design (unwinding), or with where money stands (coverage); all else is in the law. */
  const netted = {
    maintenance: (f: Readonly<Record<Figure, number>>) => f.maintenance - f.concentration - f.coverage,
    initial: (f: Readonly<Record<Figure, number>>) => f.initial - f.concentration - f.initialCoverage,
  };

  it('never asks more of two books together than apart, at maintenance and at initial margin', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom('other', 'mirror', 'calendar'), (seed, kind) => {
        const random = randomFrom(seed);
        const a = drawLines(world, random);
        const b = SECOND[kind](a, random);
        const [one, two, sum] = [a, b, both(a, b)].map((lines) => figuresIn(asked(world, lines))) as [
          Readonly<Record<Figure, number>>,
          Readonly<Record<Figure, number>>,
          Readonly<Record<Figure, number>>,
        ];
        const slack = 1e-11 * (one.grossNotional + two.grossNotional + 1e6);
        for (const level of ['maintenance', 'initial'] as const)
          expect(netted[level](sum)).toBeLessThanOrEqual(netted[level](one) + netted[level](two) + slack);
      }),
      RUNS,
    );
  });

  type Second = (a: readonly PositionContent[], random: Random) => readonly PositionContent[];
  const SECOND: Readonly<Record<'other' | 'mirror' | 'calendar', Second>> = {
    other: (_, random) => drawLines(world, random),
    // Takes back a part of some lines: what closing a position does.
    mirror: (a, random) =>
      a.map((line) => ({ ...line, quantity: -line.quantity * Math.min(1, 1.4 * random()) })),
    // The same strikes of another expiry the other way round: what the twists are about.
    calendar: (a, random) =>
      a.map((line) => {
        const other = line.instrument.replace(/-(7|30|180)@/, `-${pick(random, ['7', '30', '180'])}@`);
        const known = world.catalogue.instruments.ids.includes(other) ? other : line.instrument;
        return { ...lineOf(world, known, 1), quantity: -line.quantity };
      }),
  };

  it('recognises hedges: a spread, a covered call and a collar ask less than their legs', () => {
    const legs = {
      'short call spread': [['BTC-C60-30@venue-a', -1] as const, ['BTC-C72-30@venue-a', 1] as const],
      'covered call': [['BTC-PERP@venue-a', 1] as const, ['BTC-C72-30@venue-a', -1] as const],
      collar: [
        ['BTC-PERP@venue-a', 1] as const,
        ['BTC-P51-30@venue-a', 1] as const,
        ['BTC-C72-30@venue-a', -1] as const,
      ],
      'one contract at two venues': [
        ['BTC-C60-30@venue-a', 1] as const,
        ['BTC-C60-30@venue-b', -10] as const,
      ],
    };
    for (const lines of Object.values(legs)) {
      const positions = lines.map(([instrument, quantity]) => ({
        ...lineOf(world, instrument, 1),
        quantity,
      }));
      const apart = positions.reduce((sum, one) => sum + asked(world, [one]).maintenanceMargin, 0);
      expect(asked(world, positions).maintenanceMargin).toBeLessThan(0.8 * apart);
    }
  });

  it('scales with the book, exactly for powers of two', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -4, max: 4 }), (seed, power) => {
        const lines = drawLines(world, randomFrom(seed));
        const by = 2 ** power;
        const scaled = lines.map((line) => ({ ...line, quantity: by * line.quantity }));
        const [one, other] = [asked(world, lines).figures, asked(world, scaled).figures];
        for (const name of ['scan', 'initialScan', 'basis', 'initialBasis', 'shortOption'] as const)
          expect(other[name]).toBe(by * one[name]);
      }),
      RUNS,
    );
  });
});

describe('the size of shocks, books of options', () => {
  const change = (with_: Partial<RiskParameters>): RiskParameters =>
    riskParameters({ ...houseParameters, ...with_ });
  const shocks = (by: Readonly<Record<string, number>>): Partial<RiskParameters> => ({
    underlyings: houseParameters.underlyings.map((u) => ({ ...u, ...by })),
  });
  const under = (parameters: RiskParameters, lines: readonly PositionContent[]): MarginReport => {
    const account = world.book.addAccount(`s${world.book.size}`);
    world.book.load(account, { positions: lines, balances: [], debts: [] });
    return whatIf(world.kernel, world.book, account, { parameters });
  };

  it('rises with every shock where all lines are short options, and with the charges for any book', () => {
    const base = houseParameters.options;
    const charges = [
      change({ options: { ...base, shortMinimum: 2 * base.shortMinimum } }),
      change(shocks({ basisRate: 0.06 })),
    ];
    const harder = [
      change(shocks({ volShockUp: 0.9 })),
      change(shocks({ volMultiplier: 8 })),
      change({ options: { ...base, volTwist: 0.5 } }),
    ];
    fc.assert(
      fc.property(seeds, fc.constantFrom(...charges), fc.constantFrom(...harder), (seed, charge, hard) => {
        const lines = drawLines(world, randomFrom(seed));
        const now = under(houseParameters, lines).maintenanceMargin;
        expect(under(charge, lines).maintenanceMargin).toBeGreaterThanOrEqual(now - 1e-9 * Math.abs(now));
        // The value of options is convex in price and rises with volatility: those who are short lose more.
        const short = lines
          .filter(({ instrument }) => isOption(instrument) && !instrument.endsWith('venue-c'))
          .map((line) => ({ ...line, quantity: -Math.abs(line.quantity) }));
        const shortNow = under(houseParameters, short).maintenanceMargin;
        expect(under(hard, short).maintenanceMargin).toBeGreaterThanOrEqual(shortNow * (1 - 1e-9));
      }),
      RUNS,
    );
  });
});

describe('orders of accounts that are short of margin', () => {
  it('that close a part of any one line are never refused while nothing else is hedged by it', () => {
    // Closing an option that is paid in coins leaves coins, and with them another risk.
    const ids = world.catalogue.instruments.ids.filter(
      (id) => /^(BTC|ETH)/.test(id) && !(isOption(id) && id.endsWith('venue-c')),
    );
    fc.assert(
      fc.property(
        seeds,
        fc.constantFrom(...ids),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (seed, id, share) => {
          const random = randomFrom(seed);
          const line = lineOf(world, id, (random() < 0.5 ? -1 : 1) * 1e6 * (0.1 + random()));
          const account = world.book.addAccount(`o${world.book.size}`);
          // From insolvent to barely restricted.
          const balances = [{ asset: 'USD', location: 'vault', amount: -1e6 * random() }];
          world.book.load(account, { positions: [line], balances, debts: [] });
          const order = { instrument: id, quantity: -share * line.quantity, price: line.entryPrice };
          const verdict = judgeOrder(world.kernel, world.book, account, [], order);
          expect(verdict.allowed).toBe(true);
        },
      ),
      RUNS,
    );
  });
});

/**
 * The value of a book of options is not straight in the price: a larger shock by itself may ask for less, as
 * its steps step over where the book loses most. What holds is about the points that are looked at.
 */
describe('monotone in the scenarios, books of options', () => {
  const FIGURES = ['scanAll', 'scanGroup', 'scanOwn', 'maintenance', 'initialScan', 'initial'] as const;
  const worldOf = (change: Partial<RiskParameters>): World =>
    makeWorld(riskParameters({ ...houseParameters, ...change }), true);

  const expectNotLess = (coarse: World, fine: World): void => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [less, more] = [coarse, fine].map((of) =>
          figuresIn(asked(of, drawLines(of, randomFrom(seed)))),
        ) as [Readonly<Record<Figure, number>>, Readonly<Record<Figure, number>>];
        for (const name of FIGURES)
          expect(more[name]).toBeGreaterThanOrEqual(less[name] - 1e-11 * less.grossNotional);
      }),
      RUNS,
    );
  };

  it.each([
    [3, 5],
    [3, 31],
    [5, 29],
    [7, 13],
    [11, 21],
    [11, 31],
  ])('a grid of %i steps never asks for more than one of %i that holds its points', (few, many) => {
    const { scenarios } = houseParameters;
    expectNotLess(
      worldOf({ scenarios: { ...scenarios, spotSteps: few } }),
      worldOf({ scenarios: { ...scenarios, spotSteps: many } }),
    );
  });

  it('a further scenario never asks for less', () => {
    const crash = {
      id: 'both majors −40 %',
      shocks: ['BTC', 'ETH'].map((underlying) => ({ underlying, fraction: -0.4 })),
    };
    expectNotLess(worldOf({}), worldOf({ depegs: [...houseParameters.depegs, crash] }));
  });

  it.each([2, 3])(
    'shocks %i times as large on steps as fine, with the same tails, never ask for less',
    (by) => {
      const sized = (shock: number, spotSteps: number, tailMultiple: number): World => {
        const bounds = { shockFloor: shock, shockCap: shock };
        return worldOf({
          underlyings: houseParameters.underlyings.map((u) => ({ ...u, ...bounds })),
          otherUnderlyings: { ...houseParameters.otherUnderlyings, ...bounds },
          scenarios: { spotSteps, tailMultiple, tailCounted: 0.35 },
        });
      };
      expectNotLess(sized(0.09375, 11, 6), sized(by * 0.09375, 10 * by + 1, 6 / by));
    },
  );
});
