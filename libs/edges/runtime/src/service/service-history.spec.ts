import { describe, expect, it } from '@jest/globals';
import {
  defineService,
  isRejection,
  MemoryLog,
  Retryable,
  type Envelope,
  type Fold,
  type LogHistory,
} from '@plinth/eventing';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { LIMITS } from './limits.ts';
import { ServiceHistory } from './service-history.ts';

class Listed implements Fold {
  readonly name = 'listed';
  readonly revision = 1;
  assets: string[] = [];
  apply(event: Envelope): void {
    if (event.type === 'AssetListed') this.assets.push(event.data.asset);
  }
  entries(): Iterable<readonly [string, string]> {
    return this.assets.map((asset, i) => [String(i), asset] as const);
  }
  dump() {
    return { assets: this.assets };
  }
  load({ assets }: ReturnType<Listed['dump']>): void {
    this.assets = assets;
  }
  reset(): void {
    this.assets = [];
  }
}

type Views = Readonly<{ listed: Listed }>;
type Asked = Readonly<{ position: bigint }>;
let isHeld: Promise<void> | undefined;

const lister = defineService({
  name: 'lister',
  owns: ['asset'],
  views: () => ({ listed: new Listed() }),
  react: () => [],
  commands: {},
  queries: {},
  historyQueries: {
    Count: async ({ position }: Asked, history: LogHistory<Views>) => {
      const place = await history.find('at', { position });
      if (isRejection(place)) return place;
      await isHeld;
      const { listed } = await history.at(place);
      return { count: listed.assets.length };
    },
    Find: ({ atMs }: Readonly<{ atMs: number }>, history: LogHistory<Views>) => history.find('at', { atMs }),
  },
});

const EVENTS = 3_000;

/** Event n is of second n, but for one that was decided late. */
const filled = async (count: number): Promise<MemoryLog> => {
  const log = new MemoryLog();
  for (let n = 1; n <= count; n += 1) {
    const data = { asset: `A${n}`, scale: 2, kind: 'coin', chains: [] };
    const id = `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
    await log.append({
      appends: [{ stream: `asset-A${n}`, expectedVersion: 0, events: [{ type: 'AssetListed', data, id }] }],
      cause: { correlationId: id, causationId: id, actor: 'operator:spec' },
      occurredAt: 1_000 * n,
    });
  }
  return log;
};

const { signal } = new AbortController();
const asker =
  (history: ServiceHistory, head = BigInt(EVENTS)) =>
  (request: object, name = 'Count', until = signal) =>
    history.ask({ name, request, head, signal: until });

describe('the history of a service', () => {
  it('folds up to a position, whichever was asked before', async () => {
    const ask = asker(new ServiceHistory(lister, { log: await filled(EVENTS) }));
    for (const position of [700n, 2_999n, 700n, 1n, 701n, 3_000n, 1_500n, 2n, 700n])
      expect(await ask({ position })).toEqual({ count: Number(position) });
  });

  it('finds the last event at or before a time, the same one while the log grows', async () => {
    const log = await filled(EVENTS);
    const find = async (atMs: number, head: bigint) =>
      asker(new ServiceHistory(lister, { log }), head)({ atMs }, 'Find');
    for (const head of [1_024n, 1_500n, 3_000n]) {
      expect(await find(1_000_999, head)).toEqual({ position: 1_000n, atMs: 1_000_000 });
      expect(await find(1_000, head)).toEqual({ position: 1n, atMs: 1_000 });
      expect(await find(999, head)).toMatchObject({ code: 'INVALID', field: 'at' });
      expect(await find(3_000_001, head)).toMatchObject({ code: 'INVALID', field: 'at' });
    }
  });

  it('refuses what would fold too much, with the remedy, and goes on', async () => {
    const ask = asker(new ServiceHistory(lister, { log: await filled(EVENTS) }, 1_000));
    expect(await ask({ position: 1_001n })).toMatchObject({ code: 'HISTORY_TOO_LONG' });
    expect(await ask({ position: 1_000n })).toEqual({ count: 1_000 });
    // From what is kept it is near.
    expect(await ask({ position: 2_000n })).toEqual({ count: 2_000 });
  });

  it('lets others have their turn while it folds', async () => {
    const ask = asker(new ServiceHistory(lister, { log: await filled(EVENTS) }));
    let turns = 0;
    let isDone = false;
    const asked = ask({ position: 3_000n }).finally(() => (isDone = true));
    while (!isDone) {
      await othersTurn();
      turns += 1;
    }
    await asked;
    expect(turns).toBeGreaterThanOrEqual(EVENTS / LIMITS.historyBatch);
  });

  it('ends with its caller’s deadline', async () => {
    const ask = asker(new ServiceHistory(lister, { log: await filled(EVENTS) }));
    const deadline = new AbortController();
    const asked = ask({ position: 3_000n }, 'Count', deadline.signal);
    deadline.abort(new Error('too late'));
    await expect(asked).rejects.toThrow('too late');
    expect(await ask({ position: 3_000n })).toEqual({ count: 3_000 });
  });

  it('works on a few questions at once, lets some wait and asks the others to come again', async () => {
    const ask = asker(new ServiceHistory(lister, { log: await filled(20) }), 20n);
    const hold = Promise.withResolvers<void>();
    isHeld = hold.promise;
    const late = new AbortController();
    const gone = ask({ position: 1n });
    const waiting = Array.from({ length: LIMITS.historiesAtOnce + LIMITS.historiesWaitingMax - 2 }, () =>
      ask({ position: 5n }),
    );
    const aborted = ask({ position: 5n }, 'Count', late.signal);
    await expect(ask({ position: 5n })).rejects.toThrow(Retryable);
    late.abort(new Error('too late'));
    await expect(aborted).rejects.toThrow('too late');
    // Its place in the queue is free again.
    const last = ask({ position: 6n });
    hold.resolve();
    isHeld = undefined;
    expect(await gone).toEqual({ count: 1 });
    for (const answer of await Promise.all(waiting)) expect(answer).toEqual({ count: 5 });
    expect(await last).toEqual({ count: 6 });
  });
});
