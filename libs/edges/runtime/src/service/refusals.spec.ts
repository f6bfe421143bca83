import { describe, expect, it } from '@jest/globals';
import {
  defineService,
  MemoryLog,
  reject,
  type Decider,
  type Envelope,
  type Rejection,
} from '@plinth/eventing';
import { executeCommand, type CommandAnswer } from './command-executor.ts';
import { ServiceHost } from './service-host.ts';
import { Last } from './testing/counting-service.ts';

type Raise = Readonly<{ scale: number }>;

/** Every scale follows on the one before. */
const ladder: Decider<number, Raise, 'AssetListed', 'OUT_OF_TURN'> = {
  initialState: () => 0,
  decide: ({ scale }, last) =>
    scale === last + 1
      ? [{ type: 'AssetListed', data: { asset: 'A', scale, kind: 'coin', chains: [] } }]
      : reject('OUT_OF_TURN', `Expected ${last + 1}`),
  evolve: (_, event) => event.data.scale,
};

const intent = ({ scale }: Raise) => ({ stream: 'asset-A', decider: ladder, command: { scale } });

const service = defineService({
  name: 'ladder',
  owns: ['asset'],
  views: () => ({ last: new Last() }),
  react: () => [],
  commands: {
    Raise: (request: Raise) => [intent(request)],
    /** Judged by the view before the stream is looked at. */
    RaiseSeen: (request: Raise, { last }): readonly ReturnType<typeof intent>[] | Rejection =>
      (last.scales.get('A') ?? 0) + 1 === request.scale
        ? [intent(request)]
        : reject('NOT_SEEN', 'Expected the scale before it'),
  },
  queries: {},
});

const replica = (log: MemoryLog): ServiceHost => new ServiceHost(service, { log, clock: { now: () => 1 } });

let sent = 0;
const call = (host: ServiceHost, name: 'Raise' | 'RaiseSeen', scale: number): Promise<CommandAnswer> =>
  executeCommand(host, {
    ...{ name, request: { scale }, bytes: Buffer.from(String(scale)), tenant: 'operator' },
    ...{ requestId: `request-${(sent += 1)}`, actor: 'operator:test' },
  });

describe('a refusal of one replica after an answer of another', () => {
  it('does not rest on a state that is older than that answer', async () => {
    const log = new MemoryLog();
    const [one, two] = [replica(log), replica(log)];
    await call(one, 'Raise', 1);
    // Both know version 1 now; the second learns of nothing that comes later.
    expect(await call(two, 'Raise', 5)).toMatchObject({ rejection: { message: 'Expected 2' } });
    await call(one, 'Raise', 2);
    expect(await call(two, 'Raise', 3)).toMatchObject({ status: 'accepted' });
    expect(await call(one, 'Raise', 3)).toMatchObject({ rejection: { message: 'Expected 4' } });
  });

  it('does not rest on views that are older than that answer', async () => {
    const log = new MemoryLog();
    const [one, two] = [replica(log), replica(log)];
    two.isFollowing = true;
    await call(one, 'Raise', 1);
    const answer = call(two, 'RaiseSeen', 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    two.fold((await log.read(0n, 1))[0] as Envelope);
    expect(await answer).toMatchObject({ status: 'accepted' });
  });

  it('does not rest on views that have moved on while the log was asked', async () => {
    let ask: () => Promise<void> = async () => undefined;
    class AskedLog extends MemoryLog {
      override async head() {
        await ask();
        return super.head();
      }
    }
    const log = new AskedLog();
    const [one, two] = [replica(log), replica(log)];
    two.isFollowing = true;
    await call(one, 'Raise', 1);
    ask = async () => two.fold((await log.read(0n, 1))[0] as Envelope);
    expect(await call(two, 'RaiseSeen', 2)).toMatchObject({ status: 'accepted' });
  });

  it('is no refusal while the views that are to judge it are folded again', async () => {
    const log = new MemoryLog();
    const host = replica(log);
    await call(host, 'Raise', 1);
    const [event] = await log.read(0n, 1);
    host.fold(event as Envelope);
    host.isFollowing = true;
    host.resetViews();
    expect(host.floor).toBe(1n);
    const answer = call(host, 'RaiseSeen', 2);
    host.fold(event as Envelope);
    expect(await answer).toMatchObject({ status: 'accepted' });
    // Where nothing folds any more the service answers from where it stands.
    host.resetViews();
    host.isFollowing = false;
    expect(await call(host, 'RaiseSeen', 3)).toMatchObject({ rejection: { code: 'NOT_SEEN' } });
  });
});
