import { describe, expect, it } from '@jest/globals';
import { reactionTimes, type Row } from './reactions.ts';

const row = (id: string, type: string, cause: string, at: number, stream = id): Row => ({
  ...{ id, type, cause, at, stream },
});

describe('times from a tick to what followed from it', () => {
  const fallen = [
    row('t', 'MarksPublished', 'round', 100),
    row('m', 'MarginStateChanged', 't', 120),
    row('q', 'LiquidationRequested', 't', 120),
    row('s', 'LiquidationStarted', 'q', 130),
    row('r', 'ReductionOrdered', 's', 150),
    row('p', 'OrderPlaced', 'r', 160, 'order-1'),
    row('o', 'OrderRouted', 'effect', 190, 'order-1'),
  ];

  it('go back to the tick by causes, and from a route by its order', () => {
    expect(reactionTimes(fallen)).toEqual({ decisions: [20], orders: [90] });
  });

  it('count an order once, at its first route, and nothing that a fill led to', () => {
    const more = [
      ...fallen,
      row('o2', 'OrderRouted', 'effect2', 900, 'order-1'),
      row('f', 'ChildFilled', 'report', 950, 'order-1'),
      row('r2', 'ReductionOrdered', 'f', 960),
      row('p2', 'OrderPlaced', 'r2', 970, 'order-2'),
      row('o3', 'OrderRouted', 'effect3', 990, 'order-2'),
      row('m2', 'MarginStateChanged', 'f', 990),
    ];
    expect(reactionTimes(more)).toEqual({ decisions: [20], orders: [90] });
  });
});
