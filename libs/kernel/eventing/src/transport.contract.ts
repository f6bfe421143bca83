import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventLog } from './event-log.ts';
import { testAppend, testRequest } from './log-requests.ts';
import type { Transport } from './ports.ts';

export type TransportUnderTest = Readonly<{
  log: EventLog;
  transport: Transport;
  close: () => Promise<void>;
}>;

/** Positions that a subscriber gets until it has `count` of them. */
const take = async (transport: Transport, after: bigint, count: number): Promise<readonly bigint[]> => {
  const stop = new AbortController();
  const positions: bigint[] = [];
  for await (const batch of transport.subscribe(after, stop.signal)) {
    expect(batch.length).toBeGreaterThan(0);
    positions.push(...batch.map(({ position }) => position));
    if (positions.length >= count) stop.abort();
  }
  return positions;
};

const upTo = (from: number, to: number): readonly bigint[] =>
  Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i));

/**
 * What every transport must do: each event once, in order, with no gap, from any place, to any number of
 * subscribers.
 */
export const transportContract = (name: string, open: () => Promise<TransportUnderTest>): void => {
  describe(`${name}: the transport's contract`, () => {
    let under: TransportUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => under.close());

    const append = async (stream: string, version: number, count: number): Promise<void> => {
      const result = await under.log.append(testRequest([testAppend(stream, version, count)]));
      expect(result.status).toBe('appended');
    };

    it('delivers what is there, from the place that was asked for', async () => {
      await append('account-1', 0, 10);
      expect(await take(under.transport, 0n, 10)).toEqual(upTo(1, 10));
      expect(await take(under.transport, 7n, 3)).toEqual(upTo(8, 10));
    });

    it('waits for what comes later and delivers it in order', async () => {
      const all = take(under.transport, 0n, 30);
      for (let version = 0; version < 30; version += 3) await append('account-1', version, 3);
      expect(await all).toEqual(upTo(1, 30));
    });

    it('misses and repeats nothing while many writers append', async () => {
      const subscribers = [take(under.transport, 0n, 80), take(under.transport, 0n, 80)];
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let version = 0; version < 10; version += 1) await append(`account-${writer}`, version, 1);
      });
      await Promise.all(writers);
      for (const positions of await Promise.all(subscribers)) expect(positions).toEqual(upTo(1, 80));
    });

    it('ends when it is told to, also while nothing happens', async () => {
      const stop = new AbortController();
      const run = (async () => {
        for await (const batch of under.transport.subscribe(0n, stop.signal)) expect(batch).toBeUndefined();
      })();
      await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort();
      await run;
    });
  });
};
