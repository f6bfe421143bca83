import { describe, expect, it } from '@jest/globals';
import type { Rejection } from '@plinth/eventing';
import type { riskMessages } from '@plinth/messages';
import { addDecimal, decimalOf, formatDecimal, ZERO } from '@plinth/money';
import { formatCellParameters } from '@plinth/portfolio';
import { RiskWorld } from '../testing/risk-world.ts';

const world = (): RiskWorld => {
  const made = new RiskWorld();
  made.open('long', '20000');
  made.hold('long', '2');
  made.deposit('long', 'BTC', '0.1', 'beta');
  made.deposit('long', 'USDC', '500', 'beta');
  return made;
};

const NOTHING = { orders: [], transfers: [], priceMoves: [], volatilityMoves: [], parametersJson: '' };

type Answer = riskMessages.WhatIfResponse & Rejection;

const suppose = (made: RiskWorld, change: Readonly<Record<string, unknown>>): Answer =>
  made.spec.ask('WhatIf', { accountId: 'long', ...NOTHING, ...change }) as Answer;

const order = (change: Readonly<Record<string, unknown>> = {}) => ({
  ...{ instrumentId: 'BTC-PERP', side: 'buy', quantity: '1', price: '', venueId: '' },
  ...change,
});

describe('every question about an account', () => {
  it.each(['GetMargin', 'ExplainMargin', 'WhatIf', 'LiquidationPrice'])(
    '%s refuses a wrong or unknown id',
    (query) => {
      const made = world();
      const request = { ...NOTHING, underlying: '', requirement: '' };
      expect(made.spec.ask(query, { ...request, accountId: 'NO!' })).toMatchObject({
        reason: 'invalid',
        field: 'accountId',
      });
      expect(made.spec.ask(query, { ...request, accountId: 'nobody' })).toMatchObject({ reason: 'missing' });
    },
  );
});

describe('GetMargin', () => {
  it('gives figures, their conservative pair with open orders, and the call', () => {
    const made = new RiskWorld();
    made.open('long', '20000');
    made.hold('long', '2');
    made.place({ accountId: 'long', orderId: 'o', quantity: '0.5' });
    made.price('BTC', '53400');
    expect(made.spec.ask('GetMargin', { accountId: 'long' })).toMatchObject({
      ...{ state: 'call', callId: 'long.c1', reservedOrders: 1, notLive: [], gateClosed: false },
      health: expect.stringMatching(/^1\.0/),
    });
    const { figures, conservative } = made.spec.ask('GetMargin', {
      accountId: 'long',
    }) as riskMessages.GetMarginResponse;
    expect(parseFloat(conservative?.initialMargin ?? '')).toBeGreaterThan(
      parseFloat(figures?.initialMargin ?? ''),
    );
  });
});

describe('ExplainMargin', () => {
  it.each(['initial', 'maintenance'])('sums exactly at every node (%s)', (requirement) => {
    const made = world();
    made.price('BTC', '57123.45');
    const answer = made.spec.ask('ExplainMargin', {
      accountId: 'long',
      requirement,
    }) as riskMessages.ExplainMarginResponse;
    const { figures } = answer;
    expect(answer.equity[0]?.amount).toBe(figures?.equity);
    const required = requirement === 'initial' ? figures?.initialMargin : figures?.maintenanceMargin;
    expect(answer.requirement[0]?.amount).toBe(required);
    for (const parts of [answer.equity, answer.requirement]) {
      expect(parts.length).toBeGreaterThan(5);
      parts.forEach((part, n) => {
        const end = parts.findIndex((other, m) => m > n && other.depth <= part.depth);
        const below = parts.slice(n + 1, end < 0 ? parts.length : end);
        const children = below.filter(({ depth }) => depth === part.depth + 1);
        if (children.length === 0) return;
        const sum = children.reduce((total, { amount }) => addDecimal(total, decimalOf(amount)), ZERO);
        expect(formatDecimal(sum)).toBe(part.amount);
      });
    }
  });

  it('refuses another requirement', () => {
    const answer = world().spec.ask('ExplainMargin', { accountId: 'long', requirement: 'daily' });
    expect(answer).toMatchObject({ field: 'requirement' });
  });
});

describe('WhatIf', () => {
  it('nothing changes nothing', () => {
    const answer = suppose(world(), {});
    expect(answer.after).toEqual(answer.before);
    expect(answer).toMatchObject({ stateBefore: 'healthy', stateAfter: 'healthy', verdict: '' });
  });

  it('an order: reducing, affordable, too large', () => {
    const made = world();
    expect(suppose(made, { orders: [order({ side: 'sell' })] })).toMatchObject({
      riskReducing: true,
      verdict: 'approved',
    });
    expect(suppose(made, { orders: [order({ quantity: '0.5' })] })).toMatchObject({ verdict: 'approved' });
    expect(suppose(made, { orders: [order({ quantity: '50' })] })).toMatchObject({
      verdict: 'MARGIN_INSUFFICIENT',
    });
  });

  it('a transfer moves equity by its amount', () => {
    const { before, after } = suppose(world(), {
      transfers: [{ asset: 'USD', amount: '-5000', location: 'venue:alpha' }],
    });
    expect(parseFloat(before?.equity ?? '') - parseFloat(after?.equity ?? '')).toBeCloseTo(5_000, 6);
  });

  it('moves of prices and volatilities', () => {
    const made = world();
    expect(suppose(made, { priceMoves: [{ underlying: 'BTC', move: '-0.4' }] })).toMatchObject({
      stateAfter: 'insolvent',
    });
    const wild = suppose(made, { volatilityMoves: [{ underlying: 'BTC', move: '3' }] });
    expect(parseFloat(wild.after?.maintenanceMargin ?? '')).toBeGreaterThan(
      2 * parseFloat(wild.before?.maintenanceMargin ?? ''),
    );
    expect(suppose(made, {}).before).toEqual(wild.before);
  });

  it('other parameters', () => {
    const made = world();
    const { margin, call } = made.parameters;
    const underlyings = margin.underlyings.map((entry) => ({
      ...entry,
      shockFloor: entry.group === 'majors' ? 0.2 : entry.shockFloor,
    }));
    const parametersJson = formatCellParameters({ call, margin: { ...margin, underlyings } });
    expect(suppose(made, { parametersJson })).toMatchObject({ stateAfter: 'liquidation' });
    expect(suppose(made, { parametersJson: '{}' })).toMatchObject({ field: 'parametersJson.margin' });
  });

  it.each([
    [{ orders: [order({ instrumentId: 'nothing' })] }, 'orders[0].instrumentId'],
    [{ orders: [order({ instrumentId: 'DOGE-PERP' })] }, 'orders[0].instrumentId'],
    [{ orders: [order({ venueId: 'gamma' })] }, 'orders[0].instrumentId'],
    [{ orders: [order({ side: 'hold' })] }, 'orders[0].side'],
    [{ orders: [order({ quantity: '-1' })] }, 'orders[0].quantity'],
    [{ orders: [order({ quantity: '1e3' })] }, 'orders[0].quantity'],
    [{ orders: [order(), order({ price: 'NaN' })] }, 'orders[1].price'],
    [{ transfers: [{ asset: 'DOGE', amount: '1', location: 'venue:alpha' }] }, 'transfers[0].asset'],
    [{ transfers: [{ asset: 'USD', amount: '1', location: 'venue:gamma' }] }, 'transfers[0].location'],
    [{ transfers: [{ asset: 'USD', amount: 'Infinity', location: 'venue:alpha' }] }, 'transfers[0].amount'],
    [{ priceMoves: [{ underlying: 'BTC', move: '-1' }] }, 'priceMoves[0].move'],
    [{ priceMoves: [{ underlying: 'DOGE', move: '1' }] }, 'priceMoves[0].underlying'],
    [{ orders: Array.from({ length: 101 }, () => order()) }, 'orders'],
  ])('names the field that is wrong in %j', (change, field) => {
    expect(suppose(world(), change)).toMatchObject({ kind: 'rejection', field });
  });
});

describe('ListBreaches', () => {
  const list = (made: RiskWorld, change: Readonly<Record<string, unknown>> = {}) =>
    made.spec.ask('ListBreaches', {
      pageSize: 0,
      pageToken: '',
      state: '',
      ...change,
    }) as riskMessages.ListBreachesResponse;

  it('lists who is not healthy, worst first, page by page', () => {
    const made = world();
    made.open('worse', '15000');
    made.hold('worse', '2');
    made.open('fine', '15000');
    made.price('BTC', '50000');
    const all = list(made).breaches.map(({ accountId }) => accountId);
    expect(all).toEqual(['worse', 'long']);
    const first = list(made, { pageSize: 1 });
    expect(first).toMatchObject({
      total: 2,
      nextPageToken: '1',
      breaches: [{ accountId: 'worse', clientId: 'fund' }],
    });
    expect(list(made, { pageSize: 1, pageToken: '1' })).toMatchObject({
      nextPageToken: '',
      breaches: [{ accountId: 'long' }],
    });
    expect(list(made, { state: 'insolvent' }).breaches.map(({ accountId }) => accountId)).toEqual(['worse']);
  });

  it.each([
    [{ pageSize: 1_001 }, 'pageSize'],
    [{ pageToken: 'x' }, 'pageToken'],
    [{ state: 'sad' }, 'state'],
  ])('refuses %j', (change, field) => {
    expect(list(world(), change)).toMatchObject({ kind: 'rejection', field });
  });
});

describe('GetExposure', () => {
  const rows = (made: RiskWorld, scope: string, accountId = '') =>
    (made.spec.ask('GetExposure', { scope, accountId }) as riskMessages.GetExposureResponse).rows;

  it('sums by underlying, venue and house', () => {
    const made = world();
    made.open('short', '1000', 'beta');
    made.hold('short', '-0.5');
    expect(rows(made, 'underlying')).toMatchObject([
      { key: 'BTC', net: '96000', gross: '156000', collateral: '6000', accounts: 2 },
      { key: 'USD', net: '0', collateral: '21000' },
      { key: 'USDC', net: '500', collateral: '500', accounts: 1 },
    ]);
    expect(rows(made, 'venue')).toMatchObject([
      { key: 'alpha', net: '90000', collateral: '20000', limit: '5000000' },
      { key: 'beta', net: '6500', collateral: '7500' },
    ]);
    expect(rows(made, 'house', 'short')).toMatchObject([{ key: 'house', net: '-30000', gross: '30000' }]);
    expect(made.spec.ask('GetExposure', { scope: 'planet', accountId: '' })).toMatchObject({
      field: 'scope',
    });
  });
});

describe('LiquidationPrice', () => {
  it('is where the account would be liquidated', () => {
    const made = world();
    const ask = () =>
      (
        made.spec.ask('LiquidationPrice', {
          accountId: 'long',
          underlying: '',
        }) as riskMessages.LiquidationPriceResponse
      ).prices;
    const price = ask().find(({ underlying }) => underlying === 'BTC');
    expect(price).toMatchObject({ underlying: 'BTC', mark: '60000', above: '' });
    const below = parseFloat(price?.below ?? '');
    made.price('BTC', (below + 1).toFixed(2));
    expect(made.spec.views.accounts.of('long').liquidationId).toBe('');
    made.price('BTC', (below - 1).toFixed(2));
    expect(made.spec.views.accounts.of('long').liquidationId).toBe('long.l1');
  });

  it('refuses an underlying that nobody knows', () => {
    const ask = (underlying: string) =>
      world().spec.ask('LiquidationPrice', { accountId: 'long', underlying });
    expect(ask('DOGE')).toMatchObject({ reason: 'missing', field: 'underlying' });
    expect(ask('b t c')).toMatchObject({ reason: 'invalid', field: 'underlying' });
  });
});
