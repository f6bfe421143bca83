import { describe, expect, it } from '@jest/globals';
import { MemoryLog, Retryable, type SnapshotStore } from '@plinth/eventing';
import { MemorySnapshots } from '@plinth/eventing/testing';
import { makeLogger, TailTransport } from '@plinth/runtime';
import { LogWriter } from '../testing/log-writer.ts';
import { LogFeed } from './log-feed.ts';

const EVENTS = 1_200;

const startFeed = (log: MemoryLog, store: SnapshotStore) => {
  const reads: bigint[] = [];
  const tail = new TailTransport(log);
  const feed = new LogFeed({
    ...{ log, onKeysChanged: () => undefined },
    transport: {
      subscribe: (after, signal) => {
        reads.push(after);
        return tail.subscribe(after, signal);
      },
    },
    snapshots: { store, logger: makeLogger('gateway', 'silent') },
  });
  const stopping = new AbortController();
  const running = feed.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return { feed, reads, stop };
};

const reached = (feed: LogFeed, position: bigint): Promise<void> =>
  feed.reach(position, AbortSignal.timeout(20_000));

describe('the feed of a gateway that starts again', () => {
  it('begins at its snapshot, knows every margin state, and tells what comes after it', async () => {
    const [log, store] = [new MemoryLog(), new MemorySnapshots()];
    const writer = new LogWriter(log);
    await writer.state('a1', 'healthy', 'call');
    await writer.call('a1', 'c1');
    for (let n = 0; n < EVENTS; n += 1) await writer.noise(n);
    const head = await writer.state('a2', 'healthy', 'restricted');
    const first = startFeed(log, store);
    await reached(first.feed, head);
    const known = first.feed.states.notHealthy();
    await first.stop();
    expect(store.kept.map(({ owner, position }) => [owner, position])).toEqual([['gateway', head]]);

    const second = startFeed(log, store);
    await reached(second.feed, head);
    expect(second.reads).toEqual([head]);
    expect(second.feed.states.notHealthy()).toEqual(known);
    // What came before is not told again: who resumes there is sent to the log, or to a new snapshot.
    expect([second.feed.floor, second.feed.after(1n)]).toEqual([head, undefined]);
    const later = await writer.cure('a1', 'c1');
    await reached(second.feed, later);
    expect(second.feed.after(head)).toMatchObject([{ kind: 'margin', position: later }]);
    expect(second.feed.states.of('a1')).toMatchObject({ state: 'call', callId: '' });
    await second.stop();

    store.kept.length = 0;
    const third = startFeed(log, store);
    await reached(third.feed, later);
    expect(third.reads).toEqual([0n]);
    expect(third.feed.states.notHealthy()).toEqual(second.feed.states.notHealthy());
    await third.stop();
  }, 60_000);
});

describe('the feed of a gateway whose log is away', () => {
  it('goes on where it stood when the log is back, and ends at what it cannot read', async () => {
    const log = new MemoryLog();
    const writer = new LogWriter(log);
    const tail = new TailTransport(log);
    const outages: Error[] = [new Retryable('the database cannot be reached')];
    const feed = new LogFeed({
      ...{ log, onKeysChanged: () => undefined },
      transport: {
        async *subscribe(after, signal) {
          for await (const batch of tail.subscribe(after, signal)) {
            yield batch;
            const outage = outages.pop();
            if (outage !== undefined) throw outage;
          }
        },
      },
    });
    const running = feed.run(new AbortController().signal);
    await reached(feed, await writer.state('a1', 'healthy', 'call'));
    await reached(feed, await writer.state('a1', 'call', 'healthy'));
    expect(feed.after(0n)).toMatchObject([{ position: 1n }, { position: 2n }]);
    outages.push(new Error('a damaged event'));
    await writer.state('a1', 'healthy', 'call');
    await expect(running).rejects.toThrow('a damaged event');
    expect(() => feed.after(0n)).toThrow('resume at another one');
  });
});
