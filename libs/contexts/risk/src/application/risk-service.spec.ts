import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@plinth/eventing';
import { formatCellParameters } from '@plinth/portfolio';
import {
  dataOf,
  GRACE_MS,
  liquidationCompleted,
  made,
  orderClosed,
  RiskWorld,
  types,
} from '../testing/risk-world.ts';

/**
 * 20,000 USD and two contracts bought at 60,000: restricted below some 54,000, a call at 53,400, too little
 * at 53,000.
 */
const leveraged = (): RiskWorld => {
  const world = new RiskWorld();
  world.open('long', '20000');
  world.hold('long', '2');
  return world;
};

describe('states and calls', () => {
  it('calls, and is cured when the price comes back', () => {
    const world = leveraged();
    const fall = world.price('BTC', '53400');
    expect(types(fall)).toEqual(['MarksPublished', 'MarginStateChanged', 'MarginCalled']);
    const called = dataOf(fall, 'MarginCalled');
    expect(called).toMatchObject({
      callId: 'long.c1',
      deadlineMs: world.at + GRACE_MS,
      amount: '1228.88788837',
    });
    expect(types(world.price('BTC', '60000'))).toEqual([
      'MarksPublished',
      'MarginStateChanged',
      'MarginCallCured',
    ]);
    expect(dataOf(world.price('BTC', '53400'), 'MarginCalled').callId).toBe('long.c2');
  });

  it('is cured by a deposit of the amount', () => {
    const world = leveraged();
    const { amount } = dataOf(world.price('BTC', '53400'), 'MarginCalled');
    const [, changed, cured] = world.deposit('long', 'USD', '1400');
    expect(changed).toMatchObject({ type: 'MarginStateChanged', data: { toState: 'healthy' } });
    expect(cured?.type).toBe('MarginCallCured');
    expect(amount < '1400').toBe(true);
  });

  it('says nothing while nothing changes, and holds a state against trembling prices', () => {
    const world = leveraged();
    expect(types(world.price('BTC', '53900'))).toEqual(['MarksPublished', 'MarginStateChanged']);
    expect(types(world.price('BTC', '53950'))).toEqual(['MarksPublished']);
    expect(types(world.price('BTC', '53900'))).toEqual(['MarksPublished']);
  });

  it('escalates at the deadline, once', () => {
    const world = leveraged();
    world.price('BTC', '53400');
    world.at += GRACE_MS;
    expect(types(world.spec.passTime(world.at - 1))).toEqual([]);
    const events = world.spec.passTime(world.at);
    expect(types(events)).toEqual(['TimerFired', 'MarginCallEscalated', 'LiquidationRequested']);
    expect(dataOf(events, 'LiquidationRequested')).toMatchObject({ callId: 'long.c1', cause: 'deadline' });
    expect(world.spec.passTime(world.at)).toEqual([]);
    expect(types(world.price('BTC', '53400'))).toEqual(['MarksPublished']);
  });

  it('escalates when the maintenance margin is lost after a call', () => {
    const world = leveraged();
    world.price('BTC', '53400');
    const events = world.price('BTC', '53000');
    expect(types(events).slice(1)).toEqual([
      'MarginStateChanged',
      'MarginCallEscalated',
      'LiquidationRequested',
    ]);
    expect(dataOf(events, 'LiquidationRequested').cause).toBe('maintenance');
  });

  it('names a loss that no call could precede a gap', () => {
    const world = leveraged();
    const events = world.price('BTC', '52000');
    expect(types(events)).toEqual(['MarksPublished', 'MarginStateChanged', 'LiquidationRequested']);
    expect(dataOf(events, 'LiquidationRequested')).toMatchObject({
      liquidationId: 'long.l1',
      callId: '',
      cause: 'gap',
    });
  });

  it('judges the account anew when its liquidation has completed', () => {
    const world = leveraged();
    world.price('BTC', '52000');
    world.booked('long', {
      side: 'sell',
      quantity: '1',
      price: '52000',
      positionQuantity: '1',
      entryPrice: '60000',
    });
    const events = world.given('liquidation-x', liquidationCompleted('long', 'long.l1', 'restored'));
    expect(types(events)).toEqual(['LiquidationCompleted', 'LiquidationCleared']);
    expect(dataOf(world.price('BTC', '40000'), 'LiquidationRequested').liquidationId).toBe('long.l2');
  });

  it('asks for another liquidation when the first has left too little', () => {
    const world = leveraged();
    world.price('BTC', '52000');
    const events = world.given('liquidation-x', liquidationCompleted('long', 'long.l1', 'closed-out'));
    expect(types(events)).toEqual(['LiquidationCompleted', 'LiquidationCleared', 'LiquidationRequested']);
  });
});

describe('prices and liquidation', () => {
  it('waits while a guard binds, says so once, and goes on when it is released', () => {
    const world = leveraged();
    const guarded = { price: '52000', guarded: true };
    const events = world.price('BTC', guarded);
    expect(types(events)).toEqual(['MarksPublished', 'MarginStateChanged', 'LiquidationDeferred']);
    expect(dataOf(events, 'LiquidationDeferred')).toMatchObject({ reason: 'GUARD_BINDING', cause: 'gap' });
    expect(types(world.price('BTC', guarded))).toEqual(['MarksPublished']);
    expect(types(world.price('BTC', '52000'))).toEqual(['MarksPublished', 'LiquidationRequested']);
  });

  it('waits until the whole confidence band is below the threshold', () => {
    const world = leveraged();
    const events = world.price('BTC', { price: '53000', confidence: '300' });
    expect(dataOf(events, 'LiquidationDeferred').reason).toBe('BAND_WIDE');
    const narrow = world.price('BTC', { price: '53000', confidence: '50' });
    expect(types(narrow)).toEqual(['MarksPublished', 'LiquidationRequested']);
  });

  it('goes on at a degraded mark, never at a halted one', () => {
    const degraded = leveraged();
    expect(types(degraded.price('BTC', { price: '52000', state: 'degraded' }))).toContain(
      'LiquidationRequested',
    );
    const halted = leveraged();
    const events = halted.price('BTC', { price: '52000', state: 'halted' });
    expect(dataOf(events, 'LiquidationDeferred').reason).toBe('PRICE_HALTED');
  });

  it('forgets a deferred liquidation when the account recovers', () => {
    const world = leveraged();
    world.price('BTC', { price: '52000', guarded: true });
    expect(types(world.price('BTC', '60000'))).toEqual(['MarksPublished', 'MarginStateChanged']);
    expect(world.spec.views.accounts.of('long').deferred).toBe('');
  });

  it('liquidates nobody by the deadline while the band reaches above the threshold of the call', () => {
    const world = leveraged();
    world.price('BTC', { price: '53400', confidence: '300' });
    world.at += GRACE_MS;
    expect(types(world.spec.passTime(world.at))).toEqual(['TimerFired', 'LiquidationDeferred']);
    expect(types(world.price('BTC', '53400'))).toContain('LiquidationRequested');
  });
});

describe('insolvency and the gate', () => {
  it('closes for everybody while one account is insolvent, by the figures themselves', () => {
    const world = leveraged();
    world.open('rich', '100000');
    expect(types(world.withdraw('rich', 'w1', '10'))).toContain('WithdrawalApproved');
    world.price('BTC', { price: '49000', guarded: true });
    const refused = world.withdraw('rich', 'w2', '10');
    expect(dataOf(refused, 'WithdrawalRefused').code).toBe('GATE_CLOSED');
    world.price('BTC', '60000');
    expect(types(world.withdraw('rich', 'w3', '10'))).toContain('WithdrawalApproved');
  });
});

describe('interest and loans', () => {
  it('counts the interest accrued on a debt', () => {
    const world = new RiskWorld();
    world.open('borrower', '10000');
    world.given(
      'account-borrower',
      made('LoanDrawn', {
        ...{ accountId: 'borrower', asset: 'USD', amount: '5000', location: 'venue:alpha', debt: '5000' },
        indexThen: '1',
        postings: [
          { account: 'pool:USD:cash', asset: 'USD', amount: '-5000' },
          { account: 'client:borrower:USD:venue:alpha', asset: 'USD', amount: '5000' },
          { account: 'debt:borrower:USD', asset: 'USD', amount: '-5000' },
          { account: 'pool:USD:loans', asset: 'USD', amount: '5000' },
        ],
      }),
    );
    expect(world.spec.views.portfolio.assess('borrower').equity).toBe(10_000);
    const accrued = { asset: 'USD', atMs: world.at, borrowIndex: '1.1', supplyIndex: '1.05' };
    world.given('pool-USD', made('PoolAccrued', accrued));
    expect(world.spec.views.portfolio.assess('borrower').equity).toBeCloseTo(9_500, 8);
  });
});

describe('parameters', () => {
  const json = (world: RiskWorld): string => formatCellParameters(world.parameters);

  it('takes the next version only, from operators only', () => {
    const world = new RiskWorld();
    const set = (version: number, tenant = 'operator') =>
      world.spec.when('SetRiskParameters', { version, parametersJson: json(world) }, { tenant });
    expect(set(1)).toMatchObject({ code: 'VERSION_STALE', field: 'version' });
    expect(set(3)).toMatchObject({ code: 'VERSION_STALE' });
    expect(set(2, 'fund')).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(set(2)).toMatchObject([{ type: 'RiskParametersSet', data: { version: 2 } }]);
    expect(world.spec.ask('GetParameters', {})).toMatchObject({ version: 2 });
  });

  it.each([
    ['not json', 'parametersJson'],
    ['{}', 'parametersJson.margin'],
    ['{"call":{"graceMs":1},"extra":1,"margin":{}}', 'parametersJson.extra'],
  ])('names what is wrong with %s', (parametersJson, field) => {
    const world = new RiskWorld();
    const answer = world.spec.when('SetRiskParameters', { version: 2, parametersJson });
    expect(answer).toMatchObject({ code: 'INVALID', reason: 'invalid', field });
  });

  it('names a bound that is broken', () => {
    const world = new RiskWorld();
    const { margin, call } = world.parameters;
    const broken = { call, margin: { ...margin, imShockMultiplier: 0.5 } };
    const parametersJson = formatCellParameters(broken);
    const answer = world.spec.when('SetRiskParameters', { version: 2, parametersJson });
    expect(answer).toMatchObject({ field: 'parametersJson.margin.imShockMultiplier' });
    const soon = formatCellParameters({ margin, call: { graceMs: 0 } });
    expect(world.spec.when('SetRiskParameters', { version: 2, parametersJson: soon })).toMatchObject({
      field: 'parametersJson.call.graceMs',
    });
  });

  it('revalues everybody under the new set', () => {
    const world = leveraged();
    world.price('BTC', '55000');
    const { margin, call } = world.parameters;
    const underlyings = margin.underlyings.map((entry) => ({ ...entry, shockFloor: 0.075 }));
    const strict = { call, margin: { ...margin, underlyings } };
    const parametersJson = formatCellParameters(strict);
    const events = world.spec.when('SetRiskParameters', { version: 2, parametersJson });
    if (isRejection(events)) throw new Error(events.message);
    expect(types(events)).toEqual(['RiskParametersSet', 'MarginStateChanged']);
  });
});

describe('reservations', () => {
  it('ends a reservation when its order is closed', () => {
    const world = new RiskWorld();
    world.open('trader', '20000');
    world.place({ accountId: 'trader', orderId: 'a', quantity: '0.1' });
    expect(world.spec.views.accounts.of('trader').orders.has('a')).toBe(true);
    expect(types(world.given('order-a', orderClosed('trader', 'a')))).toEqual([
      'OrderClosed',
      'OrderReservationReleased',
    ]);
    expect(types(world.given('order-b', orderClosed('trader', 'b')))).toEqual(['OrderClosed']);
  });
});
