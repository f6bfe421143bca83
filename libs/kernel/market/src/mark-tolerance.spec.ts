import { describe, expect, it } from '@jest/globals';
import {
  favourableEnd,
  mayLiquidate,
  objectionTo,
  toleratesMark,
  type MarkCondition,
  type PricedAction,
} from './mark-tolerance.ts';

const LIVE: MarkCondition = { state: 'live', guarded: false };
const GUARDED: MarkCondition = { state: 'live', guarded: true };
const DEGRADED: MarkCondition = { state: 'degraded', guarded: false };
const HALTED: MarkCondition = { state: 'halted', guarded: false };

describe('the ladder of actions', () => {
  const actions: readonly PricedAction[] = ['open-risk', 'borrow', 'withdraw', 'reduce', 'liquidate'];
  const allowed = (mark: MarkCondition): readonly PricedAction[] =>
    actions.filter((action) => toleratesMark(action, mark));

  it('carries everything on a live mark, and reductions on any', () => {
    expect(allowed(LIVE)).toEqual(actions);
    expect(allowed(HALTED)).toEqual(['reduce']);
  });

  it('stops new risk, but not liquidation, on a degraded mark', () => {
    expect(allowed(DEGRADED)).toEqual(['reduce', 'liquidate']);
    expect(objectionTo('withdraw', DEGRADED)).toBe('degraded');
  });

  it('stops new risk and liquidation while a guard binds', () => {
    expect(allowed(GUARDED)).toEqual(['reduce']);
    expect(objectionTo('liquidate', GUARDED)).toBe('guarded');
  });
});

describe('mayLiquidate', () => {
  it('asks for the whole band below the threshold', () => {
    expect(mayLiquidate([LIVE, DEGRADED], 99, 100)).toBe(true);
    expect(mayLiquidate([LIVE, DEGRADED], 100, 100)).toBe(false);
  });

  it('is refused by one binding guard or one halted mark', () => {
    expect(mayLiquidate([LIVE, GUARDED], 0, 100)).toBe(false);
    expect(mayLiquidate([HALTED], 0, 100)).toBe(false);
  });

  it('takes the best end of the band for the holder', () => {
    expect(favourableEnd('buy', { price: 100, confidence: 3 })).toBe(103);
    expect(favourableEnd('sell', { price: 100, confidence: 3 })).toBe(97);
    expect(favourableEnd('sell', { price: 1, confidence: 3 })).toBe(0);
  });
});
