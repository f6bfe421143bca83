import { describe, expect, it } from '@jest/globals';
import { GateAudit } from './gate-audit.ts';
import { envelopesOf, planted, type Planted } from './testing/planted-log.ts';

const order = (orderId: string) =>
  planted('OrderPlaced', { orderId, accountId: 'a1', quantity: '1', liquidationId: '' });
const refused = (orderId: string) => planted('OrderRefused', { orderId, accountId: 'a1' });
const closed = planted('GateClosed', { cause: 'entries balance', brokenAt: 1n });

/** Positions and details of the breaches, by an auditor that keeps two requests. */
const judged = (events: readonly Planted[]): readonly string[] => {
  const audit = new GateAudit(2);
  return envelopesOf(events).flatMap((event) =>
    audit.apply(event).map(({ position, detail }) => `${position} ${detail}`),
  );
};

const full = (position: number, id: string): string =>
  `${position} order ${id}: more than 2 wait for an answer, what follows is not judged`;

describe('what is asked for behind the gate', () => {
  it('is kept while it has no answer, and no longer', () => {
    const many = Array.from({ length: 50 }, (_, n) => [order(`o${n}`), refused(`o${n}`)]).flat();
    expect(judged([closed, ...many])).toEqual([]);
  });

  it('is a breach when there is more than can be kept, said once until there is room again', () => {
    expect(judged([closed, order('o1'), order('o2'), order('o3'), order('o4')])).toEqual([full(4, 'o3')]);
    const again = [refused('o1'), order('o5'), order('o6')];
    expect(judged([closed, order('o1'), order('o2'), order('o3'), ...again])).toEqual([
      ...[full(4, 'o3'), full(7, 'o6')],
    ]);
  });

  it('takes no room while the gate is open', () => {
    expect(judged([order('o1'), order('o2'), order('o3')])).toEqual([]);
  });
});
