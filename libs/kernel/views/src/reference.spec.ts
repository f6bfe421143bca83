import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import { ReferenceView } from './reference.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';

const btc = event('AssetListed', { asset: 'BTC', scale: 8, kind: 'coin', chains: ['bitcoin', 'ethereum'] });
const perpetual = event('InstrumentListed', {
  instrumentId: 'BTC-PERP',
  kind: 'perpetual',
  underlying: 'BTC',
  quoteAsset: 'USD',
  contractSize: '1',
  inverse: false,
  expiresAtMs: 0,
  strike: '',
  optionType: '',
  priceRule: {
    minSources: 2,
    maxAgeMs: 1_000,
    maxConfidencePpm: 3,
    maxDeviationPpm: 4,
    maxMovePpmPerSecond: 5,
    maxTwapDeviationPpm: 6,
    floorPrice: '7',
    capPrice: '8',
  },
});
const alpha = event('VenueRegistered', {
  venueId: 'alpha',
  kind: 'cex',
  chain: '',
  makerFeePpm: -20,
  takerFeePpm: 400,
  optionFeeCapPpm: 125_000,
  creditLimit: '1000',
  defaultProbabilityPpm: 1,
  lossGivenDefaultPpm: 2,
  requirementPpm: 3,
  transferablePpm: 4,
  listings: [{ instrumentId: 'BTC-PERP', lot: '0.1', tick: '0.5', minQuantity: '0.2' }],
  orderCost: '',
  rulebook: 'dydx',
});
const down = event('VenueStateSet', {
  venueId: 'alpha',
  state: 'down',
  reason: 'no answer',
  automatic: false,
});
const fees = event('VenueFeesSet', {
  ...{ venueId: 'alpha', makerFeePpm: -30, takerFeePpm: 500, optionFeeCapPpm: 0, reason: 'tier' },
});
const all = [btc, perpetual, alpha, down];
const make = (): ReferenceView => new ReferenceView();

describe('ReferenceView', () => {
  it('knows what was listed, as it was listed', () => {
    const view = folded(make(), all);
    expect(view.asset('BTC')).toEqual({
      symbol: 'BTC',
      scale: 8,
      kind: 'coin',
      chains: ['bitcoin', 'ethereum'],
    });
    expect(view.scaleOf('BTC')).toBe(8);
    expect(view.instrument('BTC-PERP')).toMatchObject({ id: 'BTC-PERP', quoteAsset: 'USD', optionType: '' });
    expect(view.priceRules.get('BTC-PERP')?.minSources).toBe(2);
    expect(view.venue('alpha')).toMatchObject({
      makerFeePpm: -20,
      optionFeeCapPpm: 125_000,
      creditLimit: '1000',
      state: 'down',
    });
    expect(view.venue('alpha').listings.get('BTC-PERP')?.tick).toBe('0.5');
  });

  it('keeps the state of a venue whose terms are registered anew', () => {
    expect(folded(make(), [...all, alpha]).venue('alpha').state).toBe('down');
  });

  it('stops rather than guess what was never listed', () => {
    expect(() => make().asset('BTC')).toThrow('Expected a listed asset, was BTC');
    expect(() => make().instrument('BTC-PERP')).toThrow('Expected a listed instrument, was BTC-PERP');
    expect(() => folded(make(), [down])).toThrow('Expected a registered venue, was alpha');
  });

  it('tells every field that it keeps', () => {
    expectEveryFieldToTell(make, [btc]);
    expectEveryFieldToTell(make, [perpetual]);
    expectEveryFieldToTell(make, [alpha], ['orderCost']);
    expectEveryFieldToTell(make, [alpha, down], ['automatic', 'reason']);
    expectEveryFieldToTell(make, [alpha, fees], ['reason']);
  });

  it('goes on from what it dumped', () => {
    expectRestores(
      () => ({ view: make() }),
      [...all, alpha, fees],
      ({ view }) => [[...view.venues.values()], [...view.instruments.values()], view.priceRules],
    );
  });

  it('goes back to nothing', () => {
    const view = folded(make(), all);
    expect(entriesOf(view)).toEqual(entriesOf(folded(make(), all)));
    expect(entriesOf(view).length).toBeGreaterThan(3);
    view.reset();
    expect(entriesOf(view)).toEqual([]);
  });
});
