import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Book } from './book.ts';
import { explainLeaveOneOut, explainMargin } from './explain.ts';
import { sumOf, type Explanation } from './explanation.ts';
import { houseParameters } from './house-parameters.ts';
import { marginOf, type MarginReport } from './margin.ts';
import { riskParameters, type RiskParameters } from './parameters.ts';
import { addRandomAccount, makeWorld, randomFrom, type World } from './testing/index.ts';
import type { AccountContent } from './types.ts';
import { whatIf } from './what-if.ts';

const seeds = fc.integer({ min: 1, max: 1_000_000_000 });
const RUNS = { numRuns: 60 };

/**
 * Costs that grow with size and charges for where money stands are left out where a law holds without them
 * only.
 */
const plain: RiskParameters = riskParameters({
  ...houseParameters,
  concentration: { ...houseParameters.concentration, impactCoefficient: 0 },
  otherVenues: {
    ...houseParameters.otherVenues,
    transferableShare: 1,
    transferHours: 0,
    requirementFraction: 0,
  },
});

const one = (
  seed: number,
  parameters = houseParameters,
  withOptions = false,
  positions = 6,
): World & { account: number } => {
  const world = makeWorld(parameters, withOptions);
  const account = addRandomAccount(world, randomFrom(seed), 'a', positions);
  return { ...world, account };
};
const margin = (world: World, account: number): MarginReport => marginOf(world.kernel, world.book, account);
const loaded = (world: World, content: AccountContent): MarginReport => {
  const account = world.book.addAccount(`loaded-${world.book.size}`);
  world.book.load(account, content);
  return margin(world, account);
};
const scaled = (content: AccountContent, by: number): AccountContent => ({
  positions: content.positions.map((p) => ({ ...p, quantity: p.quantity * by })),
  balances: content.balances.map((b) => ({ ...b, amount: b.amount * by })),
  debts: content.debts.map((d) => ({ ...d, amount: d.amount * by })),
});
const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) <= 1e-11 * size;

/** Adds two accounts' contents; a position in both is netted at the average entry that keeps its profit. */
const merged = (world: World, a: AccountContent, b: AccountContent): AccountContent => {
  const book = new Book(world.catalogue);
  const account = book.addAccount('merged');
  book.load(account, a);
  const read = (): AccountContent => book.read(account);
  for (const p of b.positions) {
    const held = read().positions.find((o) => o.instrument === p.instrument);
    if (held === undefined) {
      book.setPosition(account, p.instrument, p.quantity, p.entryPrice);
      continue;
    }
    // At the mark a position has no profit: both profits move to the balance of the settlement asset.
    const { spec } = world.catalogue.instrumentEntries[world.catalogue.instruments.indexOf(p.instrument)]!;
    const mark = world.market.instruments.mark[world.catalogue.instruments.indexOf(p.instrument)]!;
    const inverse = 'form' in spec && spec.form === 'inverse';
    // An option is worth its mark, whatever was paid for it.
    const profit = (q: number, e: number): number =>
      spec.kind === 'option' ? 0 : q * spec.contractSize * (inverse ? 1 / e - 1 / mark : mark - e);
    const gained = profit(held.quantity, held.entryPrice) + profit(p.quantity, p.entryPrice);
    const balance = read().balances.find((o) => o.asset === spec.settlement && o.location === spec.venue);
    book.setPosition(account, p.instrument, held.quantity + p.quantity, mark);
    book.setBalance(account, spec.settlement, spec.venue, (balance?.amount ?? 0) + gained);
  }
  for (const o of b.balances) {
    const held = read().balances.find((x) => x.asset === o.asset && x.location === o.location);
    book.setBalance(account, o.asset, o.location, o.amount + (held?.amount ?? 0));
  }
  for (const d of b.debts) {
    const held = read().debts.find((x) => x.asset === d.asset);
    book.setDebt(account, d.asset, d.amount + (held?.amount ?? 0));
  }
  return read();
};

describe.each([
  ['contracts', false],
  ['contracts and options', true],
] as const)('laws of the requirement (finance §6.10), %s', (_, options) => {
  it('does not depend on the order in which a book was entered', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed, houseParameters, options);
        const content = world.book.read(world.account);
        const reversed = {
          positions: content.positions.toReversed(),
          balances: content.balances.toReversed(),
          debts: content.debts.toReversed(),
        };
        expect(loaded(world, reversed)).toEqual(margin(world, world.account));
      }),
      RUNS,
    );
  });

  it('scales with the book, exactly for powers of two', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: -4, max: 4 }), (seed, power) => {
        const world = one(seed, plain, options);
        const before = margin(world, world.account).figures;
        // The haircut grows with size; the fund is the only asset that has one.
        const content = world.book.read(world.account);
        const by = 2 ** power;
        const after = loaded(world, scaled(content, by)).figures;
        const names = [
          'scan',
          'scanAll',
          'scanOwn',
          'basis',
          'venueCredit',
          'coverage',
          'unrealised',
          'shortOption',
          'initialBasis',
        ] as const;
        for (const name of names) expect(after[name]).toBe(by * before[name]);
      }),
      RUNS,
    );
  });

  it('never asks more of two books together than of the two apart', () => {
    fc.assert(
      fc.property(seeds, seeds, (first, second) => {
        const world = one(first, plain, options);
        const other = addRandomAccount(world, randomFrom(second), 'b', 6);
        const a = margin(world, world.account).figures;
        const b = margin(world, other).figures;
        const both = loaded(
          world,
          merged(world, world.book.read(world.account), world.book.read(other)),
        ).figures;
        const size = a.grossNotional + b.grossNotional;
        expect(near(both.equity, a.equity + b.equity, size + a.assets + b.assets)).toBe(true);
        for (const name of ['scanAll', 'scanGroup', 'scanOwn', 'initialScan', 'venueCredit'] as const)
          expect(both[name]).toBeLessThanOrEqual(a[name] + b[name] + 1e-11 * size);
        const asked = (f: typeof a): number => f.maintenance - f.coverage;
        expect(asked(both)).toBeLessThanOrEqual(asked(a) + asked(b) + 1e-11 * size);
        const atFirst = (f: typeof a): number => f.initial - f.initialCoverage;
        expect(atFirst(both)).toBeLessThanOrEqual(atFirst(a) + atFirst(b) + 1e-11 * size);
      }),
      RUNS,
    );
  });

  it('more collateral never lowers equity less requirement', () => {
    const assets = fc.constantFrom('USD', 'USDC', 'BTC', 'SOL', 'FUND');
    const places = fc.constantFrom('vault', 'venue-a', 'venue-b');
    fc.assert(
      fc.property(
        seeds,
        assets,
        places,
        fc.double({ min: 1, max: 2e6, noNaN: true }),
        (seed, asset, to, usd) => {
          const world = one(seed, houseParameters, options);
          const before = margin(world, world.account);
          const price = world.market.assets.mark[world.catalogue.assets.indexOf(asset)]!;
          const after = whatIf(world.kernel, world.book, world.account, {
            transfers: [{ asset, to, amount: usd / price }],
          });
          expect(after.equity).toBeGreaterThanOrEqual(before.equity);
          // A coin added to a hedged book may undo the hedge; it must still be worth more than it asks for.
          const slack = (r: MarginReport): number => r.equity - r.maintenanceMargin;
          expect(slack(after)).toBeGreaterThanOrEqual(slack(before) - 1e-9 * usd);
          expect(after.equity - after.initialMargin).toBeGreaterThanOrEqual(
            before.equity - before.initialMargin - 1e-9 * usd,
          );
        },
      ),
      RUNS,
    );
  });

  it('rises with haircuts and with the size of shocks', () => {
    const raised: RiskParameters = riskParameters({
      ...houseParameters,
      underlyings: houseParameters.underlyings.map((u) => ({
        ...u,
        shockFloor: Math.min(0.12, u.shockFloor * 1.5),
      })),
      otherUnderlyings: { ...houseParameters.otherUnderlyings, shockFloor: 0.15 },
      haircuts: { ...houseParameters.haircuts, otherAssets: { min: 0.3, max: 0.6, dailyVolumeUsd: 10e6 } },
    });
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed, houseParameters, options);
        const before = margin(world, world.account);
        const after = whatIf(world.kernel, world.book, world.account, { parameters: raised });
        // Steps of a wider grid may step over where a book of options loses most (option-laws.spec.ts).
        if (!options) expect(after.figures.scanOwn).toBeGreaterThanOrEqual(before.figures.scanOwn);
        expect(after.figures.haircuts).toBeGreaterThanOrEqual(before.figures.haircuts);
        expect(after.equity).toBeLessThanOrEqual(before.equity);
      }),
      RUNS,
    );
  });

  it('leaves less above the requirement when haircuts rise or transfers take longer', () => {
    const changes: readonly RiskParameters[] = [
      {
        ...houseParameters,
        haircuts: { ...houseParameters.haircuts, otherAssets: { min: 0.4, max: 0.6, dailyVolumeUsd: 10e6 } },
      },
      { ...houseParameters, otherVenues: { ...houseParameters.otherVenues, transferHours: 3 } },
      { ...houseParameters, custody: { transferableShare: 0.5, transferHours: 2 } },
    ];
    fc.assert(
      fc.property(seeds, fc.constantFrom(...changes), (seed, parameters) => {
        const world = one(seed, houseParameters, options);
        const before = margin(world, world.account);
        const after = whatIf(world.kernel, world.book, world.account, {
          parameters: riskParameters(parameters),
        });
        const size = before.figures.grossNotional + before.figures.assets;
        expect(after.equity - after.maintenanceMargin).toBeLessThanOrEqual(
          before.equity - before.maintenanceMargin + 1e-11 * size,
        );
      }),
      RUNS,
    );
  });

  it('rises with the shocks of the initial margin', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 1, max: 1.2, noNaN: true }), (seed, by) => {
        const parameters = riskParameters({
          ...houseParameters,
          imShockMultiplier: by * houseParameters.imShockMultiplier,
        });
        const world = one(seed, plain, options);
        const before = margin(world, world.account).figures;
        const after = whatIf(world.kernel, world.book, world.account, { parameters }).figures;
        // The value of an option is not straight in the price: a larger shock may cost a spread less.
        if (!options) expect(after.initialScan).toBeGreaterThanOrEqual(before.initialScan * (1 - 1e-12));
        expect(after.scan).toBe(before.scan);
      }),
      RUNS,
    );
  });

  it('asks for more as initial than as maintenance', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed, houseParameters, options);
        const { figures } = margin(world, world.account);
        expect(figures.initialScan).toBeGreaterThanOrEqual(figures.scan);
        expect(figures.priceBand).toBeGreaterThanOrEqual(0);
      }),
      RUNS,
    );
  });
});

describe('what-if', () => {
  it('of nothing is the current report, bit for bit', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed, houseParameters, false, 16);
        const now = margin(world, world.account);
        expect(whatIf(world.kernel, world.book, world.account, {})).toEqual(now);
        const same = { parameters: houseParameters, priceMoves: [{ underlying: 'BTC', fraction: 0 }] };
        expect(whatIf(world.kernel, world.book, world.account, same)).toEqual(now);
      }),
      RUNS,
    );
  });

  it('of prices moved by a scenario loses what the risk arrays say', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 32 }), (seed, scenario) => {
        const world = one(seed);
        const now = margin(world, world.account);
        const { multiple } = world.model.scenarios[scenario]!;
        const priceMoves = world.catalogue.underlyings.ids.map((underlying, u) => ({
          underlying,
          fraction: multiple * world.model.shockSizes[u]!,
        }));
        const then = whatIf(world.kernel, world.book, world.account, { priceMoves });
        const worth = (r: MarginReport): number => r.figures.assets + r.figures.unrealised;
        const size = now.figures.grossNotional + Math.abs(now.figures.assets);
        expect(near(worth(now) - worth(then), now.scenarioLosses[scenario]!, size)).toBe(true);
      }),
      RUNS,
    );
  });

  it('of a de-peg loses what its scenario says', () => {
    const index = makeWorld().model.scenarios.findIndex((s) => s.depeg === 0);
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed);
        const now = margin(world, world.account);
        const then = whatIf(world.kernel, world.book, world.account, {
          priceMoves: [{ underlying: 'USDC', fraction: -0.12 }],
        });
        const worth = (r: MarginReport): number => r.figures.assets + r.figures.unrealised;
        const size = now.figures.grossNotional + Math.abs(now.figures.assets);
        expect(near(worth(now) - worth(then), now.scenarioLosses[index]!, size)).toBe(true);
      }),
      RUNS,
    );
  });

  it('of a fill at the mark leaves equity where it was', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: -3, max: 3, noNaN: true }), (seed, share) => {
        const world = one(seed);
        const held = world.book.read(world.account).positions[0]!;
        const mark = world.market.instruments.mark[world.catalogue.instruments.indexOf(held.instrument)]!;
        const now = margin(world, world.account);
        const order = { instrument: held.instrument, quantity: share * held.quantity, price: mark };
        const then = whatIf(world.kernel, world.book, world.account, { orders: [order] });
        const worth = (r: MarginReport): number => r.figures.assets + r.figures.unrealised;
        expect(near(worth(then), worth(now), now.figures.grossNotional + Math.abs(now.figures.assets))).toBe(
          true,
        );
      }),
      RUNS,
    );
  });
});

const everyNode = (node: Explanation): Explanation[] => [node, ...node.children.flatMap(everyNode)];

describe('explanations', () => {
  it('sum to their figure exactly at every node', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = one(seed, houseParameters, false, 12);
        const { equity, maintenanceMargin, initialMargin } = margin(world, world.account);
        const values = { equity, maintenance: maintenanceMargin, initial: initialMargin };
        for (const figure of ['equity', 'maintenance', 'initial'] as const)
          for (const explain of [explainMargin, explainLeaveOneOut]) {
            const tree = explain(world.kernel, world.book, world.account, figure);
            expect(tree.value).toBe(values[figure]);
            for (const node of everyNode(tree)) {
              if (node.children.length > 0) expect(sumOf(node.children)).toBe(node.value);
              if (node.label === 'rounding') expect(Math.abs(node.value)).toBeLessThan(1e-8);
            }
          }
      }),
      RUNS,
    );
  });
});
