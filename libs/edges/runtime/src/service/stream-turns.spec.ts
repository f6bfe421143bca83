import { describe, expect, it } from '@jest/globals';
import { Busy } from '@plinth/eventing';
import { LIMITS } from './limits.ts';
import { StreamTurns } from './stream-turns.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns on a stream', () => {
  it('are taken in the order of arrival, one at a time', async () => {
    const turns = new StreamTurns();
    const order: string[] = [];
    const work = async (name: string): Promise<void> => {
      const leave = await turns.enter(['account-a']);
      order.push(`${name} in`);
      await settled();
      order.push(`${name} out`);
      leave();
    };
    await Promise.all(['one', 'two', 'three'].map(work));
    expect(order).toEqual(['one in', 'one out', 'two in', 'two out', 'three in', 'three out']);
  });

  it('on different streams hold nobody up', async () => {
    const turns = new StreamTurns();
    await turns.enter(['account-a']);
    await expect(turns.enter(['account-b'])).resolves.toBeDefined();
  });

  it('over several streams are never waited for in a circle', async () => {
    const turns = new StreamTurns();
    let done = 0;
    const transfer = async (from: string, to: string): Promise<void> => {
      const leave = await turns.enter([from, to]);
      await settled();
      done += 1;
      leave();
    };
    await Promise.all([
      ...Array.from({ length: 20 }, () => transfer('account-a', 'account-b')),
      ...Array.from({ length: 20 }, () => transfer('account-b', 'account-a')),
      ...Array.from({ length: 20 }, () => transfer('account-b', 'account-b')),
    ]);
    expect(done).toBe(60);
    // Nothing is left of it: the next one has the turn at once.
    await expect(turns.enter(['account-a', 'account-b'])).resolves.toBeDefined();
  });

  it('are refused when too many wait, and given again when they have gone', async () => {
    const turns = new StreamTurns();
    const leave = await turns.enter(['account-a']);
    const waiting = Array.from({ length: LIMITS.turnsWaitingMax }, () => turns.enter(['account-a']));
    await expect(turns.enter(['account-a'])).rejects.toThrow(Busy);
    leave();
    for (const turn of waiting) (await turn)();
    await expect(turns.enter(['account-a'])).resolves.toBeDefined();
  });
});
