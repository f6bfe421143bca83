import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import { MarksView } from './marks.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';

const mark = {
  instrumentId: 'BTC/USD',
  price: '60000.5',
  confidence: '12',
  twap: '59000',
  volatility: 0.8,
  state: 'degraded',
  sources: 3,
  guarded: true,
  confirming: 'up',
  forward: 60_100.25,
  fixedForward: 12.5,
};
const quote = {
  instrumentId: 'BTC/USD',
  source: 'alpha:BTC/USD',
  group: 'alpha',
  price: '60000',
  confidence: '12',
  sourceTimeMs: 9,
  volume: '1',
  excluded: '',
  conversion: '',
  conversionConfidence: '',
  bid: '',
  ask: '',
};
const HERE = { sourceCell: '', sourcePosition: 0n };
const round = event('MarksPublished', { round: 7, atMs: 1_000, marks: [mark], quotes: [quote], ...HERE });
const make = (): MarksView => new MarksView();

describe('MarksView', () => {
  it('has the last mark of each instrument as text and as figures', () => {
    const later = event('MarksPublished', {
      round: 8,
      atMs: 2_000,
      marks: [{ ...mark, instrumentId: 'ETH/USD', price: '3000' }],
      quotes: [],
      ...HERE,
    });
    const view = folded(make(), [round, later]);
    expect([view.round, view.at]).toEqual([8, 2_000]);
    expect(view.exact('BTC/USD')).toEqual(mark);
    expect(view.figures('BTC/USD')).toEqual({
      price: 60_000.5,
      confidence: 12,
      twap: 59_000,
      volatility: 0.8,
      state: 'degraded',
      guarded: true,
      forward: 60_100.25,
      fixedForward: 12.5,
    });
    expect([...view.all()].map(({ instrumentId }) => instrumentId)).toEqual(['BTC/USD', 'ETH/USD']);
  });

  it('values an asset at the mark of its index, and the numeraire at one', () => {
    const view = folded(make(), [round]);
    expect(view.ofAsset('BTC')?.price).toBe(60_000.5);
    expect(view.ofAsset('ETH')).toBeUndefined();
    expect(view.ofAsset('USD')).toMatchObject({ price: 1, confidence: 0, state: 'live', guarded: false });
  });

  it('tells every field of a mark; quotes and where it was judged are kept by pricing', () => {
    const quotes = Object.keys(quote).map((field) => `quotes[].${field}`);
    expectEveryFieldToTell(make, [round], [...quotes, ...Object.keys(HERE)]);
  });

  it('goes on from what it dumped', () => {
    expectRestores(
      () => ({ view: make() }),
      [
        round,
        event('MarksPublished', {
          round: 8,
          atMs: 2,
          marks: [{ ...mark, instrumentId: 'ETH/USD' }],
          quotes: [],
          ...HERE,
        }),
        round,
      ],
      ({ view }) => [view.figures('BTC/USD'), view.ofAsset('ETH'), [...view.all()]],
    );
  });

  it('goes back to nothing', () => {
    const view = folded(make(), [round]);
    view.reset();
    expect(entriesOf(view)).toEqual(entriesOf(make()));
    expect(view.figures('BTC/USD')).toBeUndefined();
  });
});
