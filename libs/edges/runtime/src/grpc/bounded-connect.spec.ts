import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCertificates } from '../certificates/index.ts';
import { boundedConnect } from './bounded-connect.ts';
import { channelCredentialsTo, serverCredentials } from './credentials.ts';
import { addHealth } from './health.ts';

const CONNECT_MS = 500;
const CALL_MS = 60_000;
/** Its files go away before its timers. */
const quiet = (): void => undefined;

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

const startServer = (of: ServerCredentials): Promise<number> => {
  const server = new Server();
  addHealth(server, []).set(true);
  ends.push(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', of, (error, port) => (error === null ? resolve(port) : reject(error))),
  );
};

/** One address before a server: so many connections are taken and get no word, the next ones get there. */
const silentAtFirst = async (
  port: number,
  silent: number,
): Promise<Readonly<{ port: number; seen: Socket[] }>> => {
  const seen: Socket[] = [];
  const door = createServer((client) => {
    client.on('error', () => client.destroy());
    if (seen.push(client) <= silent) return void client.resume();
    const server = connect(port, '127.0.0.1');
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
    client.pipe(server).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  ends.push(() => {
    for (const socket of seen) socket.destroy();
    door.close();
  });
  return { port: (door.address() as AddressInfo).port, seen };
};

const check = (port: number, of: ChannelCredentials): Promise<ServiceError | null> => {
  const client = new Client(`127.0.0.1:${port}`, of, {
    ...{ 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 100 },
    'grpc.use_local_subchannel_pool': 1,
  });
  ends.push(() => client.close());
  const pass = (bytes: Buffer): Buffer => bytes;
  const patient = new Metadata({ waitForReady: true });
  const deadline = Date.now() + CALL_MS;
  return new Promise((resolve) =>
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      ...([pass, pass, Buffer.alloc(0), patient, { deadline }] as const),
      (error) => resolve(error),
    ),
  );
};

describe('whoever takes a connection and says nothing', () => {
  it('does not hold its caller: the next connection is answered', async () => {
    const door = await silentAtFirst(await startServer(ServerCredentials.createInsecure()), 2);
    expect(await check(door.port, boundedConnect(credentials.createInsecure(), CONNECT_MS))).toBeNull();
    expect(door.seen).toHaveLength(3);
    expect(door.seen.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
  });

  it('does not hold one who waits for its certificate', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plinth-connect-'));
    ends.push(() => rmSync(directory, { recursive: true, force: true }));
    await keepCertificates({ directory, hosts: [], days: 1, nowMs: Date.now(), isForced: true });
    const filesOf = (name: string) => ({
      keyFile: join(directory, name, 'tls.key'),
      certFile: join(directory, name, 'tls.crt'),
      caFile: join(directory, name, 'ca.crt'),
    });
    const door = await silentAtFirst(await startServer(serverCredentials(filesOf('accounts'), quiet)), 1);
    const toAccounts = channelCredentialsTo(filesOf('gateway'), quiet)('accounts');
    expect(await check(door.port, boundedConnect(toAccounts, CONNECT_MS))).toBeNull();
    expect(door.seen).toHaveLength(2);
  });

  it('is one who never spoke: a connection that is merely idle stays', async () => {
    const door = await silentAtFirst(await startServer(ServerCredentials.createInsecure()), 0);
    expect(await check(door.port, boundedConnect(credentials.createInsecure(), CONNECT_MS))).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, CONNECT_MS + 200));
    expect(door.seen.map(({ destroyed }) => destroyed)).toEqual([false]);
  });
});
