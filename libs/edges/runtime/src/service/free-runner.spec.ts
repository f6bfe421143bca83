import { afterEach, describe, expect, it } from '@jest/globals';
import {
  defineService,
  MemoryLog,
  refill,
  type Decider,
  type Effect,
  type Envelope,
  type Fold,
  type LeaderLock,
} from '@plinth/eventing';
import { TailTransport } from '../transport/tail-transport.ts';
import { executeCommand } from './command-executor.ts';
import { FreeRunner } from './free-runner.ts';
import { ServiceHost } from './service-host.ts';

type Counter = Readonly<{ symbol: string; scale: number }>;

/** Lists an asset again and again with a higher scale: a counter in disguise. */
const counter: Decider<number, Counter, 'AssetListed', 'DONE'> = {
  initialState: () => 0,
  decide: ({ symbol, scale }, last) =>
    scale <= last ? [] : [{ type: 'AssetListed', data: { asset: symbol, scale, kind: 'coin', chains: [] } }],
  evolve: (_, event) => event.data.scale,
};

class Last implements Fold {
  readonly name = 'last';
  readonly revision = 1;
  scales = new Map<string, number>();
  dueAtMs: number | undefined;
  apply(event: Envelope): void {
    if (event.type === 'AssetListed') {
      this.scales.set(event.data.asset, event.data.scale);
      if (event.data.asset === 'TIMED') this.dueAtMs = event.occurredAt + event.data.scale - 1;
    }
    if (event.type === 'TimerFired') this.dueAtMs = undefined;
  }
  entries(): Iterable<readonly [string, string]> {
    return [...this.scales].map(([symbol, scale]) => [symbol, String(scale)] as const);
  }
  dump() {
    return { scales: this.scales, dueAtMs: this.dueAtMs };
  }
  load({ scales, dueAtMs }: ReturnType<Last['dump']>): void {
    refill(this.scales, scales);
    this.dueAtMs = dueAtMs;
  }
  reset(): void {
    this.scales.clear();
    this.dueAtMs = undefined;
  }
}

const intent = (symbol: string, scale: number) => ({
  stream: `asset-${symbol}`,
  decider: counter,
  command: { symbol, scale },
});

const definition = (performed: string[]) =>
  defineService({
    name: 'counter',
    owns: ['asset'],
    views: () => ({ last: new Last() }),
    react: (event) => {
      if (event.type === 'TimerFired') return [intent('WOKEN', 1)];
      if (event.type !== 'AssetListed') return [];
      const { asset, scale } = event.data;
      if (asset === 'UP' && scale < 5) return [intent('UP', scale + 1)];
      if (asset === 'OUT') return [{ effect: 'call', key: `call-${scale}`, input: scale }];
      return [];
    },
    commands: { Count: ({ symbol, scale }: Counter) => [intent(symbol, scale)] },
    queries: {},
    effects: {
      call: async (scale: number) => {
        performed.push(`call ${scale}`);
        return [intent('DONE', scale)];
      },
    },
    unresolved: ({ last }): readonly Effect[] => {
      const out = last.scales.get('OUT') ?? 0;
      return out > (last.scales.get('DONE') ?? 0) ? [{ effect: 'call', key: `call-${out}`, input: out }] : [];
    },
    nextDue: ({ last }) => last.dueAtMs,
  });

class Lock implements LeaderLock {
  isHeld = false;
  #grant: () => void = () => undefined;
  readonly #granted = new Promise<void>((resolve) => (this.#grant = resolve));
  async acquire(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('Expected the lock before the end')), {
        once: true,
      }),
    );
    await Promise.race([this.#granted, aborted]);
  }
  async release(): Promise<void> {
    this.isHeld = false;
  }
  give(): void {
    this.isHeld = true;
    this.#grant();
  }
}

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

const start = (log: MemoryLog, performed: string[] = []) => {
  const stop = new AbortController();
  stops.push(stop);
  const lock = new Lock();
  const host = new ServiceHost(definition(performed), { log, clock: { now: () => 1_000 } });
  const failed: unknown[] = [];
  const transport = new TailTransport(log, { pollMs: 2 });
  const runner = new FreeRunner(host, { transport, lock, onEffectFailed: (_, error) => failed.push(error) });
  const done = runner.run(stop.signal);
  done.catch(() => undefined);
  const count = (symbol: string, scale: number) =>
    executeCommand(host, {
      name: 'Count',
      request: { symbol, scale },
      bytes: Buffer.from(`${symbol} ${scale}`),
      tenant: 'operator',
      requestId: `${symbol}.${scale}`,
      actor: 'operator:test',
    });
  return { host, lock, stop, done, failed, count, last: host.views['last'] as Last };
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 1_000 && !holds(); i += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(holds()).toBe(true);
};

describe('a service at its own pace', () => {
  it('folds as a standby and reacts once it leads, to what it had folded before too', async () => {
    const { lock, count, last } = start(new MemoryLog());
    await count('UP', 1);
    await until(() => last.scales.get('UP') === 1);
    expect(last.scales.get('UP')).toBe(1);
    lock.give();
    await until(() => last.scales.get('UP') === 5);
  });

  it('has one effect of two leaders: the second is fenced or finds the work done', async () => {
    const log = new MemoryLog();
    const one = start(log);
    const two = start(log);
    one.lock.give();
    two.lock.give();
    await one.count('UP', 1);
    await until(() => one.last.scales.get('UP') === 5 && two.last.scales.get('UP') === 5);
    const events = await log.read(0n, 100);
    expect(events.map(({ data }) => (data as unknown as Counter).scale)).toEqual([1, 2, 3, 4, 5]);
  });

  it('performs effects in the background and records their outcome', async () => {
    const performed: string[] = [];
    const { lock, count, last, failed } = start(new MemoryLog(), performed);
    lock.give();
    await count('OUT', 3);
    await until(() => last.scales.get('DONE') === 3);
    expect(performed).toEqual(['call 3']);
    expect(failed).toEqual([]);
  });

  it('asks at take-over for outcomes that the log does not know', async () => {
    const log = new MemoryLog();
    const first = start(log);
    await first.count('OUT', 2);
    const head = (await log.head()).position;
    // The last leader had reacted to the event and died before the outcome came.
    await log.append({
      appends: [],
      cause: { correlationId: 'x', causationId: 'x', actor: 'service:counter' },
      occurredAt: 1,
      checkpoint: { consumer: 'counter', expected: 0n, position: head },
    });
    const performed: string[] = [];
    const second = start(log, performed);
    second.lock.give();
    await until(() => second.last.scales.get('DONE') === 2);
    expect(performed).toEqual(['call 2']);
  });

  it('fires timers that are due, and not before', async () => {
    const { lock, count, last } = start(new MemoryLog());
    lock.give();
    await count('TIMED', 500);
    await until(() => last.dueAtMs === 1_499);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(last.scales.has('WOKEN')).toBe(false);
    const other = start(new MemoryLog());
    other.lock.give();
    await other.count('TIMED', 1);
    await until(() => other.last.scales.get('WOKEN') === 1);
    expect(other.last.dueAtMs).toBeUndefined();
  });

  it('stops where it cannot go on, and stays queryable there', async () => {
    const log = new MemoryLog();
    const { done, host, count } = start(log);
    await count('UP', 5);
    await until(() => host.last === 1n);
    host.fold({ ...((await log.read(0n, 1))[0] as Envelope), position: 2n });
    await count('UP', 6);
    await expect(done).rejects.toThrow(/Expected position 3, was 2/);
    expect(host.last).toBe(2n);
  });
});
