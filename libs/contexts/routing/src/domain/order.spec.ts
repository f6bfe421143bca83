import { describe, expect, it } from '@jest/globals';
import { deciderSpec } from '@plinth/eventing/testing';
import { isRejection, type NewEvent } from '@plinth/eventing';
import type { EventData } from '@plinth/messages';
import fc from 'fast-check';
import { orderDecider, type ChildReport, type OrderCommand } from './order.ts';
import { openChildren, unfilledOf, type OrderEventType, type OrderState } from './order-state.ts';

const placed: EventData<'OrderPlaced'> = {
  ...{
    orderId: 'o',
    accountId: 'a',
    subAccountId: '',
    instrumentId: 'BTC-PERP',
    side: 'sell',
    quantity: '10',
  },
  ...{
    orderType: 'limit',
    limitPrice: '90',
    timeInForce: 'ioc',
    venues: [],
    liquidationId: '',
    arrivalPrice: '100',
  },
  ...{
    reduceOnly: false,
    worstPrice: '90',
    quoteAsset: 'USD',
    contractSize: '2',
    bundleId: '',
    inverse: false,
  },
};

const child = (n: number, venueId: string, quantity: string) => ({
  ...{ childId: `o.${n}`, venueId, quantity, limitPrice: '95', expectedCost: '1', timeInForce: 'ioc' },
});

const route = (attempt: number, ...children: ReturnType<typeof child>[]): OrderCommand => ({
  ...{ kind: 'route', attempt, children, bestSingleVenueCost: '7', reason: '' },
});

const base = (n: number, venueId = 'v') => ({ childId: `o.${n}`, venueId, venueOrderId: 'x' });
const fill = (n: number, fillId: string, quantity: string, price = '99'): ChildReport => ({
  ...base(n),
  ...{
    type: 'filled',
    fillId,
    side: 'sell',
    quantity,
    price,
    fee: '1',
    feeAsset: 'USD',
    feeQuote: '1',
    maker: false,
  },
});
const closed = (n: number, filledQuantity: string): ChildReport => ({
  ...base(n),
  ...{ type: 'closed', cause: 'expired', filledQuantity },
});

/** The events of a sequence of commands, each of which must be accepted. */
const history = (...commands: readonly OrderCommand[]): readonly NewEvent<OrderEventType>[] => {
  const events: NewEvent<OrderEventType>[] = [];
  let state = orderDecider.initialState();
  for (const command of commands) {
    const decided = orderDecider.decide(command, state);
    if (isRejection(decided)) throw new Error(decided.message);
    events.push(...decided);
    state = decided.reduce<OrderState>((before, event) => orderDecider.evolve(before, event), state);
  }
  return events;
};

const spec = deciderSpec(orderDecider);
const place: OrderCommand = { kind: 'place', placed };
const sent = history(place, route(1, child(1, 'v', '10')));

describe('an order', () => {
  it('is placed once', () => {
    spec.when(place).then([{ type: 'OrderPlaced', data: placed }]);
    spec.given(history(place)).when(place).thenRejected('ORDER_EXISTS');
  });

  it('closes with its costs when it is filled', () => {
    const events = spec
      .given(sent)
      .when({ kind: 'take-reports', reports: [fill(1, 'f1', '4'), fill(1, 'f2', '6', '98')] });
    expect(events.events().map(({ type }) => type)).toEqual([
      'ChildFilled',
      'ChildFilled',
      'ChildClosed',
      'OrderClosed',
    ]);
    // Sold 4 at 99 and 6 at 98 against 100: (4 + 12) · contract size 2 + fees 2.
    expect(events.events().at(-1)?.data).toMatchObject({
      ...{ outcome: 'filled', averagePrice: '98.4', implementationShortfall: '34', fees: '2' },
      bestSingleVenueCost: '7',
    });
  });

  it('takes every fill id once', () => {
    const twice: OrderCommand = { kind: 'take-reports', reports: [fill(1, 'f1', '4'), fill(1, 'f1', '4')] };
    const events = spec.given(sent).when(twice).events();
    expect(events.map(({ type }) => type)).toEqual(['ChildFilled']);
    spec
      .given([...sent, ...events])
      .when(twice)
      .thenNothing();
  });

  it('refuses reports that contradict what is known', () => {
    const contradictions: readonly (readonly ChildReport[])[] = [
      [fill(1, 'f1', '11')],
      [fill(9, 'f1', '1')],
      [{ ...fill(1, 'f1', '1'), venueId: 'w' }],
      [{ ...fill(1, 'f1', '1'), side: 'buy' } as ChildReport],
      [fill(1, 'f1', '4'), closed(1, '5')],
      [closed(1, '0'), fill(1, 'f1', '1')],
      [fill(1, 'f1', '1'), { ...base(1), type: 'rejected', reason: 'no' }],
    ];
    for (const reports of contradictions) {
      spec.given(sent).when({ kind: 'take-reports', reports }).thenRejected('REPORT_CONTRADICTS');
    }
  });

  it('never takes a split that is not due, nor more than is unfilled', () => {
    spec
      .given(sent)
      .when(route(2, child(2, 'v', '1')))
      .thenNothing();
    spec
      .given(history(place))
      .when(route(2, child(1, 'v', '1')))
      .thenNothing();
    spec
      .given(history(place))
      .when(route(1, child(1, 'v', '11')))
      .thenRejected('REPORT_CONTRADICTS');
  });

  it('closes unfilled when no book has anything', () => {
    spec
      .given(history(place))
      .when(route(1))
      .then([
        {
          type: 'OrderClosed',
          data: {
            ...{
              orderId: 'o',
              accountId: 'a',
              outcome: 'unfilled',
              reason: '',
              filledQuantity: '0',
              averagePrice: '',
            },
            ...{ arrivalPrice: '100', implementationShortfall: '0', fees: '0', bestSingleVenueCost: '' },
            liquidationId: '',
          },
        },
      ]);
  });

  it('is cancelled at once while nothing is at a venue, and after the venue’s word otherwise', () => {
    const cancel: OrderCommand = { kind: 'request-cancel', reason: 'r' };
    const types = (given: readonly NewEvent<OrderEventType>[]) =>
      spec
        .given(given)
        .when(cancel)
        .events()
        .map(({ type }) => type);
    expect(types(history(place))).toEqual(['OrderCancelRequested', 'OrderClosed']);
    expect(types(sent)).toEqual(['OrderCancelRequested']);
    spec.given(history(place, cancel)).when(cancel).thenRejected('ORDER_CLOSED');
  });
});

const anyCommand: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc
    .record({
      attempt: fc.integer({ min: 1, max: 4 }),
      n: fc.integer({ min: 1, max: 6 }),
      size: fc.integer({ min: 1, max: 10 }),
    })
    .map(({ attempt, n, size }) => route(attempt, child(n, 'v', String(size)))),
  fc
    .record({
      n: fc.integer({ min: 1, max: 6 }),
      id: fc.integer({ min: 1, max: 8 }),
      size: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ n, id, size }): OrderCommand => ({
      kind: 'take-reports',
      reports: [fill(n, `f${id}`, String(size))],
    })),
  fc
    .record({ n: fc.integer({ min: 1, max: 6 }), size: fc.integer({ min: 0, max: 10 }) })
    .map(({ n, size }): OrderCommand => ({ kind: 'take-reports', reports: [closed(n, String(size))] })),
  fc
    .integer({ min: 1, max: 6 })
    .map((n): OrderCommand => ({ kind: 'acknowledge', childId: `o.${n}`, venueOrderId: 'x' })),
  fc
    .integer({ min: 1, max: 6 })
    .map((n): OrderCommand => ({ kind: 'mark-unknown', childId: `o.${n}`, attempt: 1 })),
  fc
    .integer({ min: 1, max: 6 })
    .map((n): OrderCommand => ({ kind: 'close-child', childId: `o.${n}`, cause: 'rejected', reason: '' })),
  fc.constant<OrderCommand>({ kind: 'request-cancel', reason: '' }),
);

it('fills sum to at most the order, each id once, and it ends when nothing is open', () => {
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 25 }), (commands) => {
      const events: NewEvent<OrderEventType>[] = [{ type: 'OrderPlaced', data: placed }];
      let state = orderDecider.evolve(orderDecider.initialState(), events[0] as NewEvent<OrderEventType>);
      for (const command of commands) {
        const decided = orderDecider.decide(command, state);
        if (isRejection(decided)) continue;
        events.push(...decided);
        state = decided.reduce<OrderState>((before, event) => orderDecider.evolve(before, event), state);
      }
      const fills = events.flatMap((event) => (event.type === 'ChildFilled' ? [event.data] : []));
      const filled = fills.reduce((sum, { quantity }) => sum + Number(quantity), 0);
      expect(filled).toBeLessThanOrEqual(10);
      expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(fills.length);
      expect(events.filter(({ type }) => type === 'OrderClosed').length).toBeLessThanOrEqual(1);
      if (state.status === 'closed') {
        expect(openChildren(state.last)).toEqual([]);
        expect(state.closed.filledQuantity).toBe(String(filled));
      } else if (state.status === 'open') {
        const isWaiting = openChildren(state).length > 0 || state.splits < 4;
        expect(isWaiting && unfilledOf(state) > 0n).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
