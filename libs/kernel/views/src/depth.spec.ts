import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import { DepthView } from './depth.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';

const observed = (venueId: string, atMs: number, ...instrumentIds: readonly string[]) =>
  event('VenueDepthObserved', {
    ...{ venueId, atMs, goodUntilMs: atMs + 10 },
    books: instrumentIds.map((instrumentId) => ({
      instrumentId,
      sell: [{ costPpm: 100, quantity: '1' }],
      buy: [
        { costPpm: 100, quantity: '2' },
        { costPpm: 200, quantity: '3' },
      ],
    })),
  });
const make = (): DepthView => new DepthView();
const all = [observed('beta', 1, 'BTC-PERP'), observed('alpha', 2, 'ETH-PERP', 'BTC-PERP')];

describe('DepthView', () => {
  it('has the latest of every book, whatever the order in which venues were seen', () => {
    const view = folded(make(), [...all, observed('alpha', 5, 'BTC-PERP')]);
    expect(view.of('alpha', 'BTC-PERP')).toMatchObject({ atMs: 5, goodUntilMs: 15 });
    expect(view.of('alpha', 'ETH-PERP')).toMatchObject({ atMs: 2, sell: [{ quantity: '1' }] });
    expect(view.of('gamma', 'BTC-PERP')).toBeUndefined();
    expect(view.all().map(({ venueId, instrumentId }) => `${venueId} ${instrumentId}`)).toEqual([
      ...['alpha BTC-PERP', 'alpha ETH-PERP', 'beta BTC-PERP'],
    ]);
    expect(entriesOf(folded(make(), all))).toEqual(entriesOf(folded(make(), [...all].reverse())));
  });

  it('tells every field, restores, and goes back to nothing', () => {
    expectEveryFieldToTell(make, [observed('alpha', 1, 'BTC-PERP')]);
    expectRestores(
      () => ({ view: make() }),
      all,
      ({ view }) => view.all(),
    );
    const view = folded(make(), all);
    view.reset();
    expect(entriesOf(view)).toEqual([]);
  });
});
