import { describe, expect, it } from '@jest/globals';
import type { routingMessages } from '@plinth/messages';
import { DEPTH } from '../domain/limits.ts';
import { markAt, openedWorld, type RoutingWorld } from '../testing/routing-world.ts';
import { ScriptedVenue } from '../testing/scripted-venue.ts';
import { observeDepth } from './depth-intake.ts';

const opened = async (): Promise<readonly [RoutingWorld, ScriptedVenue]> => {
  const alpha = new ScriptedVenue('alpha');
  alpha.bids = [{ price: '29999', quantity: '3' }];
  alpha.asks = [{ price: '30001', quantity: '2' }];
  return [await openedWorld(alpha, new ScriptedVenue('beta')), alpha];
};

/** What was sent, or undefined. */
const observed = async (world: RoutingWorld, venue: ScriptedVenue): Promise<unknown> => {
  const send = async (command: string, request: unknown) => ({ refused: await world.send(command, request) });
  return observeDepth(venue, world.views, send, world.now, new AbortController().signal);
};

const listed = (world: RoutingWorld, change: object = {}) =>
  (
    world.ask('ListVenueDepth', {
      ...{ venueId: '', instrumentId: '', pageSize: 0, pageToken: '', ...change },
    }) as routingMessages.ListVenueDepthResponse
  ).books;

describe('the books of a venue', () => {
  it('are recorded, listed, and sent again only when there is news', async () => {
    const [world, alpha] = await opened();
    expect(await observed(world, alpha)).toEqual({ refused: undefined });
    expect(world.of('VenueDepthObserved')).toMatchObject([
      {
        venueId: 'alpha',
        atMs: world.now,
        books: [{ instrumentId: 'BTC/USD' }, { instrumentId: 'BTC-PERP' }],
      },
    ]);
    const [book] = listed(world, { instrumentId: 'BTC-PERP' });
    expect(book).toMatchObject({ venueId: 'alpha', state: 'fresh', goodUntilMs: world.now + DEPTH.goodMs });
    expect([book?.sell[0], book?.buy[0]]).toEqual([
      { costPpm: 100, quantity: '3' },
      { costPpm: 100, quantity: '2' },
    ]);
    expect(listed(world, { venueId: 'beta' })).toEqual([]);
    world.now += DEPTH.leastMs;
    expect(await observed(world, alpha)).toBeUndefined();
    alpha.books.set('BTC-PERP', { bids: alpha.bids, asks: [] });
    await observed(world, alpha);
    expect(world.of('VenueDepthObserved')[1]?.books).toMatchObject([{ instrumentId: 'BTC-PERP' }]);
  });

  it('are stale when marks have gone on without them', async () => {
    const [world, alpha] = await opened();
    await observed(world, alpha);
    world.now += DEPTH.goodMs - 1;
    await markAt(world, '30000');
    expect(listed(world).map(({ state }) => state)).toEqual(['fresh', 'fresh']);
    world.now += 1;
    await markAt(world, '30000');
    expect(listed(world).map(({ state }) => state)).toEqual(['stale', 'stale']);
  });

  it('are left out when they are broken, and all when the venue does not answer or is down', async () => {
    const [world, alpha] = await opened();
    alpha.books.set('BTC-PERP', { bids: alpha.asks, asks: alpha.bids });
    await observed(world, alpha);
    expect(listed(world).map(({ instrumentId }) => instrumentId)).toEqual(['BTC/USD']);
    alpha.mood = 'unavailable';
    world.now += DEPTH.refreshMs;
    expect(await observed(world, alpha)).toBeUndefined();
    alpha.mood = 'takes';
    await world.send('SetVenueState', { venueId: 'alpha', state: 'down', reason: 'audit' });
    expect(await observed(world, alpha)).toBeUndefined();
    expect(world.of('VenueDepthObserved')).toHaveLength(1);
  });
});

describe('ObserveVenueDepth', () => {
  const book = (change: object = {}) => ({
    ...{ instrumentId: 'BTC-PERP', bids: [{ price: '1', quantity: '1' }], asks: [], ...change },
  });
  it.each([
    ['an unknown venue', { venueId: 'gamma', books: [book()] }, 'venue_id'],
    ['no books', { venueId: 'alpha', books: [] }, 'books'],
    ['too many', { venueId: 'alpha', books: Array.from({ length: 101 }, () => book()) }, 'books'],
    ['a book twice', { venueId: 'alpha', books: [book(), book()] }, 'books[1].instrument_id'],
    [
      'what is not listed',
      { venueId: 'alpha', books: [book({ instrumentId: 'ETH-PERP' })] },
      'books[0].instrument_id',
    ],
    [
      'a crossed book',
      { venueId: 'alpha', books: [book({ asks: [{ price: '1', quantity: '1' }] })] },
      'books[0].bids[0].price',
    ],
  ])('refuses %s and changes nothing', async (_, request, field) => {
    const [world] = await opened();
    const before = world.log.length;
    expect(await world.send('ObserveVenueDepth', request)).toMatchObject({ field });
    expect(world.log).toHaveLength(before);
  });

  it('is not for clients', async () => {
    const [world] = await opened();
    const request = { venueId: 'alpha', books: [book()] };
    expect(await world.send('ObserveVenueDepth', request, 'fund')).toMatchObject({ code: 'OPERATOR_ONLY' });
  });
});
