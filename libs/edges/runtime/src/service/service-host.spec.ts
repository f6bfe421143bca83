import { describe, expect, it } from '@jest/globals';
import {
  defineService,
  MemoryLog,
  reject,
  type Decider,
  type Envelope,
  type Fold,
  type NewEvent,
} from '@plinth/eventing';
import { executeCommand, type CommandCall } from './command-executor.ts';
import { Lockstep } from './lockstep.ts';
import { PoisonEvent } from './host-failures.ts';
import { ServiceHost } from './service-host.ts';

type Listed = 'AssetListed' | 'ClientOpened';
type Command = Readonly<{ asset: string }>;

const asset: Decider<boolean, Command, Listed, 'TAKEN'> = {
  initialState: () => false,
  decide: ({ asset: symbol }, listed) =>
    listed
      ? reject('TAKEN', 'Expected a new asset')
      : [{ type: 'AssetListed', data: { asset: symbol, scale: 2, kind: 'coin', chains: [] } }],
  evolve: () => true,
};

class Seen implements Fold {
  readonly name = 'seen';
  readonly revision = 1;
  readonly types: string[] = [];
  apply(event: Envelope): void {
    if (event.type === 'KycStateSet') throw new Error('Expected no KYC here');
    this.types.push(`${event.position} ${event.type}`);
  }
  entries(): Iterable<readonly [string, string]> {
    return this.types.map((type, i) => [String(i), type] as const);
  }
  dump() {
    return { types: this.types };
  }
  load({ types }: ReturnType<Seen['dump']>): void {
    this.types.push(...types);
  }
  reset(): void {
    this.types.length = 0;
  }
}

const lister = defineService({
  name: 'lister',
  owns: ['asset'],
  views: () => ({ seen: new Seen() }),
  react: (event) =>
    event.type === 'AssetListed' && event.data.asset.length < 4
      ? [{ stream: `asset-${event.data.asset}X`, decider: asset, command: { asset: `${event.data.asset}X` } }]
      : [],
  commands: {
    List: (request: Command) => [{ stream: `asset-${request.asset}`, decider: asset, command: request }],
    Refuse: (request: Command) =>
      reject(request.asset, 'no', { reason: request.asset === 'BAD' ? 'invalid' : 'precondition' }),
  },
  queries: {},
});

const clock = { now: () => 1_000 };
const signal = new AbortController().signal;
const call = (name: string, symbol: string, requestId: string): CommandCall => ({
  name,
  request: { asset: symbol },
  bytes: Buffer.from(symbol),
  tenant: 'operator',
  requestId,
  actor: 'operator:test',
});

const start = async (log: MemoryLog) => {
  const host = new ServiceHost(lister, { log, clock });
  const cell = new Lockstep(log, [host]);
  await cell.start();
  return { host, cell };
};

const kyc: NewEvent<'KycStateSet'> = {
  type: 'KycStateSet',
  data: { clientId: 'c', state: 'approved', reason: '' },
};

describe('a service host in lockstep', () => {
  it('reacts to its own events until nothing is left to say', async () => {
    const { host, cell } = await start(new MemoryLog());
    await executeCommand(host, call('List', 'AB', 'r1'));
    expect(await cell.settle(signal)).toBe(3);
    expect((host.views['seen'] as Seen).types).toEqual(['1 AssetListed', '2 AssetListed', '3 AssetListed']);
  });

  it('answers the same request id from store, and refuses it for another body', async () => {
    const log = new MemoryLog();
    const { host } = await start(log);
    const first = await executeCommand(host, call('List', 'AB', 'r1'));
    expect(first).toEqual({ status: 'accepted', position: 1n, id: 'AB' });
    expect(await executeCommand(host, call('List', 'AB', 'r1'))).toEqual(first);
    expect(await executeCommand(host, call('List', 'AC', 'r1'))).toMatchObject({
      status: 'rejected',
      rejection: { code: 'REQUEST_ID_REUSED' },
    });
    expect((await log.head()).position).toBe(1n);
  });

  it('stores refusals, but not those of bad input', async () => {
    const log = new MemoryLog();
    const { host } = await start(log);
    await executeCommand(host, call('Refuse', 'LATER', 'r1'));
    await executeCommand(host, call('Refuse', 'BAD', 'r2'));
    expect(await log.command('operator', 'r1')).toBeDefined();
    expect(await log.command('operator', 'r2')).toBeUndefined();
    expect((await log.head()).position).toBe(0n);
  });

  it('ends with the same log when it is restarted after every append', async () => {
    const undisturbed = new MemoryLog();
    const { host, cell } = await start(undisturbed);
    await executeCommand(host, call('List', 'A', 'r1'));
    await cell.settle(signal);

    const log = new MemoryLog();
    for (let restart = 0; restart < 6; restart += 1) {
      const crash = new AbortController();
      const { host: again, cell: reborn } = await start(log);
      await executeCommand(again, call('List', 'A', 'r1'));
      log.onAppend(() => crash.abort());
      await reborn.settle(crash.signal);
    }
    const ids = async (of: MemoryLog) => (await of.read(0n, 100)).map(({ id, stream }) => [id, stream]);
    expect(await ids(log)).toEqual(await ids(undisturbed));
    expect(await ids(log)).toHaveLength(4);
  });

  it('stops at an event that it cannot fold, and says where', async () => {
    const log = new MemoryLog();
    const { cell } = await start(log);
    await log.append({
      appends: [
        {
          stream: 'client-c',
          expectedVersion: 0,
          events: [{ ...kyc, id: '00000000-0000-7000-8000-000000000001' }],
        },
      ],
      cause: { correlationId: 'x', causationId: 'x', actor: 'test' },
      occurredAt: 1,
    });
    await expect(cell.settle(signal)).rejects.toThrow(PoisonEvent);
    await expect(cell.settle(signal)).rejects.toThrow(/lister stopped at position 1 .*Expected no KYC/);
  });
});

describe('a state that is older than the folds', () => {
  it('is read again before anything is refused for it', async () => {
    const log = new MemoryLog();
    const { host, cell } = await start(log);
    // What a replica keeps of a stream that another one goes on to write to.
    await host.states.load('asset-AB', asset);
    const { host: other } = await start(log);
    await executeCommand(other, call('List', 'AB', 'r1'));
    await cell.foldTo(1n, signal);
    expect(await host.states.load('asset-AB', asset)).toMatchObject({ state: true, version: 1 });
    expect(await executeCommand(host, call('List', 'AB', 'r2'))).toMatchObject({
      rejection: { code: 'TAKEN' },
    });
  });
});
