import { describe, expect, it } from '@jest/globals';
import type { Envelope, NewEvent } from '@plinth/eventing';
import fc from 'fast-check';
import { DueQueue } from './due-queue.ts';
import { HoldsView } from './holds-view.ts';
import { eventOf } from '../testing/world.ts';

const requested = (transferId: string, expiresAtMs: number): NewEvent =>
  eventOf('TransferRequested', {
    accountId: 'a1',
    transferId,
    toAccountId: 'a2',
    asset: 'USD',
    amount: '1',
    expiresAtMs,
  });
const approved = (transferId: string): NewEvent =>
  eventOf('TransferApproved', { accountId: 'a1', transferId });
const fired = (dueAtMs: number): NewEvent => eventOf('TimerFired', { service: 'accounts', dueAtMs });

const folding = () => {
  const view = new HoldsView();
  return {
    view,
    answeredBy: (event: NewEvent): readonly string[] => {
      view.apply(event as unknown as Envelope);
      return view.answered.map(({ holdId }) => holdId);
    },
  };
};

describe('HoldsView', () => {
  it('takes the first answer in log order, before anybody has reacted to it', () => {
    const { answeredBy } = folding();
    answeredBy(requested('t1', 50));
    expect(answeredBy(approved('t1'))).toEqual(['t1']);
    expect(answeredBy(approved('t1'))).toEqual([]);
    expect(answeredBy(fired(50))).toEqual([]);
    answeredBy(requested('t2', 60));
    expect(answeredBy(fired(60))).toEqual(['t2']);
    expect(answeredBy(approved('t2'))).toEqual([]);
  });

  it('does not take an answer of another kind', () => {
    const { answeredBy } = folding();
    answeredBy(requested('x', 50));
    expect(answeredBy(eventOf('WithdrawalApproved', { accountId: 'a1', withdrawalId: 'x' }))).toEqual([]);
    expect(answeredBy(approved('x'))).toEqual(['x']);
  });

  it('is due when the next hold that still waits expires, and ignores timers of others', () => {
    const { view, answeredBy } = folding();
    expect(view.nextExpiry).toBeUndefined();
    for (const [id, at] of [
      ['t1', 30],
      ['t2', 10],
      ['t3', 20],
    ] as const)
      answeredBy(requested(id, at));
    expect(view.nextExpiry).toBe(10);
    answeredBy(approved('t2'));
    expect(view.nextExpiry).toBe(20);
    expect(answeredBy(eventOf('TimerFired', { service: 'risk', dueAtMs: 99 }))).toEqual([]);
    expect(answeredBy(fired(30))).toEqual(['t3', 't1']);
    expect(view.nextExpiry).toBeUndefined();
  });

  it('releases no more at one firing than one append takes; the rest stays due', () => {
    const { view, answeredBy } = folding();
    for (let i = 0; i < 1_001; i += 1) answeredBy(requested(`t${i}`, 5));
    expect(answeredBy(fired(5))).toHaveLength(1_000);
    expect(view.nextExpiry).toBe(5);
    expect(answeredBy(fired(5))).toHaveLength(1);
  });
});

describe('DueQueue', () => {
  it('gives what was added in the order of time, then id', () => {
    const items = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), fc.nat({ max: 9 })), {
      selector: ([id]) => id,
    });
    fc.assert(
      fc.property(items, (given) => {
        const queue = new DueQueue();
        for (const [id, at] of given) queue.add(id, at);
        const order: (readonly [string, number])[] = [];
        for (let first = queue.first; first !== undefined; first = queue.first) {
          order.push([first.id, first.at]);
          queue.removeFirst();
        }
        expect(order).toEqual([...given].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)));
      }),
    );
  });
});
