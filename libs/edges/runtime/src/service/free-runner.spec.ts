import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryLog, type Envelope } from '@plinth/eventing';
import { TailTransport } from '../transport/tail-transport.ts';
import { executeCommand, type CommandCall } from './command-executor.ts';
import { FreeRunner } from './free-runner.ts';
import { ServiceHost } from './service-host.ts';
import { definition, Lock, type Counter, type Last } from './testing/counting-service.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

const counted = (symbol: string, scale: number): CommandCall => ({
  name: 'Count',
  request: { symbol, scale },
  bytes: Buffer.from(`${symbol} ${scale}`),
  tenant: 'operator',
  requestId: `${symbol}.${scale}`,
  actor: 'operator:test',
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
  const count = (symbol: string, scale: number) => executeCommand(host, counted(symbol, scale));
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

  it('says once that something was due, at its time by the clock, however the clock steps', async () => {
    const log = new MemoryLog();
    let nowMs = 1_000;
    const host = new ServiceHost(definition([]), { log, clock: { now: () => nowMs } });
    const fired = async (): Promise<readonly number[]> =>
      (await log.read(0n, 100)).flatMap((event) => (event.type === 'TimerFired' ? [event.occurredAt] : []));
    const at = async (clockMs: number): Promise<boolean> => {
      nowMs = clockMs;
      return host.fireTimer();
    };
    await executeCommand(host, counted('TIMED', 500));
    for (const event of await log.read(0n, 100)) host.fold(event);
    expect([await at(1_498), await at(400), await fired()]).toEqual([false, false, []]);
    // What it has said it has not folded yet.
    expect([await at(1_499), await at(1_600), await at(900)]).toEqual([true, false, false]);
    for (const event of await log.read(1n, 100)) host.fold(event);
    expect([await at(2_000), await fired()]).toEqual([false, [1_499]]);
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
