import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MarginInputError } from '../../checks.ts';
import { applyFill } from '../../fills.ts';
import { houseParameters } from '../../house-parameters.ts';
import { isRiskReducing } from '../../risk-reducing.ts';
import { makeWorld, pick, randomFrom } from '../../testing/index.ts';
import type { Requirement } from '../margin-model.ts';
import type { ModelMarket } from '../market.ts';
import type { ModelPortfolio } from '../portfolio.ts';
import { MARGIN_MODELS, RULEBOOK_NAMES } from './margin-models.ts';
import { orderUnder } from './order-verdict.ts';
import { DEFAULT_RULEBOOKS, type RulebookName } from './parameters.ts';
import { modelInput } from './translation.ts';

const WEEK = 604_800;
const PRICES = { BTC: 60_000, ETH: 3_000 } as const;
const COINS = ['BTC', 'ETH'] as const;

const market: ModelMarket = {
  stablePrice: 1,
  assets: new Map(
    [...Object.entries(PRICES), ['USDC', 1] as const].map(([id, price]) => [id, { price, confidence: 1 }]),
  ),
  underlyings: new Map(
    Object.entries(PRICES).map(([id, price]) => [
      id,
      {
        spot: { price, confidence: 1 },
        perpetual: { price, confidence: 1 },
        volatility: 0.6,
        expiries: [
          {
            ...{ secondsToExpiry: WEEK, forward: price, forwardConfidence: 1, rate: 0, rateConfidence: 1 },
            ...{ volatilityConfidence: 1, volatility: () => 0.6 },
          },
        ],
      },
    ]),
  ),
};

/** Rulebooks whose scope has options. */
const WITH_OPTIONS = new Set<RulebookName>([
  ...(['house', 'derive-pmrm2', 'derive-standard', 'paradex', 'okx', 'deribit'] as const),
]);
/**
 * Rulebooks that ask more than twice as much of a book twice as large, by rule: for concentration, by tiers
 * or by weights that grow with size. What they ask never grows by less.
 */
const GROWS_WITH_SIZE = new Set<RulebookName>(['house', 'drift', 'okx', 'deribit']);

/**
 * Rulebooks that may ask more of two books together than of the two apart, by rule: those above, and
 * derive-standard, which takes an expiry's options all by themselves or all by their lowest payoff, so that
 * one more short option can undo what others had covered.
 */
const MAY_COST_TO_NET = new Set<RulebookName>([...GROWS_WITH_SIZE, 'derive-standard']);

const size = fc.integer({ min: -64, max: 64 }).map((n) => n / 8);
const perpetual = fc.record({ underlying: fc.constantFrom(...COINS), size });
const option = fc.record({
  ...{ underlying: fc.constantFrom(...COINS), size, isCall: fc.boolean() },
  moneyness: fc.constantFrom(0.8, 0.9, 1, 1.1, 1.25),
});

/** A book of perpetuals, and of options where the rulebook knows them. */
const books = (name: RulebookName): fc.Arbitrary<ModelPortfolio> =>
  fc
    .record({
      perpetuals: fc.array(perpetual, { minLength: 1, maxLength: 2 }),
      options: fc.array(option, { maxLength: WITH_OPTIONS.has(name) ? 4 : 0 }),
      cash: fc.integer({ min: 0, max: 1_000_000 }),
    })
    .map(({ perpetuals, options, cash }) => bookOf(perpetuals, options, cash));

type Perpetuals = readonly Readonly<{ underlying: (typeof COINS)[number]; size: number }>[];
type Options = readonly Readonly<{
  underlying: (typeof COINS)[number];
  size: number;
  isCall: boolean;
  moneyness: number;
}>[];

/** Every instrument once: a position is one, whatever it was traded in. */
const bookOf = (perpetuals: Perpetuals, options: Options, cash: number): ModelPortfolio => {
  const once = <T extends { instrument: string; size: number }>(list: readonly T[]): readonly T[] => {
    const seen = new Map<string, T>();
    for (const one of list) seen.set(one.instrument, one);
    return [...seen.values()].filter((one) => one.size !== 0);
  };
  return {
    cash,
    assets: [],
    perpetuals: once(
      perpetuals.map(({ underlying, size: held }) => ({
        ...{ underlying, instrument: `${underlying}-PERP`, size: held },
        ...{ unrealisedProfit: 0, accruedFunding: 0 },
      })),
    ),
    options: once(
      options.map(({ underlying, size: held, isCall, moneyness }) => {
        const strike = PRICES[underlying] * moneyness;
        const instrument = `${underlying}-${strike}-${isCall ? 'C' : 'P'}`;
        return { underlying, instrument, size: held, isCall, strike, secondsToExpiry: WEEK };
      }),
    ),
  };
};

const judge = (name: RulebookName, portfolio: ModelPortfolio): Requirement =>
  MARGIN_MODELS[name].judge(portfolio, market, DEFAULT_RULEBOOKS);

/** The whole book, its money too unless that is to stay: the house charges the dollar coin it is in. */
const scaled = (portfolio: ModelPortfolio, by: number, isMoneyKept = false): ModelPortfolio => ({
  ...portfolio,
  cash: isMoneyKept ? portfolio.cash : portfolio.cash * by,
  perpetuals: portfolio.perpetuals.map((held) => ({ ...held, size: held.size * by })),
  options: portfolio.options.map((held) => ({ ...held, size: held.size * by })),
});

const notional = ({ perpetuals, options }: ModelPortfolio): number =>
  [...perpetuals, ...options].reduce(
    (sum, held) => sum + Math.abs(held.size) * PRICES[held.underlying as (typeof COINS)[number]],
    0,
  );

const FIELDS = ['initial', 'maintenance'] as const;
const RUNS = { numRuns: 60 };
/** Figures of chains are whole numbers of a millionth: rounding of a few holdings. */
const room = (portfolio: ModelPortfolio): number => 1e-4 + 1e-9 * notional(portfolio);

describe.each(RULEBOOK_NAMES)('laws of %s', (name) => {
  const holding = books(name).filter(({ perpetuals, options }) => perpetuals.length + options.length > 0);

  it('the parts sum to what is asked', () => {
    fc.assert(
      fc.property(holding, (portfolio) => {
        const asked = judge(name, portfolio);
        for (const field of FIELDS) {
          const sum = asked.parts.reduce((total, part) => total + part[field], 0);
          expect(Math.abs(sum - asked[field])).toBeLessThanOrEqual(1e-12 * (1 + notional(portfolio)));
        }
      }),
      RUNS,
    );
  });

  it('does not depend on the order of holdings, nor on what was judged in between, bit for bit', () => {
    fc.assert(
      fc.property(holding, holding, (portfolio, other) => {
        const before = judge(name, portfolio);
        judge(name, other);
        expect(judge(name, portfolio)).toEqual(before);
        const reversed = {
          ...portfolio,
          perpetuals: portfolio.perpetuals.toReversed(),
          options: portfolio.options.toReversed(),
        };
        const again = judge(name, reversed);
        for (const field of FIELDS)
          expect(Math.abs(again[field] - before[field])).toBeLessThanOrEqual(
            1e-12 * (1 + notional(portfolio)),
          );
      }),
      RUNS,
    );
  });

  it('twice the book asks for twice as much, or for more where size itself is charged', () => {
    fc.assert(
      fc.property(holding, (portfolio) => {
        const [once, twice] = [judge(name, portfolio), judge(name, scaled(portfolio, 2))];
        for (const field of FIELDS) {
          expect(twice[field]).toBeGreaterThanOrEqual(2 * once[field] - room(portfolio));
          if (!GROWS_WITH_SIZE.has(name))
            expect(twice[field]).toBeLessThanOrEqual(2 * once[field] + room(portfolio));
        }
      }),
      RUNS,
    );
  });

  it('a book that is made smaller all over never asks for more: closing is never stopped by it', () => {
    fc.assert(
      fc.property(holding, fc.constantFrom(0, 0.25, 0.5, 0.875), (portfolio, left) => {
        const [before, after] = [
          judge(name, portfolio),
          judge(name, scaled(portfolio, left, name !== 'house')),
        ];
        for (const field of FIELDS) expect(after[field]).toBeLessThanOrEqual(before[field] + room(portfolio));
      }),
      RUNS,
    );
  });

  it('more money never takes from what is left above the requirement', () => {
    fc.assert(
      fc.property(holding, fc.integer({ min: 1, max: 1_000_000 }), (portfolio, more) => {
        const richer = { ...portfolio, cash: portfolio.cash + more };
        const [before, after] = [judge(name, portfolio), judge(name, richer)];
        for (const field of FIELDS)
          expect(after.markToMarket - after[field]).toBeGreaterThanOrEqual(
            before.markToMarket - before[field] - room(portfolio),
          );
      }),
      RUNS,
    );
  });

  it('two books together never ask for more than the two apart', () => {
    fc.assert(
      fc.property(holding, fc.integer({ min: 0, max: 255 }), (portfolio, mask) => {
        if (MAY_COST_TO_NET.has(name)) return;
        const [first, second] = split(portfolio, mask);
        const [both, a, b] = [judge(name, portfolio), judgedOr(name, first), judgedOr(name, second)];
        for (const field of FIELDS)
          expect(both[field]).toBeLessThanOrEqual(a[field] + b[field] + room(portfolio));
      }),
      RUNS,
    );
  });
});

/** Holdings by the bits of the mask; the money stays with the first. */
const split = (portfolio: ModelPortfolio, mask: number): readonly [ModelPortfolio, ModelPortfolio] => {
  const isFirst = (at: number): boolean => ((mask >> at) & 1) === 0;
  const perpetuals = portfolio.perpetuals.length;
  const part = (first: boolean): ModelPortfolio => ({
    cash: first ? portfolio.cash : 0,
    assets: [],
    perpetuals: portfolio.perpetuals.filter((_, n) => isFirst(n) === first),
    options: portfolio.options.filter((_, n) => isFirst(perpetuals + n) === first),
  });
  return [part(true), part(false)];
};

/** An empty book asks for nothing. */
const judgedOr = (
  name: RulebookName,
  portfolio: ModelPortfolio,
): Pick<Requirement, 'initial' | 'maintenance'> => {
  if (portfolio.perpetuals.length + portfolio.options.length === 0) return { initial: 0, maintenance: 0 };
  return judge(name, portfolio);
};

describe.each(RULEBOOK_NAMES)('orders under %s', (name) => {
  const withOptions = WITH_OPTIONS.has(name);
  const closable = withOptions ? /^(BTC|ETH)-(PERP|[CP][\d.]+-30)@venue-a$/ : /^(BTC|ETH)-PERP@venue-a$/;

  it('that close a part of what is held are never refused, whatever the account owes or has', () => {
    const verdicts = new Set<string>();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: -0.4, max: 0.4, noNaN: true }),
        (seed, wealth) => {
          const random = randomFrom(seed);
          const world = makeWorld(houseParameters, withOptions);
          const ids = world.catalogue.instruments.ids.filter((id) => closable.test(id));
          const instrument = pick(random, ids);
          const i = world.catalogue.instruments.indexOf(instrument);
          const price = world.market.instruments.mark[i] ?? NaN;
          const quantity = (random() < 0.5 ? -1 : 1) * (0.1 + 10 * random());
          const account = world.book.addAccount('a');
          const positions = [{ instrument, quantity, entryPrice: price }];
          // From insolvent to healthy.
          const balances = [
            { asset: 'USDC', location: 'venue-a', amount: wealth * Math.abs(quantity) * 60_000 },
          ];
          world.book.load(account, { positions, balances, debts: [] });
          const order = { instrument, quantity: -quantity * (0.05 + 0.95 * random()), price };
          const reduces = isRiskReducing(world.kernel, world.book, account, [order]);
          expect(reduces).toBe(true);
          applyFill(world.book, account, order);
          const input = modelInput(world.book.read(account), world, { expiryMs: () => undefined });
          const asked = MARGIN_MODELS[name].judge(input.portfolio, input.market, DEFAULT_RULEBOOKS);
          const verdict = orderUnder(asked, reduces);
          expect(verdict).not.toBe('refused');
          expect(orderUnder(undefined, reduces)).toBe('risk-reducing');
          verdicts.add(verdict);
        },
      ),
      RUNS,
    );
    // The peer's own figures refuse some of them: the property is not empty.
    expect(verdicts).toEqual(new Set(['covered', 'risk-reducing']));
  });
});

describe('what a rulebook does not know', () => {
  it('is refused, never judged as nothing', () => {
    for (const name of RULEBOOK_NAMES) {
      if (WITH_OPTIONS.has(name)) continue;
      const portfolio = bookOf([], [{ underlying: 'BTC', size: -1, isCall: true, moneyness: 1 }], 0);
      expect(() => judge(name, portfolio)).toThrow(MarginInputError);
    }
  });
});
