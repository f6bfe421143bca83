import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Standing } from './difference.ts';
import { houseParameters } from './house-parameters.ts';
import { optionValue, yearsUntil } from './option-terms.ts';
import { explainProfit } from './profit.ts';
import { RiskModel } from './risk-model.ts';
import { addRandomAccount, makeWorld, NOW_MS, randomFrom, type Random, type World } from './testing/index.ts';

const DAY_MS = 86_400_000;

type Moves = Readonly<{ price: number; basis: number; peg: number; volatility: number; days: number }>;

const at = (mark: number) => ({ mark, low: 0.999 * mark, high: 1.001 * mark, state: 'live' as const });

/** The same lines at other prices and a later time: every price of its own way, the larger the moves. */
const movedWorld = ({ catalogue, market: was }: World, random: Random, moves: Moves): RiskModel => {
  const market = was.copy();
  const by = (size: number): number => Math.max(0.05, 1 + size * (2 * random() - 1));
  for (const { id } of catalogue.assetSpecs) {
    if (id === 'USD') continue;
    const size = id.startsWith('USD') ? moves.peg : moves.price;
    market.setAssetPrice(id, at(was.assets.mark[catalogue.assets.indexOf(id)]! * by(size)));
  }
  const atMs = NOW_MS + moves.days * DAY_MS;
  market.setTime(atMs);
  catalogue.instrumentEntries.forEach(({ spec, underlying }, i) => {
    const asset = catalogue.assetUnderlyings.indexOf(underlying);
    const factor = (market.assets.mark[asset]! / was.assets.mark[asset]!) * by(moves.basis);
    const terms = was.optionTermsOf(i);
    if (spec.kind !== 'option' || terms === undefined)
      return market.setInstrumentMark(spec.id, at(was.instruments.mark[i]! * factor));
    const forward = terms.forward * factor;
    const volatility = terms.volatility * by(moves.volatility);
    // A tenth of the forward may be fixed by the average that settles it; its mark is near its formula.
    const fixedForward = random() < 0.1 ? 0.1 * forward : 0;
    market.setOptionTerms(spec.id, { forward, fixedForward, volatility });
    const worth = optionValue(spec, forward, volatility, yearsUntil(spec.expiryMs, atMs));
    market.setInstrumentMark(spec.id, at(Math.max(1e-12, worth * by(moves.basis))));
  });
  return new RiskModel(houseParameters, catalogue, market);
};

/** What a random book made between two random markets. */
const explained = (seed: number, moves: Moves) => {
  const world = makeWorld(houseParameters, true);
  const random = randomFrom(seed);
  const content = world.book.read(addRandomAccount(world, random, 'a', 10));
  const earlier: Standing = { model: world.model, content };
  return explainProfit(earlier, { model: movedWorld(world, random, moves), content }, []);
};

const SEED = fc.integer({ min: 1, max: 1e9 });
const share = (max: number) => fc.integer({ min: 0, max: 1_000 }).map((n) => (max * n) / 1_000);

describe('profit of what was held', () => {
  it('leaves no more than its bound: beyond expiries, off pegs, through strikes', () => {
    const moves = fc.record({
      ...{ price: share(0.9), basis: share(0.2), peg: share(0.5), volatility: share(0.9), days: share(200) },
    });
    fc.assert(
      fc.property(SEED, moves, (seed, move) => {
        const { tree, residual, bound } = explained(seed, move);
        // `explainProfit` asserts it too.
        expect(Math.abs(residual)).toBeLessThanOrEqual(bound);
        expect(tree.children.reduce((sum, { value }) => sum + value, 0)).toBe(tree.value);
      }),
      { numRuns: 80 },
    );
  });

  it('has a bound that means something: small for small moves, and come near', () => {
    const median = (values: readonly number[]): number =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const scaled = (size: number) => {
      const moves = { price: 0.02, basis: 0.001, peg: 0.001, volatility: 0.02, days: 1 / 12 };
      const [price, basis, peg, volatility, days] = Object.values(moves).map((move) => move * size);
      const figures = Array.from({ length: 40 }, (_, n) => {
        const { tree, residual, bound } = explained(n + 1, { price, basis, peg, volatility, days } as Moves);
        const moved = tree.children.reduce((sum, { value }) => sum + Math.abs(value), 0);
        return [Math.abs(residual) / bound, bound / moved] as const;
      });
      return [median(figures.map(([near]) => near)), median(figures.map(([, wide]) => wide))] as const;
    };
    const [near, wide] = scaled(1);
    const [, narrow] = scaled(0.01);
    // Two hours: a bound of some hundredths of what happened; a minute: much less.
    expect(wide).toBeLessThan(0.08);
    expect(narrow).toBeLessThan(0.005);
    expect(near).toBeGreaterThan(0.1);
  });

  it('is exact where nothing is an option: products of prices are second order, not residual', () => {
    const world = makeWorld(houseParameters);
    const book = { positions: [], balances: [], debts: [] };
    const content = {
      ...book,
      positions: [
        { instrument: 'BTC-PERP@venue-a', quantity: 2, entryPrice: 50_000 },
        { instrument: 'ETH-INV@venue-b', quantity: -40, entryPrice: 2_800 },
      ],
      balances: [{ asset: 'BTC', location: 'vault', amount: 1.5 }],
      debts: [{ asset: 'USDC', amount: 10_000 }],
    };
    const moves = { price: 0.3, basis: 0.02, peg: 0.1, volatility: 0, days: 1 };
    const later = { model: movedWorld(world, randomFrom(5), moves), content };
    const { tree, residual, bound } = explainProfit({ model: world.model, content }, later, []);
    expect(bound).toBeLessThan(1e-6);
    expect(Math.abs(residual)).toBeLessThanOrEqual(bound);
    expect(Math.abs(tree.value)).toBeGreaterThan(1_000);
  });
});
