import { describe, expect, it } from '@jest/globals';
import type { AccountContent } from '@plinth/margin';
import { MarksView, ReferenceView } from '@plinth/views';
import { bandOf, dependenciesOf, objectionable, worstObjection } from './price-band.ts';
import { equityText, requirementText } from './margin-figures.ts';

const listed = (instrumentId: string, inverse: boolean, quoteAsset: string) => ({
  ...{ instrumentId, kind: 'perpetual', underlying: 'BTC', quoteAsset, contractSize: '2', inverse },
  ...{ expiresAtMs: 0, strike: '', optionType: '', priceRule: undefined },
});

const world = (change: Readonly<Record<string, unknown>> = {}) => {
  const reference = new ReferenceView();
  const marks = new MarksView();
  reference.apply({ type: 'InstrumentListed', data: listed('BTC-PERP', false, 'USDC') } as never);
  reference.apply({ type: 'InstrumentListed', data: listed('BTC-INV', true, 'BTC') } as never);
  const mark = (instrumentId: string, price: string, confidence: string) => ({
    ...{
      instrumentId,
      price,
      confidence,
      twap: price,
      volatility: 1,
      state: 'live',
      sources: 3,
      guarded: false,
    },
    ...(instrumentId === 'BTC-PERP' ? change : {}),
  });
  const round = [mark('BTC-PERP', '100', '2'), mark('BTC-INV', '100', '20'), mark('BTC/USD', '100', '1')];
  const all = { round: 1, atMs: 1, quotes: [], marks: [...round, mark('USDC/USD', '0.5', '0.1')] };
  marks.apply({ type: 'MarksPublished', data: all } as never);
  return { reference, marks };
};

const content: AccountContent = {
  positions: [{ instrument: 'BTC-PERP@alpha', quantity: -3, entryPrice: 90 }],
  balances: [
    { asset: 'USD', location: 'venue:alpha', amount: 5 },
    { asset: 'BTC', location: 'venue:alpha', amount: 4 },
  ],
  debts: [{ asset: 'BTC', amount: 1 }],
};

describe('what figures depend on', () => {
  it('is every contract, what it settles in, and every asset but the numeraire', () => {
    expect(dependenciesOf(world(), content)).toEqual(['BTC-PERP', 'BTC/USD', 'USDC/USD']);
  });

  it('must allow the action: one that was never priced allows none', () => {
    const ids = ['BTC-PERP', 'ETH/USD'];
    expect(objectionable(world({ state: 'degraded' }), ids, 'open-risk')).toEqual(ids);
    expect(objectionable(world({ state: 'degraded' }), ids, 'liquidate')).toEqual(['ETH/USD']);
    expect(objectionable(world(), ids, 'reduce')).toEqual(['ETH/USD']);
  });

  it('is told by its worst', () => {
    expect(worstObjection(world(), content, 'liquidate')).toBeUndefined();
    expect(worstObjection(world({ guarded: true }), content, 'liquidate')).toBe('guarded');
    expect(worstObjection(world({ guarded: true, state: 'halted' }), content, 'liquidate')).toBe('halted');
    expect(worstObjection(world({ state: 'degraded' }), content, 'withdraw')).toBe('degraded');
  });
});

describe('the band', () => {
  it('adds what every price could make up for', () => {
    // 3 contracts of 2 by 2 USDC at half a dollar, and 3 BTC net by 1.
    expect(bandOf(world(), content)).toBe(3 * 2 * 2 * 0.5 + 3);
  });

  it('of an inverse contract is that of 1/price at its low end', () => {
    const inverse = {
      ...content,
      balances: [],
      debts: [],
      positions: [{ instrument: 'BTC-INV@a', quantity: 5, entryPrice: 1 }],
    };
    expect(bandOf(world(), inverse)).toBeCloseTo(5 * 2 * (1 / 80 - 1 / 100) * 100, 10);
  });
});

describe('recorded figures', () => {
  it('are rounded against the account', () => {
    expect(equityText(1.000000019)).toBe('1.00000001');
    expect(equityText(-1.000000011)).toBe('-1.00000002');
    expect(requirementText(1.000000011)).toBe('1.00000002');
  });
});
