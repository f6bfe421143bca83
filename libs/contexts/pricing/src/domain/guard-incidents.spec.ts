import { describe, expect, it } from '@jest/globals';
import { objectionTo, type MarkCondition } from '@plinth/market';
import type { Mark } from '@plinth/messages';
import type { NewEvent } from '@plinth/eventing';
import { deciderSpec } from '@plinth/eventing/testing';
import type { SubmittedQuote } from './judgement.ts';
import { marks, type PublishRound } from './marks.ts';
import type { Listed } from './pairs.ts';

/** Rounds of three sources as they were in incidents of peers, against the guards that failed there. */
const RULE = {
  ...{ minSources: 3, maxAgeMs: 60_000, maxConfidencePpm: 20_000, maxDeviationPpm: 50_000 },
  ...{ maxMovePpmPerSecond: 10_000, maxTwapDeviationPpm: 0, floorPrice: '', capPrice: '' },
};
const T0 = 1_700_000_000_000;
const MINUTE = 60_000;

const roundsOf = (rule: Partial<Listed['rule']>) => {
  const listed: Listed = {
    ...{ instrumentId: 'COIN/USD', kind: 'spot', underlying: 'COIN', quoteAsset: 'USD', stable: false },
    rule: { ...RULE, ...rule },
  };
  let log: readonly NewEvent<'MarksPublished'>[] = [];
  return (atMs: number, ...prices: readonly string[]): Mark => {
    const quotes = prices.map((price, n): SubmittedQuote => ({
      ...{ instrumentId: 'COIN/USD', source: `venue${n}:COIN/USD`, group: `venue${n}`, price },
      ...{ confidence: '0', sourceTimeMs: T0 + atMs, volume: '', bid: '', ask: '' },
    }));
    const command: PublishRound = {
      ...{ type: 'PublishRound', atMs: T0 + atMs, quotes, minRoundMs: 100, refreshMs: 10_000 },
      listings: new Map([['COIN/USD', listed]]),
    };
    log = [...log, ...deciderSpec(marks).given(log).when(command).events()];
    const mark = log[log.length - 1]?.data.marks[0];
    if (mark === undefined) throw new Error('Expected a mark');
    return mark;
  };
};

const conditionOf = ({ state, guarded }: Mark): MarkCondition => ({ state: state as 'live', guarded });
const blocked = (mark: Mark): readonly string[] =>
  (['open-risk', 'borrow', 'withdraw', 'reduce', 'liquidate'] as const).filter(
    (action) => objectionTo(action, conditionOf(mark)) !== undefined,
  );
const RISKY = ['open-risk', 'borrow', 'withdraw', 'liquidate'];

describe('a cap that is stale', () => {
  it('below the market blocks liquidation, and says how far it may be wrong', () => {
    const round = roundsOf({ capPrice: '4000' });
    expect(blocked(round(0, '3990', '3991', '3992'))).toEqual([]);
    // The coin is worth 2.85 % more than the cap lets it be.
    const held = round(MINUTE, '4114', '4114', '4114');
    expect(held).toMatchObject({ price: '4000', confidence: '114', guarded: true, state: 'live' });
    expect(blocked(held)).toEqual(RISKY);
    expect(blocked(round(2 * MINUTE, '3999', '3999', '3999'))).toEqual([]);
  });
});

describe('a feed that is stuck at its floor', () => {
  it('lends nothing against what is worth a tenth of it, without any human', () => {
    const round = roundsOf({ floorPrice: '0.107', maxMovePpmPerSecond: 1_000_000 });
    expect(blocked(round(0, '0.2', '0.2', '0.2'))).toEqual([]);
    const stuck = round(MINUTE, '0.01', '0.01', '0.01');
    expect(stuck).toMatchObject({ price: '0.107', confidence: '0.097', guarded: true });
    expect(blocked(stuck)).toEqual(RISKY);
    // One source may still show the floor itself: the others decide.
    expect(blocked(round(2 * MINUTE, '0.107', '0.0101', '0.01'))).toEqual(RISKY);
  });

  it('never blocks reducing, and is not touched by prices between its bounds', () => {
    const round = roundsOf({ floorPrice: '1', capPrice: '10' });
    expect(round(0, '0.5', '0.5', '0.5')).toMatchObject({ price: '1', guarded: true });
    expect(objectionTo('reduce', conditionOf(round(MINUTE, '0.5', '0.5', '0.5')))).toBeUndefined();
    expect(round(2 * MINUTE, '1', '1', '1')).toMatchObject({ price: '1', guarded: false });
    expect(round(3 * MINUTE, '1.2', '1.2', '1.2')).toMatchObject({ guarded: false });
  });
});

describe('a market that resumes after a halt', () => {
  it('liquidates nobody by its first price: every source must speak again', () => {
    const round = roundsOf({});
    round(0, '100', '100', '100');
    expect(round(2 * MINUTE)).toMatchObject({ state: 'halted', price: '100' });
    const eightHours = 8 * 60 * MINUTE;
    const first = round(eightHours, '80', '80', '80');
    expect(first).toMatchObject({ state: 'degraded', guarded: true });
    expect(blocked(first)).toEqual(RISKY);
    const second = round(eightHours + 1_000, '80.5', '80.5', '80.5');
    expect(second).toMatchObject({ state: 'live', guarded: false });
    expect(blocked(second)).toEqual([]);
  });

  it('counts no source that repeats what it said before', () => {
    const round = roundsOf({});
    round(0, '100', '100', '100');
    round(2 * MINUTE);
    expect(blocked(round(3 * MINUTE, '80'))).toEqual(RISKY);
    expect(blocked(round(3 * MINUTE + 1_000, '80'))).toEqual(['open-risk', 'borrow', 'withdraw']);
  });
});
