import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import { RiskWorld } from '../testing/risk-world.ts';

const READ = { minPosition: 0n };
const world = new RiskWorld();
world.open('long', '20000');
world.open('short', '20000');
world.hold('long', '2');
world.hold('short', '-1.5');

const ask = (scope: string, accountId = '') =>
  world.spec.ask('GetGreeks', { scope, accountId, read: READ }) as riskMessages.GetGreeksResponse;
const deltas = (scope: string, accountId = ''): readonly (readonly [string, number])[] =>
  ask(scope, accountId).rows.map(({ key, delta }) => [key, textToFloat(delta)]);

describe('GetGreeks', () => {
  it('sums by position, underlying, account and house', () => {
    expect(deltas('position', 'long')).toEqual([
      ['BTC-PERP@alpha', 120_000],
      ['USD at venue:alpha', 0],
    ]);
    expect(deltas('underlying', 'short')).toEqual([
      ['BTC', -90_000],
      ['USD', 0],
    ]);
    expect(deltas('account', 'long')).toEqual([['long', 120_000]]);
    expect(deltas('house')).toEqual([['house', 30_000]]);
    expect(ask('underlying').rows[0]).toMatchObject({ key: 'BTC', underlying: 'BTC', delta: '30000' });
  });

  it('refuses unknown accounts and scopes, and rows without an account', () => {
    const refused = (scope: string, accountId: string): boolean => isRejection(ask(scope, accountId));
    expect(refused('position', '')).toBe(true);
    expect(refused('account', '')).toBe(true);
    expect(refused('desk', 'long')).toBe(true);
    expect(refused('house', 'nobody')).toBe(true);
  });
});
