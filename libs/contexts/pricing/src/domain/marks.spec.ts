import { describe, expect, it } from '@jest/globals';
import type { NewEvent } from '@plinth/eventing';
import { deciderSpec } from '@plinth/eventing/testing';
import type { Mark } from '@plinth/messages';
import { recordedConsensus, type SubmittedQuote } from './judgement.ts';
import { marks, type PublishRound } from './marks.ts';
import type { Listed } from './pairs.ts';
import { priceText } from './price-units.ts';

const RULE = {
  minSources: 3,
  maxAgeMs: 60_000,
  maxConfidencePpm: 20_000,
  maxDeviationPpm: 50_000,
  maxMovePpmPerSecond: 10_000,
  maxTwapDeviationPpm: 0,
  floorPrice: '',
  capPrice: '',
};

const spot = (underlying: string, change: Partial<Listed> = {}): Listed => ({
  instrumentId: `${underlying}/USD`,
  kind: 'spot',
  underlying,
  quoteAsset: 'USD',
  stable: underlying.startsWith('USD'),
  rule: RULE,
  ...change,
});

const LISTINGS = new Map(
  [
    spot('BTC'),
    spot('USDC'),
    spot('USDT', { rule: { ...RULE, minSources: 2 } }),
    spot('BTC', { instrumentId: 'BTC-PERP', kind: 'perpetual', quoteAsset: 'USDT' }),
  ].map((listed) => [listed.instrumentId, listed] as const),
);

const T0 = 1_700_000_000_000;

const quote = (source: string, price: string, change: Partial<SubmittedQuote> = {}): SubmittedQuote => {
  const [name = '', pair = ''] = source.split(':');
  const isPair = pair.includes('/');
  return {
    instrumentId: isPair ? `${pair.split('/')[0]}/USD` : pair,
    source,
    group: name,
    price,
    confidence: '0',
    sourceTimeMs: T0,
    volume: '',
    bid: '',
    ask: '',
    ...change,
  };
};

const round = (atMs: number, quotes: readonly SubmittedQuote[]): PublishRound => ({
  type: 'PublishRound',
  atMs,
  quotes: quotes.map((one) => ({ ...one, sourceTimeMs: one.sourceTimeMs === T0 ? atMs : one.sourceTimeMs })),
  listings: LISTINGS,
  minRoundMs: 100,
  refreshMs: 10_000,
});

const spec = deciderSpec(marks);

type Published = NewEvent<'MarksPublished'>;

/** Plays rounds one after another. */
const play = (...rounds: readonly PublishRound[]): readonly Published[] =>
  rounds.reduce<readonly Published[]>((log, next) => [...log, ...spec.given(log).when(next).events()], []);

const markIn = (event: Published | undefined, id: string): Mark | undefined =>
  event?.data.marks.find((mark) => mark.instrumentId === id);

const excludedIn = (event: Published | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((event?.data.quotes ?? []).map((one) => [one.source, one.excluded]));

const btc = (...prices: readonly string[]): readonly SubmittedQuote[] =>
  prices.map((price, n) => quote(`venue${n}:BTC/USD`, price));

describe('a round', () => {
  it('publishes marks with the quotes they were made from', () => {
    const [event] = play(round(T0, btc('20000', '20010', '20020')));
    expect(event?.data).toMatchObject({ round: 1, atMs: T0 });
    expect(markIn(event, 'BTC/USD')).toMatchObject({
      price: '20010',
      confidence: '10',
      twap: '20010',
      volatility: 0.8,
      state: 'live',
      sources: 3,
      guarded: false,
    });
    expect(event?.data.quotes.map(({ source, price }) => [source, price])).toEqual([
      ['venue0:BTC/USD', '20000'],
      ['venue1:BTC/USD', '20010'],
      ['venue2:BTC/USD', '20020'],
    ]);
  });

  it('says nothing when nothing changed, and speaks again after the refresh', () => {
    const first = play(round(T0, btc('20000', '20010', '20020')));
    spec
      .given(first)
      .when(round(T0 + 9_999, btc('20000', '20010', '20020')))
      .thenNothing();
    const again = spec
      .given(first)
      .when(round(T0 + 10_000, btc('20000', '20010', '20020')))
      .events();
    expect(again).toHaveLength(1);
  });

  it('is refused out of order and too soon', () => {
    const first = play(round(T0, btc('20000', '20010', '20020')));
    expect(spec.given(first).when(round(T0, [])).thenRejected('ROUND_OUT_OF_ORDER').field).toBe('at_ms');
    spec
      .given(first)
      .when(round(T0 + 99, btc('20001', '20011', '20021')))
      .thenRejected('ROUND_TOO_SOON');
  });

  it('names why each quote is not used', () => {
    const quotes = [
      ...btc('20000', '20010', '20020'),
      quote('future:BTC/USD', '20000', { sourceTimeMs: T0 + 2_001 }),
      quote('stale:BTC/USD', '20000', { sourceTimeMs: T0 - 60_001 }),
      quote('crossed:BTC/USD', '20000', { bid: '20001', ask: '20001' }),
      quote('zero:BTC/USD', '0'),
      quote('vague:BTC/USD', '20000', { confidence: '401' }),
      quote('far:BTC/USD', '22000'),
      quote('unpriced:BTC/EUR', '19000'),
    ];
    const [event] = play(round(T0, quotes));
    expect(excludedIn(event)).toEqual({
      'venue0:BTC/USD': '',
      'venue1:BTC/USD': '',
      'venue2:BTC/USD': '',
      'future:BTC/USD': 'future',
      'stale:BTC/USD': 'stale',
      'crossed:BTC/USD': 'crossed',
      'zero:BTC/USD': 'non-positive',
      'vague:BTC/USD': 'uncertain',
      'far:BTC/USD': 'outlier',
      'unpriced:BTC/EUR': 'unpriced-quote-asset',
    });
    expect(markIn(event, 'BTC/USD')).toMatchObject({ price: '20010', state: 'live', sources: 3 });
    expect(event?.data.quotes.find(({ source }) => source === 'crossed:BTC/USD')?.bid).toBe('20001');
  });

  it('takes no quote that is older than what its source has said before', () => {
    const first = play(round(T0, btc('20000', '20010', '20020')));
    const back = btc('20000', '20010', '20030').map((one, n) => ({
      ...one,
      sourceTimeMs: n === 2 ? T0 - 1 : T0,
    }));
    const [event] = spec
      .given(first)
      .when(round(T0 + 1_000, back))
      .events();
    expect(excludedIn(event)['venue2:BTC/USD']).toBe('stale');
  });
});

describe('states', () => {
  const live = round(T0, btc('20000', '20010', '20020'));

  it('are degraded with too few sources or sources too far apart', () => {
    const [, few] = play(live, round(T0 + 1_000, btc('20000', '20010')));
    expect(markIn(few, 'BTC/USD')).toMatchObject({ state: 'degraded', sources: 2 });
    const [wide] = play(round(T0, btc('20000', '20010', '20900')));
    expect(markIn(wide, 'BTC/USD')?.state).toBe('degraded');
  });

  it('move on with fewer sources that agree, and not at all by one alone or in a dispute', () => {
    const [, few, alone, torn] = play(
      live,
      round(T0 + 1_000, btc('19950', '19960')),
      round(T0 + 2_000, btc('15000')),
      round(T0 + 3_000, [
        quote('a:BTC/USD', '19960'),
        quote('x:BTC/USD', '15000'),
        quote('y:BTC/USD', '15000'),
      ]),
    );
    expect(markIn(few, 'BTC/USD')).toMatchObject({ state: 'degraded', price: '19955' });
    expect(markIn(alone, 'BTC/USD')).toMatchObject({ state: 'degraded', price: '19955', confidence: '4955' });
    // Two that contradict the third are not followed either, and the band reaches them.
    expect(markIn(torn, 'BTC/USD')).toMatchObject({ state: 'degraded', price: '19955', confidence: '9915' });
  });

  it('are halted without a usable quote, keep the last price, and take a round to come back', () => {
    const dead = btc('20000', '20010', '20020').map((one) => ({ ...one, sourceTimeMs: T0 - 100_000 }));
    const [, halted, back, again] = play(
      live,
      round(T0 + 1_000, dead),
      round(T0 + 2_000, btc('20000', '20010', '20020')),
      round(T0 + 3_000, btc('20000', '20010', '20020')),
    );
    expect(markIn(halted, 'BTC/USD')).toMatchObject({ price: '20010', state: 'halted', sources: 0 });
    expect(excludedIn(halted)['venue0:BTC/USD']).toBe('stale');
    expect(markIn(back, 'BTC/USD')?.state).toBe('degraded');
    expect(markIn(again, 'BTC/USD')?.state).toBe('live');
  });

  it('are halted when nobody quotes the instrument any more, once the mark is too old', () => {
    const first = play(live);
    spec
      .given(first)
      .when(round(T0 + 60_000, []))
      .thenNothing();
    const [event] = spec
      .given(first)
      .when(round(T0 + 60_001, []))
      .events();
    expect(markIn(event, 'BTC/USD')?.state).toBe('halted');
    spec
      .given([...first, ...(event === undefined ? [] : [event])])
      .when(round(T0 + 90_000, []))
      .thenNothing();
  });

  it('publish nothing for what was never priced', () => {
    spec.when(round(T0, [quote('a:BTC/USD', '0')])).thenNothing();
  });

  it('are degraded far from the one-hour average when the rule has such a band', () => {
    const banded = spot('BTC', {
      rule: { ...RULE, maxMovePpmPerSecond: 1_000_000, maxTwapDeviationPpm: 100_000 },
    });
    const listings = new Map([['BTC/USD', banded]]);
    const [, far] = play(
      { ...live, listings },
      { ...round(T0 + 60_000, btc('24000', '24010', '24020')), listings },
    );
    expect(markIn(far, 'BTC/USD')).toMatchObject({ state: 'degraded', twap: '20010', price: '24010' });
  });
});

describe('the speed limit', () => {
  const crash = btc('18000', '18010', '18020');

  it('holds the first round of a jump and lets the second one through', () => {
    const [, held, free] = play(
      round(T0, btc('20000', '20010', '20020')),
      round(T0 + 1_000, crash),
      round(T0 + 2_000, crash),
    );
    // 1 % of 20,010 in one second.
    expect(markIn(held, 'BTC/USD')).toMatchObject({ price: '19809.9', guarded: true, confirming: 'down' });
    expect(markIn(held, 'BTC/USD')?.confidence).toBe('1809.9');
    expect(markIn(free, 'BTC/USD')).toMatchObject({ price: '18010', guarded: false, state: 'live' });
  });

  it('forgets a confirmation when the next round does not confirm', () => {
    const [, , calm, held] = play(
      round(T0, btc('20000', '20010', '20020')),
      round(T0 + 1_000, crash),
      round(T0 + 2_000, btc('19990', '20000', '20010')),
      round(T0 + 3_000, crash),
    );
    expect(markIn(calm, 'BTC/USD')).toMatchObject({ price: '20000', confirming: '' });
    expect(markIn(held, 'BTC/USD')?.guarded).toBe(true);
  });
});

describe('conversions', () => {
  const stables = [
    quote('coinbase:USDT/USD', '1.001'),
    quote('kraken:USDT/USD', '1.001'),
    quote('kraken:USDC/USD', '0.88'),
    quote('coinbase:USDC/USDT', '0.879'),
    quote('gemini:USDC/USD', '0.881'),
  ];

  it('price a coin through the marks of the stablecoins made in the same round', () => {
    const [event] = play(
      round(T0, [
        quote('kraken:BTC/USDC', '22727.27'),
        quote('coinbase:BTC/USDT', '19980'),
        quote('gemini:BTC/USD', '20000'),
        ...stables,
      ]),
    );
    expect(event?.data.marks.map((mark) => [mark.instrumentId, mark.price, mark.state])).toEqual([
      ['USDT/USD', '1.001', 'live'],
      ['USDC/USD', '0.88', 'live'],
      ['BTC/USD', '19999.9976', 'live'],
    ]);
    const through = event?.data.quotes.find(({ source }) => source === 'kraken:BTC/USDC');
    expect(through).toMatchObject({ conversion: '0.88', price: '22727.27', excluded: '' });
  });

  it('exclude what is quoted in an asset without a live mark', () => {
    const [event] = play(
      round(T0, [
        ...btc('20000', '20010', '20020'),
        quote('a:USDC/USD', '0.9'),
        quote('a:BTC/USDC', '22000'),
      ]),
    );
    expect(markIn(event, 'USDC/USD')?.state).toBe('degraded');
    expect(excludedIn(event)['a:BTC/USDC']).toBe('unpriced-quote-asset');
  });

  it('exclude what is quoted in an asset whose mark a guard holds back', () => {
    const log = play(round(T0, stables));
    const fallen = stables.map((one) => ({ ...one, price: one.source.includes('USDC') ? '0.7' : one.price }));
    const coin = [quote('a:BTC/USDC', '22000'), ...btc('20000')];
    const [event] = spec
      .given(log)
      .when(round(T0 + 1_000, [...fallen, ...coin]))
      .events();
    expect(markIn(event, 'USDC/USD')).toMatchObject({ state: 'live', guarded: true });
    expect(excludedIn(event)['a:BTC/USDC']).toBe('unpriced-quote-asset');
  });

  it('use the standing mark of an asset that is not quoted in the round', () => {
    const log = play(round(T0, stables));
    const [event] = spec
      .given(log)
      .when(round(T0 + 1_000, [quote('a:BTC/USDC', '22000')]))
      .events();
    expect(excludedIn(event)['a:BTC/USDC']).toBe('');
    expect(markIn(event, 'BTC/USD')).toMatchObject({ price: '19360', state: 'degraded' });
  });

  it('break a circle of two stablecoins the same way every time', () => {
    const circle = [quote('a:USDC/USDT', '1'), quote('b:USDT/USDC', '1'), ...btc('20000', '20010', '20020')];
    const [event] = play(round(T0, circle));
    expect(event?.data.marks.map((mark) => mark.instrumentId)).toEqual(['BTC/USD']);
  });

  it('leave perpetuals in their own quote asset', () => {
    const quotes = ['a', 'b', 'c'].map((name) => quote(`${name}:BTC-PERP`, '20100'));
    const [event] = play(round(T0, quotes));
    expect(markIn(event, 'BTC-PERP')).toMatchObject({ price: '20100', state: 'live' });
  });
});

describe('thin venues', () => {
  const quotes = (thinBtc: string, thinUsdc: string): readonly SubmittedQuote[] => [
    quote('coinbase:USDT/USD', '1.0005', { confidence: '0.0005' }),
    quote('kraken:USDT/USD', '1.0006', { confidence: '0.0005' }),
    quote('kraken:USDC/USD', '0.97', { confidence: '0.001' }),
    quote('kraken:USDC/USDT', '0.969', { confidence: '0.001' }),
    quote('coinbase:USDC/USDT', '0.9695', { confidence: '0.001' }),
    quote('gemini:USDC/USD', '0.9701', { confidence: '0.001' }),
    quote('thin:USDC/USDT', thinUsdc, { confidence: '0.001' }),
    quote('coinbase:BTC/USD', '20500', { confidence: '5' }),
    quote('kraken:BTC/USD', '20505', { confidence: '5' }),
    quote('kraken:BTC/USDC', '21130', { confidence: '20' }),
    quote('gemini:BTC/USDT', '20490', { confidence: '5' }),
    quote('thin:BTC/USDC', thinBtc, { confidence: '20' }),
  ];

  it('move no mark beyond the centre that the others confirm', () => {
    const [calm] = play(round(T0, quotes('21130', '0.9695')));
    const [torn] = play(round(T0, quotes('31000', '1.0998')));
    for (const id of ['BTC/USD', 'USDC/USD']) {
      expect(markIn(torn, id)?.state).toBe('live');
      const before = Number.parseFloat(markIn(calm, id)?.price ?? '');
      const after = Number.parseFloat(markIn(torn, id)?.price ?? '');
      expect(Math.abs(after / before - 1)).toBeLessThan(0.0005);
    }
    expect(excludedIn(torn)).toMatchObject({ 'thin:BTC/USDC': 'outlier', 'thin:USDC/USDT': 'outlier' });
  });

  it('can be explained from the event alone: the recorded quotes give the centre again', () => {
    const [event] = play(round(T0, quotes('31000', '1.0998')));
    for (const mark of event?.data.marks ?? []) {
      const listed = LISTINGS.get(mark.instrumentId) as Listed;
      const rows = event?.data.quotes.filter((row) => row.instrumentId === mark.instrumentId) ?? [];
      const centre = recordedConsensus(listed, rows);
      expect(priceText(centre?.price ?? 0n)).toBe(mark.price);
      expect(priceText(centre?.confidence ?? 0n)).toBe(mark.confidence);
    }
  });
});
