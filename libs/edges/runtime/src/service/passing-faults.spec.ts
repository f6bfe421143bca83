import { afterEach, describe, expect, it } from '@jest/globals';
import {
  MemoryLog,
  OutcomeUnknown,
  Retryable,
  type AppendRequest,
  type AppendResult,
} from '@plinth/eventing';
import { TailTransport } from '../transport/tail-transport.ts';
import { executeCommand, type CommandAnswer } from './command-executor.ts';
import { FreeRunner } from './free-runner.ts';
import { ServiceHost } from './service-host.ts';
import { definition, Lock, type Last } from './testing/counting-service.ts';
import { FaultyLog, type LogFault } from './testing/faulty-log.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** The same faults at the same calls in every run. */
const seeded = (seed: number): (() => LogFault) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const draw = state / 2 ** 32;
    return draw < 0.2 ? 'away' : draw < 0.4 ? 'lost' : 'none';
  };
};

const start = (log: FaultyLog) => {
  const stop = new AbortController();
  stops.push(stop);
  const [lock, performed, passed, leading] = [new Lock(), [] as string[], [] as unknown[], [] as boolean[]];
  const host = new ServiceHost(definition(performed), { log, clock: { now: () => 1_000 } });
  const runner = new FreeRunner(host, {
    transport: new TailTransport(log, { pollMs: 2 }),
    lock,
    onEffectFailed: (_, error) => passed.push(error),
    onPassing: (error) => passed.push(error),
    onLeading: (isLeading) => leading.push(isLeading),
  });
  const done = runner.run(stop.signal);
  done.catch(() => undefined);
  lock.give();
  return { host, performed, passed, leading, done, stop, runner, last: host.views['last'] as Last };
};

/** Sends the same command until it is answered, as every caller must. */
const count = async (host: ServiceHost, symbol: string, scale: number): Promise<CommandAnswer> => {
  for (;;) {
    try {
      return await executeCommand(host, {
        ...{ name: 'Count', request: { symbol, scale }, bytes: Buffer.from(`${symbol} ${scale}`) },
        ...{ tenant: 'operator', requestId: `${symbol}.${scale}`, actor: 'operator:test' },
      });
    } catch (error) {
      if (!(error instanceof Retryable || error instanceof OutcomeUnknown)) throw error;
    }
  }
};

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 5_000 && !holds(); i += 1) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(holds()).toBe(true);
};

/** A log that a connection is cut to at an append: before it came there, or after it was done. */
class CutLog extends MemoryLog {
  cut: 'before' | 'after' | 'never' = 'never';

  override async append(request: AppendRequest): Promise<AppendResult> {
    if (this.cut === 'before') throw new OutcomeUnknown('cut');
    const result = await super.append(request);
    if (this.cut === 'after') throw new OutcomeUnknown('cut');
    return result;
  }
}

describe('a command whose connection is cut while it is appended', () => {
  const send = (host: ServiceHost, scale: number): Promise<CommandAnswer> =>
    executeCommand(host, {
      ...{ name: 'Count', request: { symbol: 'A', scale }, bytes: Buffer.from(`A ${scale}`) },
      ...{ tenant: 'operator', requestId: `A.${scale}`, actor: 'operator:test' },
    });
  const open = () => {
    const log = new CutLog();
    return { log, host: new ServiceHost(definition([]), { log, clock: { now: () => 1_000 } }) };
  };

  it('is answered with what the log has stored under its id, and the stream goes on', async () => {
    const { log, host } = open();
    log.cut = 'after';
    expect(await send(host, 1)).toMatchObject({ status: 'accepted', position: 1n });
    log.cut = 'never';
    expect(await send(host, 2)).toMatchObject({ status: 'accepted', position: 2n });
    expect(await send(host, 1)).toMatchObject({ status: 'accepted', position: 1n });
    expect((await log.head()).position).toBe(2n);
  });

  it('is unknown when the log has nothing: it may still come', async () => {
    const { log, host } = open();
    log.cut = 'before';
    await expect(send(host, 1)).rejects.toBeInstanceOf(OutcomeUnknown);
    log.cut = 'never';
    expect(await send(host, 1)).toMatchObject({ status: 'accepted', position: 1n });
  });
});

describe('a service whose log is away now and then and whose answers are lost', () => {
  it.each([1, 2, 3, 4])('reacts, calls and wakes once each, and never stops (seed %i)', async (seed) => {
    const kept = new MemoryLog();
    const log = new FaultyLog(kept, seeded(seed));
    const { host, last, performed, passed, done, stop } = start(log);
    await count(host, 'UP', 1);
    await count(host, 'OUT', 3);
    await count(host, 'TIMED', 1);
    await until(
      () => last.scales.get('UP') === 5 && last.scales.get('DONE') === 3 && last.scales.has('WOKEN'),
    );
    const listed = (await kept.read(0n, 100)).flatMap(({ type, data }) =>
      type === 'AssetListed' ? [`${data.asset} ${data.scale}`] : [],
    );
    expect(listed.sort()).toEqual(
      ['DONE 3', 'OUT 3', 'TIMED 1', 'UP 1', 'UP 2', 'UP 3', 'UP 4', 'UP 5', 'WOKEN 1'].sort(),
    );
    expect(new Set(performed)).toEqual(new Set(['call 3']));
    expect(log.done.away).toBeGreaterThan(0);
    expect(log.done.lost).toBeGreaterThan(0);
    expect(passed.length).toBeGreaterThan(0);
    stop.abort();
    await done;
  });

  it('leads again from the stored checkpoint when it was fenced though it holds the lock', async () => {
    const log = new FaultyLog(new MemoryLog(), () => 'none');
    const { host, last, leading } = start(log);
    await until(() => leading.length === 1);
    await count(host, 'UP', 4);
    await until(() => last.scales.get('UP') === 5);
    // Another process moved the checkpoint behind its back.
    const stored = await log.checkpoint('counter');
    await log.append({
      appends: [],
      cause: { correlationId: 'x', causationId: 'x', actor: 'service:counter' },
      occurredAt: 1,
      checkpoint: { consumer: 'counter', expected: stored, position: stored + 1n },
    });
    await count(host, 'OUT', 2);
    await count(host, 'TIMED', 1);
    await until(() => last.scales.get('WOKEN') === 1 && last.scales.get('DONE') === 2);
    expect(leading).toEqual([true, false, true]);
  });
});
