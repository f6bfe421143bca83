import { beforeEach, describe, expect, it } from '@jest/globals';
import { isRejection, type Envelope, type Rejection } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import type { pricingMessages } from '@plinth/messages';
import { PRICING_DEFAULTS } from './pricing-config.ts';
import { pricingService } from './pricing-service.ts';
import type { PricingViews } from './pricing-views.ts';

const T0 = 1_700_000_000_000;
const RULE = {
  minSources: 2,
  maxAgeMs: 30_000,
  maxConfidencePpm: 20_000,
  maxDeviationPpm: 50_000,
  maxMovePpmPerSecond: 10_000,
  maxTwapDeviationPpm: 0,
  floorPrice: '',
  capPrice: '',
};
const READ = { minPosition: 0n };

const instrument = (
  change: Partial<pricingMessages.ListInstrumentRequest> = {},
): pricingMessages.ListInstrumentRequest => ({
  instrumentId: 'BTC/USD',
  kind: 'spot',
  underlying: 'BTC',
  quoteAsset: 'USD',
  contractSize: '1',
  inverse: false,
  expiresAtMs: 0,
  strike: '',
  optionType: '',
  priceRule: RULE,
  ...change,
});

const quote = (
  source: string,
  change: Partial<pricingMessages.SubmittedQuote> = {},
): pricingMessages.SubmittedQuote => ({
  instrumentId: 'BTC/USD',
  source,
  group: source.split(':')[0] ?? '',
  price: '20000',
  confidence: '1',
  sourceTimeMs: T0,
  volume: '',
  bid: '',
  ask: '',
  ...change,
});

const eventsOf = (outcome: readonly Envelope[] | Rejection): readonly Envelope[] => {
  if (isRejection(outcome)) throw new Error(outcome.message);
  return outcome;
};

let spec: ServiceSpec<PricingViews>;

const publish = (
  quotes: readonly pricingMessages.SubmittedQuote[],
  now = T0,
): readonly Envelope[] | Rejection => spec.when('PublishRound', { atMs: 0, quotes }, { now });

const refused = (outcome: readonly Envelope[] | Rejection): readonly [string, string | undefined] => {
  if (!isRejection(outcome)) throw new Error(`Expected a rejection, was ${outcome.length} events`);
  return [outcome.code, outcome.field];
};

beforeEach(() => {
  spec = serviceSpec(pricingService(PRICING_DEFAULTS));
  for (const [asset, kind] of [
    ['BTC', 'coin'],
    ['USDC', 'stablecoin'],
  ] as const) {
    const data = { asset, scale: 8, kind, chains: [] };
    spec.given(`asset-${asset}`, T0, { type: 'AssetListed', data });
  }
  eventsOf(spec.when('ListInstrument', instrument()));
});

describe('ListInstrument', () => {
  it('is for operators, once per instrument', () => {
    expect(refused(spec.when('ListInstrument', instrument(), { tenant: 'acme' }))[0]).toBe('OPERATORS_ONLY');
    expect(refused(spec.when('ListInstrument', instrument()))).toEqual([
      'INSTRUMENT_EXISTS',
      'instrument_id',
    ]);
    expect(spec.views.reference.instrument('BTC/USD').kind).toBe('spot');
  });

  it('names the field that is wrong and appends nothing', () => {
    const before = spec.log().length;
    const perpetual = { instrumentId: 'BTC-PERP', kind: 'perpetual' };
    const cases: readonly (readonly [Partial<pricingMessages.ListInstrumentRequest>, string])[] = [
      [{ instrumentId: 'btc/usd' }, 'instrument_id'],
      [{ instrumentId: 'ETH/USD' }, 'instrument_id'],
      [{ kind: 'swap' }, 'kind'],
      [{ kind: 'perpetual' }, 'instrument_id'],
      [{ underlying: 'DOGE', instrumentId: 'DOGE/USD' }, 'underlying'],
      [{ quoteAsset: 'EUR', instrumentId: 'BTC/EUR' }, 'quote_asset'],
      [{ contractSize: '1e3' }, 'contract_size'],
      [{ contractSize: 'NaN' }, 'contract_size'],
      [{ contractSize: '2' }, 'contract_size'],
      [{ ...perpetual, contractSize: '-1' }, 'contract_size'],
      [{ ...perpetual, expiresAtMs: 5 }, 'expires_at_ms'],
      [{ ...perpetual, strike: '5' }, 'strike'],
      [{ instrumentId: 'BTC-20270326', kind: 'future' }, 'expires_at_ms'],
      [{ instrumentId: 'BTC-20270326-70000-C', kind: 'option', expiresAtMs: 9, strike: '1' }, 'option_type'],
      [{ priceRule: undefined }, 'price_rule'],
      [{ priceRule: { ...RULE, minSources: 0 } }, 'price_rule.min_sources'],
      [{ priceRule: { ...RULE, maxMovePpmPerSecond: 0 } }, 'price_rule.max_move_ppm_per_second'],
    ];
    for (const [change, field] of cases) {
      expect([change, refused(spec.when('ListInstrument', instrument(change)))[1]]).toEqual([change, field]);
    }
    expect(spec.log()).toHaveLength(before);
  });
});

describe('PublishRound', () => {
  it('publishes marks on the stream of the cell', () => {
    const [event] = eventsOf(publish([quote('alpha:BTC/USD'), quote('beta:BTC/USD')]));
    expect(event).toMatchObject({ stream: 'marks-main', type: 'MarksPublished', occurredAt: T0 });
    expect(spec.views.marks.figures('BTC/USD')).toMatchObject({ price: 20_000, state: 'live' });
  });

  it('refuses what is malformed, unknown or doubled, with its field', () => {
    const cases: readonly (readonly [readonly pricingMessages.SubmittedQuote[], string])[] = [
      [[quote('alpha:BTC/USD', { price: '1e5' })], 'quotes[0].price'],
      [[quote('alpha:BTC/USD', { price: 'Infinity' })], 'quotes[0].price'],
      [[quote('alpha:BTC/USD', { price: '1'.repeat(41) })], 'quotes[0].price'],
      [[quote('alpha:BTC/USD', { confidence: '-1' })], 'quotes[0].confidence'],
      [[quote('alpha:BTC/USD', { bid: '1' })], 'quotes[0].bid'],
      [[quote('alpha:BTC/USD', { sourceTimeMs: -1 })], 'quotes[0].source_time_ms'],
      [[quote('alpha:BTC/USD', { group: '' })], 'quotes[0].group'],
      [[quote('BTC/USD')], 'quotes[0].source'],
      [[quote('alpha:ETH/USD')], 'quotes[0].source'],
      [[quote('alpha:ETH/USD', { instrumentId: 'ETH/USD' })], 'quotes[0].instrument_id'],
      [[quote('alpha:BTC/USD'), quote('alpha:BTC/USD')], 'quotes[1].source'],
      [[quote('alpha:BTC/USD'), quote('alpha:BTC/USDC', { group: 'other' })], 'quotes[1].group'],
    ];
    for (const [quotes, field] of cases) expect(refused(publish(quotes))[1]).toBe(field);
    expect(refused(spec.when('PublishRound', { atMs: T0 + 1, quotes: [] }, { now: T0 }))[1]).toBe('at_ms');
    expect(refused(spec.when('PublishRound', { atMs: 0, quotes: [] }, { tenant: 'acme' }))[0]).toBe(
      'OPERATORS_ONLY',
    );
    const many = Array.from({ length: 65 }, (_, n) => quote(`venue${n}:BTC/USD`));
    expect(refused(publish(many))[1]).toBe('quotes[64]');
  });

  it('halts marks by the passing of time alone', () => {
    publish([quote('alpha:BTC/USD'), quote('beta:BTC/USD')]);
    expect(spec.passTime(T0 + 30_000)).toEqual([]);
    const [, halted] = spec.passTime(T0 + 30_001);
    expect(halted).toMatchObject({ type: 'MarksPublished', data: { marks: [{ state: 'halted' }] } });
    expect(spec.passTime(T0 + 90_000_000)).toEqual([]);
  });
});

describe('queries', () => {
  beforeEach(() => {
    publish([
      quote('alpha:BTC/USD', { price: '20000' }),
      quote('beta:BTC/USD', { price: '20010' }),
      quote('thin:BTC/USDC', { price: '31000' }),
    ]);
  });

  it('answer the mark with its conservative pair', () => {
    expect(spec.ask('GetMark', { instrumentId: 'BTC/USD', read: READ })).toMatchObject({
      mark: { price: '20005', confidence: '5' },
      round: 1,
      collateralPrice: '20000',
      liabilityPrice: '20010',
    });
    expect(spec.ask('GetMark', { instrumentId: 'ETH/USD', read: READ })).toMatchObject({
      code: 'MARK_MISSING',
      reason: 'missing',
    });
    expect(spec.ask('GetMark', { instrumentId: '', read: READ })).toMatchObject({ code: 'INVALID_FIELD' });
  });

  it('explain every quote and the centre', () => {
    const answer = spec.ask('ExplainMark', {
      instrumentId: 'BTC/USD',
      read: READ,
    }) as pricingMessages.ExplainMarkResponse;
    expect(answer.quotes.map(({ used, reason }) => [used, reason])).toEqual([
      [true, 'It votes in group alpha.'],
      [true, 'It votes in group beta.'],
      [false, 'Its quote asset had no live mark in this round.'],
    ]);
    expect(answer).toMatchObject({
      centrePrice: '20005',
      centreConfidence: '5',
      notes: [],
      previousPrice: '',
    });
    expect(answer.votes.map(({ group, price }) => [group, price])).toEqual([
      ['alpha', '20000'],
      ['beta', '20010'],
    ]);
  });

  it('explain why a mark is not live', () => {
    publish([quote('alpha:BTC/USD', { price: '15000', sourceTimeMs: T0 + 1_000 })], T0 + 1_000);
    const answer = spec.ask('ExplainMark', {
      instrumentId: 'BTC/USD',
      read: READ,
    }) as pricingMessages.ExplainMarkResponse;
    expect(answer).toMatchObject({
      mark: { state: 'degraded', price: '20005', confidence: '5006' },
      previousPrice: '20005',
    });
    expect(answer.notes).toHaveLength(2);
  });

  it('list instruments, marks and sources in pages', () => {
    for (const underlying of ['USDC']) {
      const listed = instrument({ underlying, instrumentId: `${underlying}/USD` });
      eventsOf(spec.when('ListInstrument', listed));
    }
    const first = { kind: '', underlying: '', pageSize: 1, pageToken: '', read: READ };
    const page = spec.ask('ListInstruments', first) as pricingMessages.ListInstrumentsResponse;
    expect(page).toMatchObject({ instruments: [{ instrumentId: 'BTC/USD', priceRule: RULE }], total: 2 });
    const next = spec.ask('ListInstruments', { ...first, pageToken: page.nextPageToken });
    expect(next).toMatchObject({ instruments: [{ instrumentId: 'USDC/USD' }], nextPageToken: '' });
    expect(spec.ask('ListMarks', { state: 'live', pageSize: 0, pageToken: '', read: READ })).toMatchObject({
      marks: [{ instrumentId: 'BTC/USD' }],
      round: 1,
    });
    const sources = spec.ask('ListSources', { pageSize: 0, pageToken: '', read: READ });
    expect(
      (sources as pricingMessages.ListSourcesResponse).sources.map((s) => [s.source, s.excluded]),
    ).toEqual([
      ['alpha:BTC/USD', 0],
      ['beta:BTC/USD', 0],
      ['thin:BTC/USDC', 1],
    ]);
    const tooLarge = spec.ask('ListSources', { pageSize: 1_001, pageToken: '', read: READ });
    expect(tooLarge).toMatchObject({ code: 'INVALID_FIELD', field: 'page_size' });
  });
});
