import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explainDifference, type Standing } from './difference.ts';
import { sumOf, type Explanation } from './explanation.ts';
import { houseParameters } from './house-parameters.ts';
import { marginOf } from './margin.ts';
import { MarginKernel } from './margin-kernel.ts';
import { riskParameters } from './parameters.ts';
import { explainProfit } from './profit.ts';
import { RiskModel } from './risk-model.ts';
import { addRandomAccount, makeWorld, markOptions, NOW_MS, randomFrom, type World } from './testing/index.ts';
import type { AccountContent } from './types.ts';
import { movePrices } from './what-if.ts';

const seeds = fc.integer({ min: 1, max: 1e9 });
const HOUR_MS = 3_600_000;
const everyNode = (node: Explanation): Explanation[] => [node, ...node.children.flatMap(everyNode)];
const part = (tree: Explanation, label: string): number =>
  tree.children.find((child) => child.label === label)?.value ?? 0;

type Account = World & Readonly<{ content: AccountContent }>;
const one = (seed: number): Account => {
  const world = makeWorld(houseParameters, true);
  const account = addRandomAccount(world, randomFrom(seed), 'a', 10);
  return { ...world, content: world.book.read(account) };
};

/** The market a while later: prices, volatilities and time moved, all a little. */
const later = (world: World, seed: number, size: number, hours = 1, shift = 0.01): RiskModel => {
  const { model, catalogue } = world;
  const random = randomFrom(seed);
  const market = model.market.copy();
  for (const underlying of catalogue.underlyings.ids)
    movePrices(model, market, { underlying, fraction: size * (2 * random() - 1) });
  markOptions(catalogue, market, NOW_MS + hours * HOUR_MS, shift);
  market.setVolatility('BTC', 1.1);
  return new RiskModel(model.parameters, catalogue, market);
};

const figuresOf = ({ model, content }: Standing) => {
  const world = { ...makeWorld(houseParameters, true) };
  const account = world.book.addAccount('x');
  world.book.load(account, content);
  return marginOf(new MarginKernel(model), world.book, account);
};

describe('the difference between two positions', () => {
  it('has parts that sum exactly, from the figures of the one to those of the other', () => {
    fc.assert(
      fc.property(seeds, seeds, (first, second) => {
        const world = one(first);
        const from = { model: world.model, content: world.content };
        const to = { model: later(world, second, 0.05), content: one(second).content };
        const [before, after] = [figuresOf(from), figuresOf(to)];
        const trees = explainDifference(from, to);
        expect(trees.equity.value).toBeCloseTo(after.equity - before.equity, 6);
        expect(trees.initial.value).toBeCloseTo(after.initialMargin - before.initialMargin, 6);
        expect(trees.maintenance.value).toBeCloseTo(after.maintenanceMargin - before.maintenanceMargin, 6);
        for (const tree of Object.values(trees))
          for (const node of everyNode(tree)) {
            if (node.children.length > 0) expect(sumOf(node.children)).toBe(node.value);
            if (node.label === 'rounding') expect(Math.abs(node.value)).toBeLessThan(1e-6);
          }
      }),
      { numRuns: 20 },
    );
  });

  it('is in the part that changed, and nowhere else', () => {
    const world = one(3);
    const from = { model: world.model, content: world.content };
    const { catalogue, market } = world;
    const stood = explainDifference(from, from);
    expect([stood.equity.value, stood.initial.value, stood.maintenance.value]).toEqual([0, 0, 0]);
    const raised = riskParameters({ ...houseParameters, imShockMultiplier: 1.5 });
    const set = explainDifference(from, { ...from, model: new RiskModel(raised, catalogue, market) });
    expect(part(set.initial, 'parameters')).toBe(set.initial.value);
    expect(set.initial.value).toBeGreaterThan(0);
    const sold = { ...world.content, positions: world.content.positions.slice(1) };
    const traded = explainDifference(from, { ...from, content: sold });
    expect(part(traded.maintenance, 'position')).toBe(traded.maintenance.value);
    expect(traded.maintenance.value).not.toBe(0);
  });

  it('names the underlying whose price moved', () => {
    const world = one(3);
    const { model, content, catalogue } = world;
    const market = model.market.copy();
    movePrices(model, market, { underlying: 'ETH', fraction: -0.05 });
    const moved = new RiskModel(houseParameters, catalogue, market);
    const { equity } = explainDifference({ model, content }, { model: moved, content });
    const price = equity.children.find(({ label }) => label === 'price')!;
    expect(price.value).toBeCloseTo(equity.value, 6);
    expect(part(price, 'ETH')).toBeCloseTo(equity.value, 6);
  });
});

describe('profit and loss', () => {
  it('has parts that sum exactly, and a residual within its bound', () => {
    let largest = 0;
    fc.assert(
      fc.property(seeds, seeds, fc.constantFrom(0.002, 0.01, 0.03), (first, second, size) => {
        const world = one(first);
        const from = { model: world.model, content: world.content };
        const to = { model: later(world, second, size), content: world.content };
        const { tree, residual, bound } = explainProfit(from, to, []);
        const [before, after] = [figuresOf(from).figures, figuresOf(to).figures];
        const change = after.assets + after.unrealised - before.assets - before.unrealised;
        expect(tree.value).toBeCloseTo(change, 5);
        expect(sumOf(tree.children)).toBe(tree.value);
        expect(Math.abs(residual)).toBeLessThanOrEqual(bound);
        expect(Math.abs(part(tree, 'trades'))).toBeLessThan(1e-6);
        largest = Math.max(largest, Math.abs(residual));
      }),
      { numRuns: 60 },
    );
    expect(largest).toBeGreaterThan(0);
  });

  it('is small beside what it explains when moves are small', () => {
    const world = one(11);
    const from = { model: world.model, content: world.content };
    const { tree, residual } = explainProfit(from, { ...from, model: later(world, 5, 0.001, 0, 0) }, []);
    const explained = tree.children.reduce((sum, { value }) => sum + Math.abs(value), 0);
    expect(Math.abs(residual)).toBeLessThan(0.05 * explained);
  });

  it('has what came and went under its kind, and trades as the rest', () => {
    const world = one(7);
    const from = { model: world.model, content: world.content };
    const balances = world.content.balances.map((row, n) =>
      n === 0 ? { ...row, amount: row.amount + 90 } : row,
    );
    const { asset } = balances[0]!;
    const flows = [
      { kind: 'funding', asset, amount: -10 },
      { kind: 'transfers', asset, amount: 100 },
    ] as const;
    const { tree } = explainProfit(from, { ...from, content: { ...world.content, balances } }, flows);
    const price = world.market.assets.mark[world.catalogue.assets.indexOf(asset)]!;
    expect(part(tree, 'funding')).toBeCloseTo(-10 * price, 6);
    expect(part(tree, 'transfers')).toBeCloseTo(100 * price, 6);
    expect(part(tree, 'trades')).toBeCloseTo(0, 5);
  });
});
