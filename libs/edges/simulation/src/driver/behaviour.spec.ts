import { describe, expect, it } from '@jest/globals';

import { MadeMarket } from '../market/made-market.ts';
import { CRASH, stretched } from '../market/scenario.ts';
import { envelopesOf, planted } from '../auditor/testing/planted-log.ts';
import { ClientBehaviour } from './behaviour.ts';
import { observer, type ObserverViews } from './observer.ts';
import type { ScriptedCommand } from './opening.ts';
import type { PlannedAccount } from './population.ts';

const feed = new MadeMarket(stretched(CRASH, 60), 1);
const account: PlannedAccount = {
  clientId: 'c1',
  accountId: 'a1',
  style: 'leveraged',
  deposits: [],
  orders: [{ tick: 2, instrumentId: 'BTC-PERP', side: 'buy', quantity: '1', venues: ['alpha'] }],
  topUp: 1,
  activity: 1,
};

const mark = (instrumentId: string, price: string) => ({
  ...{ instrumentId, price, confidence: '1', twap: price, volatility: 1, state: 'live', sources: 3 },
  ...{ guarded: false, confirming: '', forward: 0, fixedForward: 0 },
});

const opening = [
  planted('AssetListed', { asset: 'USD', scale: 2, kind: 'fiat', chains: [] }),
  planted('AccountOpened', { accountId: 'a1', clientId: 'c1', name: 'x' }),
  planted('MarksPublished', {
    ...{ round: 1, atMs: 1, quotes: [] },
    marks: feed.instruments.map(({ instrumentId }) => mark(instrumentId, '100')),
  }),
];
const held = planted('FillBooked', {
  ...{ accountId: 'a1', instrumentId: 'BTC-PERP', venueId: 'bravo', positionQuantity: '-9', entryPrice: '1' },
  ...{ entryCost: '-9', postings: [] },
});
const called = planted('MarginCalled', { accountId: 'a1', callId: 'a1.c1', amount: '1000', deadlineMs: 9 });
const restricted = planted('MarginStateChanged', {
  accountId: 'a1',
  fromState: 'healthy',
  toState: 'restricted',
});

const seen = (...more: Parameters<typeof envelopesOf>[0]): ObserverViews => {
  const views = observer.views();
  const folds = new Set(Object.values(views));
  for (const event of envelopesOf([...opening, ...more])) for (const fold of folds) fold.apply(event);
  return views;
};

/** What the clients do from tick to tick while what they see stays the same. */
const course = (
  views: ObserverViews,
  plan: PlannedAccount = account,
  seed = 1,
): readonly ScriptedCommand[] => {
  const behaviour = new ClientBehaviour(feed, [plan], seed, views);
  return Array.from({ length: 50 }, (_, tick) => behaviour.commandsAt(tick)).flat();
};

const field = ({ request }: ScriptedCommand, name: string): unknown =>
  (request as Readonly<Record<string, unknown>>)[name];

describe('Simulated clients', () => {
  it('do the same when they see the same, and something else with another seed', () => {
    expect(course(seen())).toEqual(course(seen()));
    expect(course(seen())).not.toEqual(course(seen(), account, 2));
    expect(course(seen()).length).toBeGreaterThan(20);
  });

  it('decide at a tick without having lived through those before it', () => {
    const behaviour = new ClientBehaviour(feed, [account], 1, seen());
    const late = behaviour.commandsAt(30);
    const other = new ClientBehaviour(feed, [account], 1, seen());
    for (let tick = 0; tick < 30; tick += 1) other.commandsAt(tick);
    expect(other.commandsAt(30)).toEqual(late);
  });

  it('place the orders of their book at their tick, under ids of their own', () => {
    const first = new ClientBehaviour(feed, [{ ...account, activity: 0 }], 1, seen());
    expect(first.commandsAt(1)).toEqual([]);
    const [order] = first.commandsAt(2);
    expect(order).toMatchObject({ name: 'PlaceOrder', tenant: 'c1' });
    expect(order?.request).toMatchObject({
      orderId: 'a1-open-0',
      instrumentId: 'BTC-PERP',
      venues: ['alpha'],
    });
    const ids = course(seen())
      .filter(({ name }) => name === 'PlaceOrder')
      .map((command) => field(command, 'orderId'));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('wire a fifth more than a call asks for, when they are those who do', () => {
    const answers = course(seen(called), { ...account, orders: [] });
    expect(new Set(answers.map(({ name }) => name))).toEqual(new Set(['CreditDeposit']));
    expect(answers[0]?.request).toMatchObject({ accountId: 'a1', asset: 'USD', amount: '1300' });
    expect(answers.length).toBeLessThan(50);
  });

  it('or cut their largest position by a third, only ever reducing it', () => {
    const cuts = course(seen(held, called), { ...account, orders: [], topUp: 0 });
    expect(cuts.length).toBeGreaterThan(0);
    for (const cut of cuts) {
      expect(cut.request).toMatchObject({
        instrumentId: 'BTC-PERP',
        side: 'buy',
        quantity: '3',
        reduceOnly: true,
      });
      expect(field(cut, 'venues')).toEqual(['bravo']);
    }
  });

  it('keep still when they are restricted', () => {
    expect(course(seen(restricted), { ...account, orders: [] })).toEqual([]);
  });

  it('of the makers rest a bid and an ask around the mark', () => {
    const quotes = course(seen(), { ...account, style: 'maker', orders: [] });
    const limits = quotes.map((quote) => [field(quote, 'side'), Number(field(quote, 'limitPrice'))]);
    expect(limits.filter(([side]) => side === 'buy').every(([, price]) => Number(price) < 100)).toBe(true);
    expect(limits.filter(([side]) => side === 'sell').every(([, price]) => Number(price) > 100)).toBe(true);
    expect(limits.length).toBeGreaterThan(20);
  });
});
