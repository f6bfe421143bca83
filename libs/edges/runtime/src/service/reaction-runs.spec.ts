import { describe, expect, it } from '@jest/globals';
import {
  defineService,
  MemoryLog,
  OutcomeUnknown,
  type AppendRequest,
  type AppendResult,
  type Decider,
  type Envelope,
} from '@plinth/eventing';
import { testRequest, TEST_CAUSE } from '@plinth/eventing/testing';
import { TailTransport } from '../transport/tail-transport.ts';
import { FreeRunner } from './free-runner.ts';
import { ServiceHost } from './service-host.ts';
import { Last, Lock, type Counter } from './testing/counting-service.ts';

/** Every listing of an asset adds one to the stream that its name ends with. */
const adder: Decider<number, Readonly<{ to: string }>, 'AssetListed', never> = {
  initialState: () => 0,
  decide: ({ to }, sum) => [
    { type: 'AssetListed', data: { asset: `sum.${to}`, scale: sum + 1, kind: 'coin', chains: [] } },
  ],
  evolve: (_, event) => event.data.scale,
};

/** Stops at an asset of this name. */
class Choosy extends Last {
  override apply(event: Envelope): void {
    if (event.type === 'AssetListed' && event.data.asset === 'poison') throw new Error('poison');
    super.apply(event);
  }
}

const service = defineService({
  name: 'adder',
  owns: ['sum'],
  views: () => ({ last: new Choosy() }),
  react: (event) => {
    if (event.type !== 'AssetListed' || event.data.asset.startsWith('sum')) return [];
    const to = event.data.asset.slice(-1);
    return [
      {
        stream: `sum-${to}`,
        decider: adder,
        command: { to },
        ...(event.data.scale > 1 ? { begins: true } : {}),
      },
    ];
  },
  commands: {},
  queries: {},
});

/** A log that counts appends, and can lose the answer to one. */
class Watched extends MemoryLog {
  readonly requests: AppendRequest[] = [];
  isAnswerLost = false;
  /** Streams that were read. */
  readonly looked: string[] = [];

  override async readStream(...args: Parameters<MemoryLog['readStream']>): Promise<readonly Envelope[]> {
    this.looked.push(args[0]);
    return super.readStream(...args);
  }

  override async append(request: AppendRequest): Promise<AppendResult> {
    const result = await super.append(request);
    if (request.checkpoint === undefined) return result;
    this.requests.push(request);
    if (!this.isAnswerLost) return result;
    this.isAnswerLost = false;
    throw new OutcomeUnknown('cut');
  }
}

let ids = 0;
const list = (log: MemoryLog, stream: string, asset: string, version = 0, scale = 1) =>
  log.append(
    testRequest([
      {
        ...{ stream, expectedVersion: version },
        events: [
          {
            ...{ type: 'AssetListed', data: { asset, scale, kind: 'coin', chains: [] } },
            id: `00000000-0000-7000-8000-${(ids += 1).toString(16).padStart(12, '1')}`,
          } as never,
        ],
      },
    ]),
  );

const { signal } = new AbortController();
const dispatch = async (): Promise<void> => undefined;

const scene = async (...assets: readonly string[]) => {
  ids = 0;
  const log = new Watched();
  for (const [n, asset] of assets.entries()) await list(log, `asset-${n}`, asset);
  const host = new ServiceHost(service, { log, clock: { now: () => 1 } });
  await host.takeOver();
  const events = await log.read(0n, 100);
  const decide = async (): Promise<void> => {
    for (const event of events) {
      host.fold(event);
      await host.decide(event, signal, dispatch);
    }
  };
  const sums = async (): Promise<readonly (readonly [string, string, number])[]> =>
    (await log.read(BigInt(assets.length), 100))
      .filter(({ stream }) => stream.startsWith('sum'))
      .map(({ stream, causationId, data }) => [
        stream,
        events.find(({ id }) => id === causationId)?.stream ?? '',
        (data as unknown as Counter).scale,
      ]);
  return { log, host, events, decide, sums };
};

describe('decisions at several events', () => {
  it('go into the log together, each with its own cause, the checkpoint behind the last', async () => {
    const { log, host, events, decide, sums } = await scene('x.a', 'x.b', 'x.c');
    await decide();
    expect([log.requests.length, host.waiting, host.reacted]).toEqual([0, 3, 0n]);
    await host.record(signal);
    expect(await sums()).toEqual([
      ['sum-a', 'asset-0', 1],
      ['sum-b', 'asset-1', 1],
      ['sum-c', 'asset-2', 1],
    ]);
    expect([log.requests.length, host.waiting, host.reacted]).toEqual([1, 0, 3n]);
    expect(await log.checkpoint('adder')).toBe(3n);
    const own = (await log.read(3n, 3)).map(({ occurredAt, actor }) => [occurredAt, actor]);
    expect(own).toEqual(events.map(({ occurredAt }) => [occurredAt, 'service:adder']));
  });

  it('are the same events, under the same ids, as one by one', async () => {
    const [together, apart] = [await scene('x.a', 'x.b'), await scene('x.a', 'x.b')];
    await together.decide();
    await together.host.record(signal);
    for (const event of apart.events) {
      apart.host.fold(event);
      await apart.host.react(event, signal);
    }
    expect(apart.log.requests).toHaveLength(2);
    expect(await together.log.read(0n, 10)).toEqual(await apart.log.read(0n, 10));
  });

  it('are appended before another rests on what they change', async () => {
    const { log, host, decide, sums } = await scene('x.a', 'x.b', 'y.a');
    await decide();
    expect([log.requests.length, host.reacted]).toEqual([1, 2n]);
    await host.record(signal);
    expect((await sums()).map(([stream, , sum]) => [stream, sum])).toEqual([
      ['sum-a', 1],
      ['sum-b', 1],
      ['sum-a', 2],
    ]);
  });

  it('are taken again one by one where somebody else was first on a stream', async () => {
    const { log, host, decide, sums } = await scene('x.a', 'x.b', 'x.c');
    await decide();
    await list(log, 'sum-b', 'sum.b');
    await host.record(signal);
    expect((await sums()).map(([stream, , sum]) => [stream, sum])).toEqual([
      ['sum-b', 1],
      ['sum-a', 1],
      ['sum-b', 2],
      ['sum-c', 1],
    ]);
    expect(await log.checkpoint('adder')).toBe(3n);
  });

  it('read nothing of a stream that they begin, and find out where it exists after all', async () => {
    const { log, host } = await scene();
    await list(log, 'asset-0', 'x.a', 0, 2);
    await list(log, 'asset-1', 'x.b', 0, 2);
    await list(log, 'sum-b', 'sum.b');
    for (const event of (await log.read(0n, 2)) as Envelope[]) {
      host.fold(event);
      await host.decide(event, signal, dispatch);
    }
    expect(log.looked).toEqual([]);
    await host.record(signal);
    expect(new Set(log.looked)).toEqual(new Set(['sum-a', 'sum-b']));
    const sums = (await log.read(3n, 10)).map(({ stream, version, data }) => [stream, version, data]);
    expect(sums).toMatchObject([
      ['sum-a', 1, { scale: 1 }],
      ['sum-b', 2, { scale: 2 }],
    ]);
  });

  it('are appended once when nobody knows whether they were', async () => {
    const { log, host, decide, sums } = await scene('x.a', 'x.b');
    await decide();
    log.isAnswerLost = true;
    await expect(host.record(signal)).rejects.toThrow('cut');
    await host.record(signal);
    expect(await sums()).toHaveLength(2);
    expect([host.reacted, log.requests.length]).toEqual([2n, 1]);
  });

  it('are dropped by a leader that another one has overtaken', async () => {
    const { log, host, decide, sums } = await scene('x.a', 'x.b');
    await decide();
    const checkpoint = { consumer: 'adder', expected: 0n, position: 1n };
    await log.append({ appends: [], cause: TEST_CAUSE, occurredAt: 1, checkpoint });
    await expect(host.record(signal)).rejects.toThrow('another leader has taken over');
    await host.takeOver();
    expect([await sums(), host.waiting, host.reacted]).toEqual([[], 0, 1n]);
  });

  it('are in the log when the service stops at an event behind them', async () => {
    const { log, sums } = await scene('x.a', 'x.b', 'poison');
    const lock = new Lock();
    lock.give();
    const transport = new TailTransport(log, { pollMs: 2 });
    const host = new ServiceHost(service, { log, clock: { now: () => 1 } });
    const runner = new FreeRunner(host, { transport, lock, onEffectFailed: () => undefined });
    await expect(runner.run(signal)).rejects.toThrow(/stopped at position 3 .*poison/);
    expect((await sums()).map(([stream, , sum]) => [stream, sum])).toEqual([
      ['sum-a', 1],
      ['sum-b', 1],
    ]);
    expect(log.requests).toHaveLength(1);
  });
});
