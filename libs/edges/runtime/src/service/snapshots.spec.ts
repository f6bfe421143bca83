import { describe, expect, it, jest } from '@jest/globals';
import {
  defineService,
  MemoryLog,
  plainSnapshot,
  type Decider,
  type Envelope,
  type Fold,
} from '@plinth/eventing';
import { MemorySnapshots } from '@plinth/eventing/testing';
import { makeLogger } from '../telemetry/logger.ts';
import { TailTransport } from '../transport/tail-transport.ts';
import { executeCommand, type CommandAnswer } from './command-executor.ts';
import { FreeRunner } from './free-runner.ts';
import { LIMITS } from './limits.ts';
import { Lockstep } from './lockstep.ts';
import { ServiceHost } from './service-host.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

type Round = Readonly<{ scale: number }>;

/** Counts in the stream of one asset; the state is the last scale. */
const rounds: Decider<number, Round, 'AssetListed'> = {
  initialState: () => 0,
  decide: ({ scale }, last) =>
    scale <= last ? [] : [{ type: 'AssetListed', data: { asset: 'X', scale, kind: 'coin', chains: [] } }],
  evolve: (_, event) => event.data.scale,
  snapshot: plainSnapshot(1),
};

class Sum implements Fold {
  readonly name = 'sum';
  readonly revision: number;
  total = 0;
  seen = 0;
  constructor(revision = 1) {
    this.revision = revision;
  }
  apply(event: Envelope): void {
    this.seen += 1;
    if (event.type === 'AssetListed') this.total += event.data.scale;
  }
  entries(): Iterable<readonly [string, string]> {
    return [['total', String(this.total)]];
  }
  dump() {
    return { total: this.total };
  }
  load({ total }: ReturnType<Sum['dump']>): void {
    if (total < 0) throw new Error('Expected a total');
    this.total = total;
  }
  reset(): void {
    this.total = 0;
    this.seen = 0;
  }
}

const serviceOf = (revision: number) =>
  defineService({
    name: 'summer',
    owns: ['asset'],
    views: () => ({ sum: new Sum(revision) }),
    react: () => [],
    commands: { List: (command: Round) => [{ stream: 'asset-X', decider: rounds, command }] },
    queries: {},
  });

const signal = new AbortController().signal;

/** A broker of one service over a log, started anew. */
class World {
  readonly log = new MemoryLog();
  readonly store = new MemorySnapshots();
  readonly lines: string[] = [];
  readonly reads: number[] = [];
  #n = 0;

  constructor() {
    const { log, reads } = this;
    const read = log.readStream.bind(log);
    log.readStream = (stream, after, limit) => {
      reads.push(after);
      return read(stream, after, limit);
    };
  }

  start(revision = 1): Readonly<{ host: ServiceHost; cell: Lockstep; sum: Sum }> {
    const logger = makeLogger('summer', 'info', { write: (line) => this.lines.push(line) });
    const ports = { log: this.log, clock: { now: () => 1_000 }, snapshots: { store: this.store, logger } };
    const host = new ServiceHost(serviceOf(revision), ports);
    return { host, cell: new Lockstep(this.log, [host]), sum: host.views['sum'] as Sum };
  }

  async restart(revision = 1): Promise<ReturnType<World['start']>> {
    const started = this.start(revision);
    await started.cell.start();
    await started.cell.foldTo((await this.log.head()).position, signal);
    return started;
  }

  async list(host: ServiceHost, scale: number): Promise<CommandAnswer> {
    const bytes = Buffer.from(String(scale));
    this.#n += 1;
    const sender = { tenant: 'operator', requestId: `r${this.#n}`, actor: 'operator:x' };
    return executeCommand(host, { name: 'List', request: { scale }, bytes, ...sender });
  }

  async grow(count: number): Promise<void> {
    const { host, cell } = this.start();
    await cell.start();
    await cell.settle(signal);
    const { version } = await host.states.load('asset-X', rounds);
    for (let i = 1; i <= count; i += 1) await this.list(host, version + i);
    await cell.settle(signal);
    await cell.stop();
  }
}

const EVENTS = 1_500;

describe('a service with a snapshot', () => {
  it('begins there, folds what came later, and is where a whole fold would be', async () => {
    const world = new World();
    await world.grow(EVENTS);
    expect(world.store.kept.map(({ position }) => position)).toEqual([BigInt(EVENTS)]);
    const before = world.start();
    await before.cell.foldTo(BigInt(EVENTS), signal);
    for (const scale of [EVENTS + 1, EVENTS + 2]) await world.list(before.host, scale);
    const { host, sum } = await world.restart();
    expect({ last: host.last, seen: sum.seen }).toEqual({ last: BigInt(EVENTS + 2), seen: 2 });
    world.store.kept.length = 0;
    const whole = await world.restart();
    expect(whole.sum.seen).toBe(EVENTS + 2);
    expect(host.hashes()).toEqual(whole.host.hashes());
  });

  it('reads a long stream from where the snapshot has its state', async () => {
    const world = new World();
    await world.grow(EVENTS);
    expect(EVENTS).toBeGreaterThan(LIMITS.longStreamMin);
    const { host } = await world.restart();
    world.reads.length = 0;
    expect(await host.states.load('asset-X', rounds)).toMatchObject({ state: EVENTS, version: EVENTS });
    expect(world.reads).toEqual([EVENTS]);
    const other = { ...rounds, snapshot: plainSnapshot<number>(2) };
    host.states.clear();
    expect(await host.states.load('asset-X', other)).toMatchObject({ state: EVENTS, version: EVENTS });
    expect(world.reads).toEqual([EVENTS, 0]);
  });

  it('begins from an older one when a position is asked for that lies before the newest', async () => {
    const world = new World();
    await world.grow(EVENTS);
    await world.grow(EVENTS);
    const { host, cell, sum } = world.start();
    await cell.foldTo(BigInt(EVENTS + 10), signal);
    expect({ last: host.last, seen: sum.seen }).toEqual({ last: BigInt(EVENTS + 10), seen: 10 });
  });

  const faults: Readonly<Record<string, (world: World) => void>> = {
    'was deleted': ({ store }) => (store.kept.length = 0),
    'has another revision': ({ store }) => {
      store.kept.forEach((one, i) => (store.kept[i] = { ...one, revision: one.revision + 1 }));
    },
    'is cut': ({ store }) => {
      store.kept.forEach((one, i) => (store.kept[i] = { ...one, state: one.state.subarray(0, 20) }));
    },
    'holds what the view refuses': ({ store }) => {
      store.kept.forEach((one, i) => {
        const text = Buffer.from(one.state).toString().replace('"total":', '"total":-');
        store.kept[i] = { ...one, state: Buffer.from(text) };
      });
    },
  };

  it.each(Object.entries(faults))('folds the whole log when it %s', async (_, spoil) => {
    const world = new World();
    await world.grow(EVENTS);
    const hashes = (await world.restart()).host.hashes();
    spoil(world);
    world.lines.length = 0;
    const { host, sum } = await world.restart();
    expect(sum.seen).toBe(EVENTS);
    expect(host.hashes()).toEqual(hashes);
    expect(world.lines.some((line) => line.includes('discarded'))).toBe(world.store.kept.length > 0);
  });

  it('is kept by a leader at its stop, and the next leader begins with it', async () => {
    const world = new World();
    await world.grow(EVENTS);
    world.store.kept.length = 0;
    const lead = async (): Promise<Sum> => {
      const { host, sum } = world.start();
      const runner = new FreeRunner(host, {
        transport: new TailTransport(world.log),
        lock: { isHeld: true, acquire: () => Promise.resolve(), release: () => Promise.resolve() },
        onEffectFailed: () => undefined,
      });
      const stopping = new AbortController();
      const running = runner.run(stopping.signal);
      await host.waitFor(BigInt(EVENTS), AbortSignal.timeout(20_000));
      stopping.abort();
      await running;
      return sum;
    };
    expect((await lead()).seen).toBe(EVENTS);
    expect(world.store.kept.map(({ position }) => position)).toEqual([BigInt(EVENTS)]);
    expect(await lead()).toMatchObject({ seen: 0, total: (EVENTS * (EVENTS + 1)) / 2 });
  }, 60_000);

  it('is not written again at once when it took long, however much happens; at a stop it is', async () => {
    let nowMs = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    try {
      const slow = { name: 'slow', revision: 1, load: () => undefined };
      const dump = (): unknown => {
        nowMs += 1_000;
        return {};
      };
      const logger = makeLogger('summer', 'silent');
      const ports = { store: new MemorySnapshots(), logger, every: 10n };
      const keeper = new SnapshotKeeper('summer', [{ ...slow, dump }], ports);
      expect(keeper.isDue(10n, 'running')).toBe(true);
      await keeper.keep(10n);
      await keeper.stored();
      const due = (afterMs: number): boolean => {
        nowMs = 1_000 + afterMs;
        return keeper.isDue(1_000_000n, 'running');
      };
      const restMs = 1_000 * LIMITS.snapshotRestTimes;
      expect([due(0), due(restMs - 1), due(restMs)]).toEqual([false, false, true]);
      nowMs = 1_000;
      expect(keeper.isDue(1_000_000n, 'stopping')).toBe(true);
    } finally {
      clock.mockRestore();
    }
  });

  it('passes over what a view of another revision wrote', async () => {
    const world = new World();
    await world.grow(EVENTS);
    const { sum } = await world.restart(2);
    expect(sum.seen).toBe(EVENTS);
    expect(world.lines.join()).toContain('other revisions');
  });
});
