import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  catalogueCodec,
  defineService,
  plainSnapshot,
  refill,
  type Envelope,
  type EventCodec,
  type Fold,
} from '@plinth/eventing';
import { testAppend, testEvent, testRequest } from '@plinth/eventing/testing';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLeaderLock } from '../log/leader-lock.ts';
import { openPostgresLog, type PostgresLog } from '../log/postgres-log.ts';
import { freshLog, startTestServer, type FreshLog, type TestServer } from '../log/testing/server.ts';
import { RemoteCell } from '../rpc/remote-cell.ts';
import { makeLogger } from '../telemetry/logger.ts';
import { TailTransport } from '../transport/tail-transport.ts';
import { startService, type StartedService } from './start-service.ts';

/** Counts what it has seen, and copies every event of one stream to a stream of its own. */
class Seen implements Fold {
  readonly name = 'seen';
  readonly revision = 1;
  readonly counts = new Map<string, number>();
  apply({ type }: Envelope): void {
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
  }
  entries(): Iterable<readonly [string, string]> {
    return [...this.counts].map(([type, count]) => [type, String(count)] as const);
  }
  dump() {
    return { counts: this.counts };
  }
  load({ counts }: ReturnType<Seen['dump']>): void {
    refill(this.counts, counts);
  }
  reset(): void {
    this.counts.clear();
  }
}

const copier = {
  initialState: () => 0,
  decide: (dueAtMs: number) => [{ type: 'TimerFired', data: { service: 'interest', dueAtMs } }] as const,
  evolve: (count: number) => count + 1,
  snapshot: plainSnapshot<number>(1),
};

const service = defineService({
  name: 'interest',
  owns: ['copy'],
  views: () => ({ seen: new Seen() }),
  react: ({ stream, data }) =>
    stream === 'account-1'
      ? [{ stream: 'copy-1', decider: copier, command: (data as Readonly<{ dueAtMs: number }>).dueAtMs }]
      : [],
  commands: {},
  queries: {
    ListPools: (_: unknown, { seen }) => ({ pools: [], nextPageToken: '', total: seen.counts.size }),
  },
});

/** What a build of the future writes, and reads. */
const FUTURE: Readonly<Record<string, EventCodec>> = {
  'an unknown type': {
    encode: (type, data) => catalogueCodec.encode(type === 'Unheard' ? 'TimerFired' : type, data),
    decode: (type, schema, bytes) =>
      catalogueCodec.decode(type === 'Unheard' ? 'TimerFired' : type, schema, bytes),
  },
  'a schema of the future': {
    encode: (type, data) => ({ ...catalogueCodec.encode(type, data), schema: 99 }),
    decode: (type, _, bytes) => catalogueCodec.decode(type, 1, bytes),
  },
  'bytes that are no message': {
    encode: () => ({ schema: 1, bytes: Buffer.from('ff'.repeat(8), 'hex') }),
    decode: (type, schema, bytes) =>
      bytes[0] === 0xff ? { service: 'risk', dueAtMs: 3 } : catalogueCodec.decode(type, schema, bytes),
  },
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

describe('an event that a service cannot read', () => {
  let [server, scratch]: [TestServer?, FreshLog?] = [];
  const opened: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => server?.close());
  beforeEach(async () => {
    scratch = await freshLog(server as TestServer);
  });
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
    await scratch?.close();
  });

  const logOf = async (codec: EventCodec): Promise<PostgresLog> => {
    const log = await openPostgresLog({
      ...(server as TestServer),
      schema: (scratch as FreshLog).schema,
      codec,
    });
    opened.push(() => log.close());
    return log;
  };

  type Replica = Readonly<{ started: StartedService; cell: RemoteCell; isServing: () => Promise<boolean> }>;

  const start = async (log: PostgresLog, said: string[]): Promise<Replica> => {
    const port = await freePort();
    const logger = makeLogger('interest', 'info', { write: (line) => void said.push(line) });
    const { url } = server as TestServer;
    const started = await startService({
      ...{ definition: service, log, logger, host: '127.0.0.1', port, clock: { now: () => 1_000 } },
      transport: new TailTransport(log, { pollMs: 20 }),
      lock: new PostgresLeaderLock({ url, schema: log.schema, service: 'interest', retryMs: 20 }),
    });
    const cell = new RemoteCell({ addresses: new Map([['interest', `127.0.0.1:${port}`]]) });
    const health = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    opened.push(async () => {
      health.close();
      cell.close();
      await started.stop();
    });
    const isServing = (): Promise<boolean> =>
      new Promise((resolve) => {
        health.makeUnaryRequest(
          '/grpc.health.v1.Health/Check',
          (bytes: Buffer) => bytes,
          (bytes: Buffer) => bytes[1] === 1,
          Buffer.alloc(0),
          (error, answer) => resolve(error === null && answer === true),
        );
      });
    return { started, cell, isServing };
  };

  const until = async (holds: () => boolean | Promise<boolean>, what: string): Promise<void> => {
    for (let waited = 0; !(await holds()); waited += 20) {
      if (waited > 60_000) throw new Error(`Expected that ${what}`);
      await sleep(20);
    }
  };

  it.each(Object.entries(FUTURE))(
    '%s: it stands there, answers, and goes on after the fix',
    async (what, codec) => {
      const [old, wiser] = [await logOf(catalogueCodec), await logOf(codec)];
      const append = (log: PostgresLog, version: number, type = 'TimerFired') =>
        log.append(
          testRequest([
            { ...testAppend('account-1', version), events: [{ ...testEvent(version + 1), type } as never] },
          ]),
        );
      await append(old, 0);
      const said: string[] = [];
      const first = await start(old, said);
      await until(() => first.started.host.last === 2n, 'it has reacted to the first event');
      await append(wiser, 1, what === 'an unknown type' ? 'Unheard' : 'TimerFired');
      await append(old, 2);
      await until(async () => !(await first.isServing()), 'it is not ready any more');
      const answer = await first.cell.query(
        'ListPools',
        { pageSize: 0, pageToken: '', read: undefined },
        AbortSignal.timeout(10_000),
      );
      expect(answer).toMatchObject({ status: 'answered', position: 2n });
      expect(said.find((line) => line.includes('stopped at this position'))).toMatch(/position 3/);
      // Another one, which can read it, leads and goes on at the same position.
      const second = await start(wiser, []);
      await until(() => second.started.host.last >= 6n, 'the other one has reacted to all');
      expect(await second.isServing()).toBe(true);
      expect(first.started.host.last).toBe(2n);
      const copies = await wiser.readStream('copy-1', 0, 10);
      expect(copies.map(({ causationId }) => causationId)).toEqual(
        (await wiser.readStream('account-1', 0, 10)).map(({ id }) => id),
      );
      // And what starts on the old build stands at the same place, not ready.
      const third = await start(old, []);
      await until(() => third.started.host.last === 2n, 'it stands there');
      expect(await third.isServing()).toBe(false);
    },
  );
});
