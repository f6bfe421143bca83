import { describe, expect, it } from '@jest/globals';
import { houseCallProbability, parseCellParameters } from '@plinth/portfolio';
import type { riskMessages, stressMessages } from '@plinth/messages';
import { graceOf } from '../domain/call-deadline.ts';
import { dataOf, made, RiskWorld } from '../testing/risk-world.ts';

const insured = (amount: string) =>
  made('HouseFunded', {
    ...{ fundingId: 'fund', purpose: 'insurance', asset: 'USD', amount },
    postings: [
      { account: 'external', asset: 'USD', amount: `-${amount}` },
      { account: 'house:insurance', asset: 'USD', amount },
    ],
  });

const world = (): RiskWorld => {
  const cell = new RiskWorld();
  cell.given('house-main', insured('3000'));
  cell.open('long', '20000');
  cell.hold('long', '2');
  cell.open('safe', '500000', 'beta');
  cell.hold('safe', '1');
  cell.open('idle', '1000');
  return cell;
};

const NO_SCENARIO = { id: 'x', source: '', moves: [], otherMove: '', volatilityMove: '', failedVenues: [] };

const ask = <T>(cell: RiskWorld, query: string, request: object): T => cell.spec.ask(query, request) as T;

const stress = (cell: RiskWorld, change: object) =>
  ask<stressMessages.GetStressResponse>(cell, 'GetStress', {
    ...{ accountId: '', house: false, scenarios: [], accounts: 0 },
    ...change,
  });

describe('GetDefaultProbability', () => {
  it('tells the probability, the horizon and the nearest fatal shock', () => {
    const answer = ask<stressMessages.GetDefaultProbabilityResponse>(world(), 'GetDefaultProbability', {
      accountId: 'long',
    });
    expect(answer).toMatchObject({ horizonHours: '4', state: 'healthy' });
    const [shock] = answer.nearest;
    // 20,000 less the cost of nothing held in coins, over 2 contracts of 60,000.
    expect(shock).toMatchObject({ underlying: 'BTC', of: 'price' });
    expect(parseFloat(shock!.fraction)).toBeCloseTo(-1 / 6, 4);
    expect(parseFloat(answer.probability)).toBeGreaterThan(1e-6);
    expect(parseFloat(answer.probability)).toBeLessThan(1e-3);
  });

  it('follows correlations of recorded marks', () => {
    const pd = (together: number): number => {
      const cell = new RiskWorld();
      cell.open('pair', '4000');
      cell.hold('pair', '1');
      cell.booked('pair', {
        ...{ instrumentId: 'ETH-PERP', side: 'sell', quantity: '20', price: '3000' },
        ...{ positionQuantity: '-20', entryPrice: '3000' },
      });
      for (let n = 0; n < 300; n++) {
        const up = n % 2 === 0 ? 1 : 0;
        const other = together > 0 ? up : 1 - up;
        const prices = { 'BTC/USD': `${60_000 + 60 * up}`, 'ETH/USD': `${3_000 + 3 * other}` };
        cell.marks({ ...prices, 'BTC-PERP': prices['BTC/USD'], 'ETH-PERP': prices['ETH/USD'] }, 60_000);
      }
      cell.marks({ 'BTC/USD': '60000', 'ETH/USD': '3000', 'BTC-PERP': '60000', 'ETH-PERP': '3000' });
      const { probability } = ask<stressMessages.GetDefaultProbabilityResponse>(
        cell,
        'GetDefaultProbability',
        {
          accountId: 'pair',
        },
      );
      return parseFloat(probability);
    };
    expect(pd(-1)).toBeGreaterThan(3 * pd(1));
  });
});

describe('ListWatch', () => {
  it('ranks accounts at risk by their probability, in pages', () => {
    const cell = world();
    const first = ask<stressMessages.ListWatchResponse>(cell, 'ListWatch', { pageSize: 1, pageToken: '' });
    expect(first).toMatchObject({ total: 2, nextPageToken: '1', accounts: [{ accountId: 'long' }] });
    const second = ask<stressMessages.ListWatchResponse>(cell, 'ListWatch', { pageSize: 1, pageToken: '1' });
    expect(second).toMatchObject({ nextPageToken: '', accounts: [{ accountId: 'safe' }] });
    expect(ask(cell, 'ListWatch', { pageSize: 1, pageToken: 'x' })).toMatchObject({ field: 'pageToken' });
    cell.hold('safe', '100');
    const after = ask<stressMessages.ListWatchResponse>(cell, 'ListWatch', { pageSize: 0, pageToken: '' });
    expect(after.accounts[0]!.accountId).toBe('safe');
  });
});

describe('GetStress', () => {
  const crash = { ...NO_SCENARIO, id: 'crash', moves: [{ underlying: 'BTC', move: '-0.2' }] };

  it('moves an account by what it holds', () => {
    const { accounts, house } = stress(world(), { accountId: 'long', scenarios: [crash] });
    expect(house).toEqual([]);
    expect(accounts).toMatchObject([
      { scenario: 'crash', accountId: 'long', profit: '-24000', equity: '-4000' },
    ]);
    expect(accounts[0]).toMatchObject({ stateBefore: 'healthy', state: 'insolvent' });
  });

  it('sums the house and takes what is short from the fund', () => {
    const { house } = stress(world(), { house: true, scenarios: [crash] });
    expect(house).toMatchObject([
      { accounts: 3, profit: '-36000', shortfall: '4000', insolvent: 1, healthy: 2 },
    ]);
    expect(house).toMatchObject([{ fundUsed: '3000', uncovered: '1000' }]);
  });

  it('takes what stands at a venue that fails, and the positions there', () => {
    const fails = { ...NO_SCENARIO, failedVenues: ['alpha'] };
    const { accounts } = stress(world(), { accountId: 'long', scenarios: [fails] });
    expect(accounts).toMatchObject([{ equity: '0', maintenanceMargin: '0' }]);
    const largest = stress(world(), {
      house: true,
      scenarios: [{ ...NO_SCENARIO, failedVenues: ['largest'] }],
    });
    expect(parseFloat(largest.house[0]!.profit)).toBe(-500_000);
  });

  it('runs the set that comes with the house, or one set by the parameters', () => {
    const cell = world();
    const { scenarios, origin } = ask<stressMessages.GetStressScenariosResponse>(
      cell,
      'GetStressScenarios',
      {},
    );
    expect(origin).toBe('house');
    expect(stress(cell, { house: true }).house.map(({ scenario }) => scenario)).toEqual(
      scenarios.map(({ id }) => id),
    );
    const own = new RiskWorld((parameters) => ({
      ...parameters,
      stress: [{ id: 'own', source: '', moves: [], otherMove: -0.5, volatilityMove: 0, failedVenues: [] }],
    }));
    own.open('a', '1000');
    expect(ask(own, 'GetStressScenarios', {})).toMatchObject({
      origin: 'parameters',
      scenarios: [{ id: 'own' }],
    });
    expect(stress(own, { house: true }).house).toHaveLength(1);
  });

  it.each([
    ['accountId', { accountId: '' }],
    ['house', { accountId: 'long', house: true }],
    ['scenarios[0].id', { accountId: 'long', scenarios: [{ ...NO_SCENARIO, id: '' }] }],
    ['scenarios[0].otherMove', { accountId: 'long', scenarios: [{ ...NO_SCENARIO, otherMove: '-1' }] }],
    ['scenarios[0].otherMove', { accountId: 'long', scenarios: [{ ...NO_SCENARIO, otherMove: '1e3' }] }],
    [
      'scenarios[0].failedVenues',
      { accountId: 'long', scenarios: [{ ...NO_SCENARIO, failedVenues: ['x'] }] },
    ],
    ['accounts', { house: true, accounts: 201 }],
  ])('refuses a wrong %s', (field, change) => {
    expect(stress(world(), change)).toMatchObject({ field });
  });
});

describe('GetReverseStress', () => {
  const reverse = (change: object) =>
    ask<stressMessages.GetReverseStressResponse>(world(), 'GetReverseStress', {
      ...{ accountId: '', house: false, target: '', norm: '' },
      ...change,
    });

  it('finds the smallest shock, which does what it says', () => {
    for (const norm of ['mahalanobis', 'sup']) {
      const { shock, smallerFound, size } = reverse({ accountId: 'long', target: 'zero', norm });
      expect(smallerFound).toBe(0);
      expect(parseFloat(size)).toBeGreaterThan(1);
      expect(parseFloat(shock[0]!.fraction)).toBeCloseTo(-1 / 6, 4);
    }
    const before = reverse({ accountId: 'long', target: 'maintenance' });
    expect(parseFloat(before.shock[0]!.fraction)).toBeGreaterThan(-1 / 6);
  });

  it('finds what takes more than the fund has', () => {
    const { shock, target, smallerFound } = reverse({ house: true });
    expect({ target, smallerFound }).toEqual({ target: 'fund', smallerFound: 0 });
    // Only the long account falls below zero: 120,000 · f = 20,000 + 3,000.
    expect(parseFloat(shock[0]!.fraction)).toBeCloseTo(-23 / 120, 3);
  });

  it.each([
    ['norm', { accountId: 'long', norm: 'l2' }],
    ['target', { accountId: 'long', target: 'fund' }],
    ['target', { house: true, target: 'zero' }],
  ])('refuses a wrong %s', (field, change) => {
    expect(reverse(change)).toMatchObject({ field });
  });
});

describe('GetContagion', () => {
  it('a venue fails, who falls, and who follows by what the selling does', () => {
    const cell = new RiskWorld();
    cell.given('house-main', insured('1000'));
    // Stands at alpha and is short at beta: the failure leaves it with nothing against its loss.
    cell.open('first', '30000000', 'alpha');
    cell.booked('first', {
      ...{ venueId: 'beta', positionQuantity: '4000', entryPrice: '60000', quantity: '4000' },
    });
    cell.deposit('first', 'USD', '7000000', 'beta');
    cell.open('second', '7000', 'beta');
    cell.booked('second', { venueId: 'beta', positionQuantity: '1', entryPrice: '60000' });
    const { figures } = ask<riskMessages.GetMarginResponse>(cell, 'GetMargin', { accountId: 'second' });
    const room = parseFloat(figures!.equity) - parseFloat(figures!.maintenanceMargin);
    cell.deposit('second', 'USD', `${100 - Math.round(room)}`, 'beta');
    cell.open('third', '500000', 'beta');
    cell.booked('third', { venueId: 'beta', positionQuantity: '1', entryPrice: '60000' });
    const answer = ask<stressMessages.GetContagionResponse>(cell, 'GetContagion', {
      ...{ venueId: 'alpha', scenario: undefined, permanence: '1' },
    });
    const rounds = answer.fallen.map(({ accountId, round }) => [accountId, round]);
    expect(rounds).toEqual([
      ['first', 1],
      ['second', 2],
    ]);
    expect(answer).toMatchObject({ settled: true, rounds: 3 });
    expect(parseFloat(answer.selling[0]!.fraction)).toBeLessThan(0);
    const alone = ask<stressMessages.GetContagionResponse>(cell, 'GetContagion', {
      ...{ venueId: 'alpha', scenario: undefined, permanence: '0' },
    });
    expect(alone.fallen.map(({ accountId }) => accountId)).toEqual(['first']);
  });

  it.each([
    ['venueId', { venueId: '', scenario: undefined, permanence: '' }],
    ['venueId', { venueId: 'nowhere', scenario: undefined, permanence: '' }],
    ['permanence', { venueId: 'alpha', scenario: undefined, permanence: '2' }],
    ['scenario.id', { venueId: '', scenario: { ...NO_SCENARIO, id: '' }, permanence: '' }],
  ])('refuses a wrong %s', (field, request) => {
    expect(ask(world(), 'GetContagion', request)).toMatchObject({ field });
  });
});

/** The price falls until the account is called, whatever the house asks for. */
const firstCall = (cell: RiskWorld) => {
  for (let price = 58_000; ; price -= 50) {
    const events = cell.price('BTC', `${price}`);
    if (events.some(({ type }) => type === 'MarginCalled')) return events;
  }
};

describe('the deadline of a call', () => {
  it('is the same for all up to the threshold, and earlier beyond it', () => {
    const rule = { ...houseCallProbability, threshold: 0.1, graceMsMin: 60_000 };
    expect(graceOf(1_800_000, undefined, 0.9)).toBe(1_800_000);
    expect(graceOf(1_800_000, rule, 0.1)).toBe(1_800_000);
    expect(graceOf(1_800_000, rule, 0.2)).toBe(900_000);
    expect(graceOf(1_800_000, rule, 1)).toBe(180_000);
    expect(graceOf(120_000, rule, 1)).toBe(60_000);
    expect(graceOf(30_000, rule, 1)).toBe(30_000);
  });

  it('is set by the probability, which the call tells', () => {
    const called = (threshold: number) => {
      const cell = new RiskWorld((parameters) => ({
        ...parameters,
        call: { graceMs: 1_800_000, probability: { ...houseCallProbability, threshold, graceMsMin: 1_000 } },
      }));
      cell.open('long', '20000');
      cell.hold('long', '2');
      const event = dataOf(firstCall(cell), 'MarginCalled');
      return { graceMs: event.deadlineMs - cell.at, probability: parseFloat(event.defaultProbability) };
    };
    const { probability, graceMs } = called(1);
    expect(graceMs).toBe(1_800_000);
    expect(probability).toBeGreaterThan(1e-4);
    const hurried = called(probability / 2);
    expect(hurried.graceMs).toBeGreaterThan(890_000);
    expect(hurried.graceMs).toBeLessThan(910_000);
  });

  it('has parameters with bounds', () => {
    const cell = new RiskWorld();
    const json = (probability: object) =>
      JSON.stringify({ ...cell.parameters, call: { graceMs: 60_000, probability } });
    const field = (change: object) =>
      parseCellParameters(json({ ...houseCallProbability, ...change })).problems?.[0].field;
    expect(field({})).toBeUndefined();
    expect(field({ threshold: 2 })).toBe('call.probability.threshold');
    expect(field({ degreesOfFreedom: 2.5 })).toBe('call.probability.degreesOfFreedom');
    expect(field({ other: 1 })).toBe('call.probability.other');
    const old = { ...cell.parameters, call: { graceMs: 60_000 } };
    expect(parseCellParameters(JSON.stringify(old)).problems).toBeUndefined();
  });
});
