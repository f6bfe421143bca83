import { beforeEach, describe, expect, it } from '@jest/globals';
import { isRejection, type Envelope, type Rejection } from '@plinth/eventing';
import { expectRestores, serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import type { EventData, Mark, pricingMessages } from '@plinth/messages';
import { AVERAGE_MS, MIN_COVERED_MS } from '../domain/settlement-average.ts';
import { PRICING, PRICING_DEFAULTS } from './pricing-config.ts';
import { pricingService } from './pricing-service.ts';
import { pricingViews, type PricingViews } from './pricing-views.ts';

const EXPIRY = 1_000 * AVERAGE_MS;
const NOW = EXPIRY - 10 * AVERAGE_MS;
const ID = `BTC.USD.${EXPIRY}`;
const RULE = {
  ...{ minSources: 1, maxAgeMs: 604_800_000, maxConfidencePpm: 20_000, maxDeviationPpm: 50_000 },
  ...{ maxMovePpmPerSecond: 10_000, maxTwapDeviationPpm: 0, floorPrice: '', capPrice: '' },
};

let spec: ServiceSpec<PricingViews>;
const service = pricingService({ ...PRICING_DEFAULTS, refreshMs: 1_000_000_000 });

const instrument = (
  instrumentId: string,
  change: Partial<pricingMessages.ListInstrumentRequest> = {},
): pricingMessages.ListInstrumentRequest => ({
  ...{ instrumentId, kind: 'future', underlying: 'BTC', quoteAsset: 'USD', contractSize: '1' },
  ...{ inverse: false, expiresAtMs: EXPIRY, strike: '', optionType: '', priceRule: RULE },
  ...change,
});

const option = (strike: string, optionType: 'call' | 'put', change = {}) =>
  instrument(`BTC-20270326-${strike}-${optionType === 'call' ? 'C' : 'P'}`, {
    ...{ kind: 'option', strike, optionType },
    ...change,
  });

const list = (request: pricingMessages.ListInstrumentRequest, now = NOW) =>
  spec.when('ListInstrument', request, { now });

const mark = (instrumentId: string, price: string, state = 'live'): Mark => ({
  ...{ instrumentId, price, confidence: '0', twap: price, volatility: 0.5, state, sources: 3 },
  ...{ guarded: false, confirming: '', forward: 0, fixedForward: 0 },
});

let round = 0;
const marks = (atMs: number, ...marks: Mark[]) => {
  round += 1;
  const data: EventData<'MarksPublished'> = {
    ...{ round, atMs, marks, quotes: [], sourceCell: '', sourcePosition: 0n },
  };
  spec.given('marks-main', atMs, { type: 'MarksPublished', data });
};

const timer = (at: number): readonly Envelope[] =>
  spec.given('timer-pricing', at, { type: 'TimerFired', data: { service: PRICING, dueAtMs: at } });

const refused = (outcome: readonly Envelope[] | Rejection): readonly [string, string | undefined] => {
  if (!isRejection(outcome)) throw new Error(`Expected a rejection, was ${outcome.length} events`);
  return [outcome.code, outcome.field];
};

const settlements = (state = '') =>
  (
    spec.ask('ListSettlements', {
      ...{ underlying: '', state, pageSize: 0, pageToken: '' },
    }) as pricingMessages.ListSettlementsResponse
  ).settlements;

beforeEach(() => {
  round = 0;
  spec = serviceSpec(service);
  for (const [asset, kind] of [
    ['BTC', 'coin'],
    ['USDC', 'stablecoin'],
  ] as const) {
    spec.given(`asset-${asset}`, 0, { type: 'AssetListed', data: { asset, scale: 8, kind, chains: [] } });
  }
  for (const request of [
    instrument('BTC-20270326'),
    option('70', 'call'),
    option('80', 'call'),
    option('70', 'put'),
  ])
    if (isRejection(list(request))) throw new Error(`Expected ${request.instrumentId} to be listed`);
});

describe('at expiry', () => {
  it('the price is fixed by the timer, from the marks of the last 30 minutes', () => {
    marks(NOW, mark('BTC/USD', '50'));
    marks(EXPIRY - AVERAGE_MS / 2, mark('BTC/USD', '100'));
    expect(service.nextDue?.(spec.views)).toBe(EXPIRY);
    expect(settlements('averaging')).toMatchObject([{ settlementId: ID, price: '50' }]);
    const fixed = timer(EXPIRY).filter((event) => event.type === 'SettlementPriceFixed');
    expect(fixed.map((event) => [event.stream, event.data])).toEqual([
      [
        `settlement-${ID}`,
        {
          ...{ underlying: 'BTC', priceAsset: 'USD', expiresAtMs: EXPIRY, atMs: EXPIRY, price: '75' },
          ...{ indexAverage: '75', priceAssetAverage: '1', samples: 1, coveredMs: AVERAGE_MS },
          ...{ averagedFromMs: EXPIRY - AVERAGE_MS, averagedToMs: EXPIRY, widestGapMs: AVERAGE_MS / 2 },
          instrumentIds: ['BTC-20270326', 'BTC-20270326-70-C', 'BTC-20270326-70-P', 'BTC-20270326-80-C'],
        },
      ],
    ]);
    expect(timer(EXPIRY + 1).filter((event) => event.stream === `settlement-${ID}`)).toEqual([]);
    expect(settlements()).toMatchObject([
      { settlementId: ID, state: 'fixed', price: '75', widestGapMs: AVERAGE_MS / 2 },
    ]);
    expect(settlements()[0]?.warning).toBe(
      '1 live marks, expected at least 30; no live mark for 900 s, expected at most 120 s',
    );
  });

  it('linear contracts in another asset are settled in that asset, inverse ones in USD', () => {
    list(instrument('BTC-20270326-C', { quoteAsset: 'USDC' }));
    list(instrument('BTC-20270326-I', { quoteAsset: 'BTC', inverse: true }));
    marks(NOW, mark('BTC/USD', '90'), mark('USDC/USD', '0.9'));
    const fixed = timer(EXPIRY).flatMap((e) => (e.type === 'SettlementPriceFixed' ? [e.data] : []));
    expect(fixed.map(({ priceAsset, price }) => [priceAsset, price])).toEqual([
      ['USD', '90'],
      ['USDC', '100'],
    ]);
    expect(fixed[0]?.instrumentIds).toContain('BTC-20270326-I');
  });

  it('waits for live marks when the window had too few, and says so once', () => {
    marks(NOW, mark('BTC/USD', '50'));
    marks(EXPIRY - AVERAGE_MS + 60_000, mark('BTC/USD', '50', 'halted'));
    const [, deferred] = timer(EXPIRY);
    expect(deferred).toMatchObject({
      type: 'SettlementDeferred',
      data: { coveredMs: 60_000, minCoveredMs: MIN_COVERED_MS },
    });
    expect(settlements('deferred')).toHaveLength(1);
    expect(service.nextDue?.(spec.views)).toBeUndefined();
    marks(EXPIRY + 5_000, mark('BTC/USD', '60'));
    const due = EXPIRY + 5_000 + MIN_COVERED_MS - 60_000;
    expect(service.nextDue?.(spec.views)).toBe(due);
    const fixed = timer(due).flatMap((e) => (e.type === 'SettlementPriceFixed' ? [e.data] : []));
    expect(fixed).toMatchObject([{ price: '59.333333333333', averagedToMs: due, coveredMs: MIN_COVERED_MS }]);
  });

  it('warns of a thin average while it is counted, and not of one with a mark every minute', () => {
    marks(NOW, mark('BTC/USD', '50'));
    const from = EXPIRY - AVERAGE_MS;
    for (let minute = 1; minute <= 10; minute += 1) marks(from + minute * 60_000, mark('BTC/USD', '50'));
    expect(settlements('averaging')).toMatchObject([{ samples: 10, widestGapMs: 60_000, warning: '' }]);
    timer(from + 13 * 60_000);
    expect(settlements('averaging')[0]?.warning).toBe(
      '10 live marks, expected at least 13; no live mark for 180 s, expected at most 120 s',
    );
    for (let minute = 14; minute <= 30; minute += 1) marks(from + minute * 60_000, mark('BTC/USD', '50'));
    timer(EXPIRY);
    expect(settlements('fixed')[0]).toMatchObject({ samples: 26, widestGapMs: 240_000 });
    expect(settlements('fixed')[0]?.warning).toMatch(/^26 live marks, expected at least 30/);
  });

  it('restored folds count on exactly as those that saw everything', () => {
    marks(NOW, mark('BTC/USD', '50'));
    marks(EXPIRY - AVERAGE_MS / 3, mark('BTC/USD', '70'));
    timer(EXPIRY);
    const folds = () => {
      const { expiries, settlements: fixed, products } = pricingViews();
      return { expiries, fixed, products };
    };
    expectRestores(folds, spec.log());
  });
});

describe('a contract', () => {
  it('must be listed before its window begins', () => {
    const late = option('90', 'call');
    expect(refused(list(late, EXPIRY - AVERAGE_MS + 1))).toEqual(['INVALID_FIELD', 'expires_at_ms']);
    expect(refused(list(late, EXPIRY + 1))).toEqual(['INVALID_FIELD', 'expires_at_ms']);
    expect(isRejection(list(late, EXPIRY - AVERAGE_MS))).toBe(false);
  });
});

describe('a product', () => {
  const C70 = 'BTC-20270326-70-C';
  const C80 = 'BTC-20270326-80-C';
  const P70 = 'BTC-20270326-70-P';
  const request = (legs: readonly (readonly [string, string])[], kind = 'call-spread') => ({
    ...{ productId: 'BTC-CS-70-80', name: 'Call spread', kind },
    legs: legs.map(([instrumentId, ratio]) => ({ instrumentId, ratio })),
  });
  const listProduct = (given: ReturnType<typeof request>, now = NOW, tenant = 'operator') =>
    spec.when('ListProduct', given, { now, tenant });

  it('is listed with its legs and priced net at their marks', () => {
    const [listed] = listProduct(
      request([
        [C70, '1'],
        [C80, '-1'],
      ]),
    ) as readonly Envelope[];
    expect(listed?.data).toMatchObject({ underlying: 'BTC', quoteAsset: 'USD', expiresAtMs: EXPIRY });
    const ask = () =>
      spec.ask('ListProducts', { underlying: 'BTC', pageSize: 0, pageToken: '' }) as {
        products: readonly unknown[];
      };
    expect(ask().products).toMatchObject([{ netPrice: '', state: 'halted' }]);
    marks(NOW, mark(C70, '9.5'), mark(C80, '4', 'degraded'));
    expect(ask().products).toMatchObject([{ netPrice: '5.5', state: 'degraded' }]);
    marks(NOW + 1, mark('BTC/USD', '75'));
    timer(EXPIRY);
    expect(ask().products).toMatchObject([{ state: 'settled' }]);
  });

  it.each([
    [
      'straddle',
      [
        [C70, '1'],
        [P70, '1'],
      ],
    ],
    ['reverse-convertible', [[P70, '-1']]],
    [
      'covered-call',
      [
        ['BTC-20270326', '1'],
        [C80, '-1'],
      ],
    ],
    [
      'collar',
      [
        ['BTC-20270326', '1'],
        [P70, '1'],
        [C80, '-1'],
      ],
    ],
    [
      'custom',
      [
        [C70, '0.5'],
        ['BTC-20270326', '-2'],
      ],
    ],
  ] as const)('may be a %s', (kind, legs) => {
    expect(isRejection(listProduct(request(legs, kind)))).toBe(false);
  });

  it.each([
    [
      'unknown leg',
      [
        [C70, '1'],
        ['BTC-20270326-99-C', '-1'],
      ],
      'call-spread',
      'legs[1].instrument_id',
    ],
    [
      'zero ratio',
      [
        [C70, '1'],
        [C80, '0'],
      ],
      'call-spread',
      'legs[1].ratio',
    ],
    ['ratio that is no number', [[C70, 'NaN']], 'custom', 'legs[0].ratio'],
    ['ratio out of bounds', [[C70, '1001']], 'custom', 'legs[0].ratio'],
    [
      'the same leg twice',
      [
        [C70, '1'],
        [C70, '-1'],
      ],
      'custom',
      'legs[1].instrument_id',
    ],
    ['no legs', [], 'custom', 'legs'],
    [
      'two calls bought',
      [
        [C70, '1'],
        [C80, '1'],
      ],
      'call-spread',
      'legs',
    ],
    [
      'a put in a call spread',
      [
        [C70, '1'],
        [P70, '-1'],
      ],
      'call-spread',
      'legs',
    ],
    ['a kind there is not', [[C70, '1']], 'butterfly', 'kind'],
  ] as const)('is refused with %s', (_, legs, kind, field) => {
    expect(refused(listProduct(request(legs, kind)))[1]).toBe(field);
  });

  it('is refused with an expired leg, twice, and by a client', () => {
    const good = request([[C70, '1']], 'custom');
    expect(refused(listProduct(good, EXPIRY))).toEqual(['INVALID_FIELD', 'legs[0].instrument_id']);
    expect(refused(listProduct(good, NOW, 'acme'))[0]).toBe('OPERATORS_ONLY');
    listProduct(good);
    expect(refused(listProduct(good))[0]).toBe('PRODUCT_EXISTS');
  });
});
