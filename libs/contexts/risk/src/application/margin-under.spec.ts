import { describe, expect, it } from '@jest/globals';
import type { Rejection } from '@plinth/eventing';
import { RULEBOOK_NAMES } from '@plinth/margin/models';
import type { riskMessages } from '@plinth/messages';
import { RiskWorld, venueRegistered } from '../testing/risk-world.ts';

type Answer = riskMessages.MarginUnderResponse & Rejection;
type Row = riskMessages.RulebookMargin;

const world = (): RiskWorld => {
  const made = new RiskWorld();
  made.open('long', '20000');
  made.hold('long', '2');
  return made;
};

const ask = (made: RiskWorld, change: Readonly<Record<string, unknown>> = {}): Answer =>
  made.spec.ask('MarginUnder', {
    ...{ accountId: 'long', models: [], orders: [], transfers: [] },
    ...change,
  }) as Answer;

const row = (made: RiskWorld, model: string, change: Readonly<Record<string, unknown>> = {}): Row =>
  ask(made, { models: [model], ...change }).models[0]!;

const order = { instrumentId: 'BTC-PERP', side: 'buy', quantity: '2', price: '', venueId: '' };

describe('MarginUnder', () => {
  it('judges one account under every rulebook, each with its evidence', () => {
    const { models, asOf } = ask(world());
    expect(models.map(({ model }) => model)).toEqual([...RULEBOOK_NAMES]);
    expect(asOf).toBeGreaterThan(0n);
    for (const one of models) {
      expect(one).toMatchObject({ refusal: '' });
      expect(parseFloat(one.maintenanceMargin)).toBeGreaterThan(0);
      expect(parseFloat(one.initialMargin)).toBeGreaterThan(parseFloat(one.maintenanceMargin));
    }
    const documented = models.filter(({ evidence }) => evidence === 'documented-only');
    expect(documented.map(({ model }) => model)).toEqual(['paradex', 'okx', 'deribit']);
  });

  it('gives the figures of the house as GetMargin has them, and a venue by hand', () => {
    const made = world();
    const { figures } = made.spec.ask('GetMargin', { accountId: 'long' }) as riskMessages.GetMarginResponse;
    expect(row(made, 'house')).toMatchObject({
      equity: figures?.equity,
      initialMargin: figures?.initialMargin,
      maintenanceMargin: figures?.maintenanceMargin,
      binding: expect.stringMatching(/^BTC −\d/),
    });
    // 2 · 60,000 at 2 % and 60 % of that; all of it stands at one venue.
    expect(row(made, 'dydx')).toMatchObject({
      ...{ equity: '20000', initialMargin: '2400', maintenanceMargin: '1440', state: 'healthy' },
      ...{ apartInitial: '2400', apartMaintenance: '1440' },
    });
    made.price('BTC', '50500');
    expect(row(made, 'dydx')).toMatchObject({ equity: '1000', state: 'liquidation' });
  });

  it('tells before an order what each venue would demand', () => {
    const made = world();
    const after = row(made, 'dydx', { orders: [order] });
    expect(after).toMatchObject({ initialMargin: '4800' });
    expect(row(made, 'dydx', { orders: [{ ...order, side: 'sell', venueId: 'beta' }] })).toMatchObject({
      initialMargin: '0',
      apartInitial: '4800',
    });
    const transfers = [{ asset: 'USD', amount: '-5000', location: 'venue:alpha' }];
    expect(row(made, 'dydx', { transfers })).toMatchObject({ equity: '15000' });
    expect(row(made, 'dydx')).toMatchObject({ initialMargin: '2400', equity: '20000' });
  });

  it('never refuses an order that reduces risk, under any rulebook, in any state', () => {
    for (const price of ['60000', '57000', '52000', '50500', '49000', '20000']) {
      const made = world();
      made.price('BTC', price);
      for (const quantity of ['0.001', '1', '2'])
        for (const one of ask(made, { orders: [{ ...order, side: 'sell', quantity }] }).models)
          expect(['covered', 'risk-reducing']).toContain(one.orderVerdict);
      for (const one of ask(made).models) expect(one.orderVerdict).toBe('');
    }
  });

  it('passes such an order where the venue’s own rule would not, and refuses the one that opens', () => {
    const made = world();
    made.price('BTC', '50500');
    const selling = { orders: [{ ...order, side: 'sell', quantity: '0.5' }] };
    expect(row(made, 'dydx', selling)).toMatchObject({ state: 'restricted', orderVerdict: 'risk-reducing' });
    expect(row(made, 'dydx', { orders: [{ ...order, quantity: '0.5' }] }).orderVerdict).toBe('refused');
    made.deposit('long', 'BTC', '0.1', 'beta');
    expect(row(made, 'dydx', selling)).toMatchObject({ state: 'refused', orderVerdict: 'risk-reducing' });
  });

  it('names what a rulebook does not margin, and never says zero', () => {
    const made = world();
    made.deposit('long', 'BTC', '0.1', 'beta');
    const refused = row(made, 'dydx');
    expect(refused).toMatchObject({ state: 'refused', initialMargin: '', maintenanceMargin: '', equity: '' });
    expect(refused.refusal).toMatch(/BTC/);
    expect(row(made, 'drift')).toMatchObject({ refusal: '' });
  });

  it('refuses other names', () => {
    expect(ask(world(), { models: ['house', 'span'] })).toMatchObject({
      field: 'models[1]',
      reason: 'invalid',
    });
    expect(ask(world(), { accountId: 'nobody' })).toMatchObject({ reason: 'missing' });
    expect(ask(world(), { orders: [{ ...order, side: 'hold' }] })).toMatchObject({ field: 'orders[0].side' });
  });
});

describe('parameters of a rulebook', () => {
  const show = (made: RiskWorld, rulebook: string) =>
    made.spec.ask('GetRulebook', { rulebook }) as riskMessages.GetRulebookResponse & Rejection;
  const set = (made: RiskWorld, change: Readonly<Record<string, unknown>>, tenant = 'operator') =>
    made.spec.when('SetRulebookParameters', { rulebook: 'dydx', version: 1, ...change }, { tenant });

  it('are the defaults until an event sets them, and are followed from then on', () => {
    const made = world();
    const { version, parametersJson, evidence } = show(made, 'dydx');
    expect({ version, evidence }).toEqual({ version: 0, evidence: 'cases' });
    const dearer = parametersJson.replaceAll('"initialPpm":"20000"', '"initialPpm":"100000"');
    expect(dearer).not.toBe(parametersJson);
    expect(set(made, { parametersJson: dearer })).not.toMatchObject({ kind: 'rejection' });
    expect(show(made, 'dydx')).toMatchObject({ version: 1, parametersJson: dearer });
    expect(row(made, 'dydx')).toMatchObject({ initialMargin: '12000', parametersVersion: 1 });
    expect(set(made, { parametersJson: dearer })).toMatchObject({ code: 'VERSION_STALE' });
  });

  it.each(RULEBOOK_NAMES.filter((name) => name !== 'house'))(
    'of %s are read back as they are written',
    (name) => {
      const made = world();
      const { parametersJson } = show(made, name);
      expect(set(made, { rulebook: name, parametersJson })).not.toMatchObject({ kind: 'rejection' });
      expect(show(made, name)).toMatchObject({ version: 1, parametersJson });
    },
  );

  it('of the house are those of the cell', () => {
    expect(show(world(), 'house')).toMatchObject({ evidence: 'own', version: 1 });
  });

  it('are refused by the field that is wrong', () => {
    const made = world();
    const of = (rulebook: string, wrong: (json: string) => string) => {
      const { parametersJson } = show(made, rulebook);
      return set(made, { rulebook, parametersJson: wrong(parametersJson) });
    };
    expect(of('dydx', () => '{')).toMatchObject({ field: 'parametersJson.dydx' });
    expect(
      of('dydx', (json) => json.replace('"initialPpm":"20000"', '"initialPpm":"2000000"')),
    ).toMatchObject({
      field: 'parametersJson.initialPpm',
    });
    expect(of('mango', (json) => json.replace('"maint":0.9', '"maint":-1'))).toMatchObject({
      field: expect.stringMatching(/^parametersJson\.mango\..*maint$/),
    });
    expect(of('paradex', (json) => json.replace('"maintenance":0.5', '"maintenance":5'))).toMatchObject({
      field: 'parametersJson.terms.maintenance',
    });
    expect(of('drift', (json) => json.replace('"imfFactor":"450"', '"imfFactor":450'))).toMatchObject({
      field: expect.stringMatching(/imfFactor$/),
    });
    expect(set(made, { rulebook: 'house', parametersJson: '{}' })).toMatchObject({ field: 'rulebook' });
    const { parametersJson } = show(made, 'dydx');
    expect(set(made, { parametersJson }, 'fund')).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(show(made, 'span')).toMatchObject({ field: 'rulebook' });
  });
});

describe('a venue that asks by a rulebook', () => {
  /** Long at alpha, short at beta, with the money at alpha: beta needs cash that is not there. */
  const hedged = (rulebook: string): RiskWorld => {
    const made = new RiskWorld();
    for (const venue of ['alpha', 'beta']) {
      const registered = venueRegistered(venue);
      const data = { ...registered.data, rulebook } as never;
      made.given(`venue-${venue}`, { ...registered, data });
    }
    made.open('long', '100000');
    made.hold('long', '2');
    made.booked('long', {
      ...{ venueId: 'beta', fillId: 'b', side: 'sell', quantity: '2' },
      ...{ positionQuantity: '-2', entryPrice: '60000' },
    });
    return made;
  };
  const coverageOf = (made: RiskWorld): number => made.spec.views.portfolio.assess('long').figures.coverage;

  it('is covered by the share of that rulebook, and by another once its parameters are set', () => {
    const made = hedged('dydx');
    // 1.2 % of 120,000 at beta against 5 %; the loss of the short is the same.
    const [flat, dydx] = [coverageOf(hedged('')), coverageOf(made)];
    expect(flat - dydx).toBeCloseTo((0.05 - 0.012) * 120_000, -3);
    const { parametersJson } = made.spec.ask('GetRulebook', {
      rulebook: 'dydx',
    }) as riskMessages.GetRulebookResponse;
    const dearer = parametersJson.replaceAll('"initialPpm":"20000"', '"initialPpm":"100000"');
    const set = { rulebook: 'dydx', version: 1, parametersJson: dearer };
    made.spec.when('SetRulebookParameters', set, { tenant: 'operator' });
    expect(coverageOf(made)).toBeGreaterThan(flat);
  });
});
