import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { makeLogger } from '@plinth/runtime';
import type { Breach } from '@plinth/simulation';
import { setTimeout as sleep } from 'node:timers/promises';
import { GateKeeper } from './gate-keeper.ts';

const LOGGER = makeLogger('spec', 'silent');

const broken = (invariant: string, position: bigint): Breach => ({ invariant, position, detail: 'x' });
const opened = (explainedThrough: bigint): Envelope =>
  ({ type: 'GateOpened', data: { explainedThrough } }) as unknown as Envelope;

/** A gateway that fails as often as it is told to, and keeps what it was asked for. */
const gateway = (failures = 0) => {
  const asked: string[] = [];
  const ids: string[] = [];
  let left = failures;
  return {
    asked,
    ids,
    close: async ({ invariant, position }: Breach, requestId: string): Promise<void> => {
      ids.push(requestId);
      if (left-- > 0) throw new Error('away');
      asked.push(`${invariant}@${position}`);
    },
    untilAsked: async (count: number): Promise<void> => {
      while (asked.length < count) await sleep(5);
    },
  };
};

describe('the keeper of the gate', () => {
  it('asks once for each invariant, whatever else breaks it', async () => {
    const { asked, close, untilAsked } = gateway();
    const keeper = new GateKeeper(close, LOGGER);
    for (const breach of [broken('a', 1n), broken('a', 2n), broken('b', 2n)]) keeper.found(breach);
    await untilAsked(2);
    await keeper.stop();
    expect(asked).toEqual(['a@1', 'b@2']);
  });

  it('asks again under the same id until there is an answer', async () => {
    const { asked, ids, close, untilAsked } = gateway(1);
    const keeper = new GateKeeper(close, LOGGER);
    keeper.found(broken('a', 1n));
    await untilAsked(1);
    await keeper.stop();
    expect(asked).toEqual(['a@1']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('closes it again for what those who opened it did not know of, and for what breaks then', async () => {
    const { asked, close, untilAsked } = gateway();
    const keeper = new GateKeeper(close, LOGGER);
    for (const breach of [broken('a', 1n), broken('b', 2n), broken('a', 5n)]) keeper.found(breach);
    await untilAsked(2);
    keeper.follow(opened(2n));
    keeper.found(broken('b', 7n));
    await untilAsked(4);
    await keeper.stop();
    expect(asked).toEqual(['a@1', 'b@2', 'a@5', 'b@7']);
  });
});
