import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import type { EventData } from '@plinth/messages';
import { OpenOrdersView } from './orders.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';

const order: EventData<'OrderPlaced'> = {
  orderId: 'o1',
  accountId: 'a1',
  subAccountId: 'desk',
  instrumentId: 'BTC-PERP',
  side: 'buy',
  quantity: '2',
  orderType: 'limit',
  limitPrice: '60000',
  timeInForce: 'gtc',
  venues: ['alpha', 'bravo'],
  liquidationId: '',
  arrivalPrice: '60001',
  reduceOnly: false,
  worstPrice: '60000',
  quoteAsset: 'USD',
  contractSize: '1',
  bundleId: '',
  inverse: false,
};
const placed = (more: Partial<EventData<'OrderPlaced'>> = {}) => event('OrderPlaced', { ...order, ...more });
const approved = event('OrderApproved', {
  accountId: 'a1',
  orderId: 'o1',
  riskReducing: false,
  figuresAfter: undefined,
});
const child = {
  childId: 'o1.1',
  venueId: 'alpha',
  quantity: '2',
  limitPrice: '60000',
  expectedCost: '3',
  timeInForce: 'gtc',
};
const routed = event('OrderRouted', {
  orderId: 'o1',
  accountId: 'a1',
  children: [child],
  attempt: 1,
  bestSingleVenueCost: '4',
  unroutedQuantity: '0',
  reason: '',
});
const filled = (quantity: string) =>
  event('ChildFilled', {
    ...{ orderId: 'o1', accountId: 'a1', childId: 'o1.1', venueId: 'alpha', instrumentId: 'BTC-PERP' },
    ...{ fillId: 'f1', side: 'buy', quantity, price: '60000', fee: '1', feeAsset: 'USD', maker: true },
    ...{ liquidationId: '', feeQuote: '1' },
  });
const cancel = event('OrderCancelRequested', { orderId: 'o1', reason: 'asked', accountId: 'a1' });
const closed = event('OrderClosed', {
  ...{
    orderId: 'o1',
    accountId: 'a1',
    outcome: 'filled',
    reason: '',
    filledQuantity: '2',
    averagePrice: '60000',
  },
  ...{ arrivalPrice: '60001', implementationShortfall: '0', fees: '1', bestSingleVenueCost: '4' },
  liquidationId: '',
});
const make = (): OpenOrdersView => new OpenOrdersView();

it('keeps what is filled in canonical form, of the first fill too', () => {
  const view = folded(new OpenOrdersView(), [placed(), filled('0.50')]);
  expect(view.order('o1')?.filled).toBe('0.5');
  view.apply(filled('1.50'));
  expect(view.order('o1')?.filled).toBe('2');
});

describe('OpenOrdersView', () => {
  it('follows an order from its placing to its end', () => {
    const view = folded(make(), [placed()]);
    expect(view.order('o1')).toMatchObject({ stage: 'placed', filled: '0', cancelRequested: false });
    view.apply(approved);
    expect(view.order('o1')?.stage).toBe('approved');
    view.apply(routed);
    expect([...(view.order('o1')?.children.keys() ?? [])]).toEqual(['o1.1']);
    folded(view, [filled('0.5'), filled('0.25'), cancel]);
    expect(view.order('o1')).toMatchObject({ stage: 'routed', filled: '0.75', cancelRequested: true });
    view.apply(closed);
    expect(view.order('o1')).toBeUndefined();
    expect(view.of('a1')).toEqual([]);
    expect(entriesOf(view)).toEqual([]);
  });

  it('needs no approval of what a liquidation orders', () => {
    expect(folded(make(), [placed({ liquidationId: 'a1.l1' })]).order('o1')?.stage).toBe('approved');
  });

  it('lists an account’s orders, oldest first, and nobody else’s', () => {
    const view = folded(make(), [
      placed(),
      placed({ orderId: 'o0' }),
      placed({ orderId: 'x', accountId: 'a2' }),
    ]);
    expect(view.of('a1').map(({ placed: { orderId } }) => orderId)).toEqual(['o1', 'o0']);
    expect([...view.all()].length).toBe(3);
  });

  it('lets pass what comes after the end', () => {
    const view = folded(make(), [placed(), closed, filled('1'), cancel, routed, approved]);
    expect(entriesOf(view)).toEqual([]);
  });

  it('tells every field of an order, its children and its course', () => {
    expectEveryFieldToTell(make, [placed()]);
    const ofRoute = ['accountId', 'attempt', 'bestSingleVenueCost', 'unroutedQuantity', 'reason'];
    expectEveryFieldToTell(make, [placed(), routed], ofRoute);
    const ofFill = Object.keys(filled('1').data).filter(
      (field) => field !== 'orderId' && field !== 'quantity',
    );
    expectEveryFieldToTell(make, [placed(), routed, filled('1')], ofFill);
    expectEveryFieldToTell(make, [placed(), cancel], ['reason', 'accountId']);
  });

  it('goes on from what it dumped', () => {
    expectRestores(
      () => ({ view: make() }),
      [
        placed(),
        placed({ orderId: 'o0' }),
        approved,
        routed,
        filled('0.5'),
        cancel,
        placed({ orderId: 'o2' }),
        closed,
      ],
      ({ view }) => [view.of('a1'), [...view.all()]],
    );
  });

  it('goes back to nothing', () => {
    const view = folded(make(), [placed()]);
    view.reset();
    expect(entriesOf(view)).toEqual([]);
    expect(view.of('a1')).toEqual([]);
  });
});
