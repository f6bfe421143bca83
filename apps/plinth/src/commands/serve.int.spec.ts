import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentials, Client, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { interestMessages } from '@plinth/messages';
import { InterestCommandsService, InterestQueriesService } from '@plinth/messages/services';
import { errorFromStatus } from '@plinth/runtime/grpc';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@plinth/runtime';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtMain } from '../testing/built-main.ts';

const MAIN = await builtMain();

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

type Unary = Readonly<{
  path: string;
  requestSerialize: (value: never) => Buffer;
  responseDeserialize: (bytes: Buffer) => unknown;
}>;

describe('one service as a process of its own', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-serve-'));
  chmodSync(directory, 0o755);
  let postgres: EmbeddedPostgres;
  let child: ChildProcess;
  let client: Client;
  let errors = '';

  const call = (
    method: Unary,
    request: unknown,
    metadata = new Metadata(),
    timeoutMs = 10_000,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + timeoutMs };
      const done = (error: ServiceError | null, value?: unknown): void =>
        error === null ? resolve(value) : reject(error);
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize as (value: unknown) => Buffer,
        method.responseDeserialize,
        request,
        metadata,
        options,
        done,
      );
    });

  const operator = (requestId: string): Metadata => {
    const metadata = new Metadata();
    metadata.set('plinth-request-id', requestId);
    metadata.set('plinth-tenant', 'operator');
    metadata.set('plinth-actor', 'operator:test');
    return metadata;
  };

  const health: Unary = {
    path: '/grpc.health.v1.Health/Check',
    requestSerialize: () => Buffer.alloc(0),
    responseDeserialize: (bytes) => bytes[1],
  };
  const SERVING = 1;

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ directory });
    const port = await freePort();
    const environment = { ...process.env, PLINTH_LOG_LEVEL: 'warn' };
    const given = ['serve', 'interest', '--database', postgres.ownerUrl, '--port', String(port)];
    child = spawn(process.execPath, [MAIN, ...given], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: environment,
    });
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    for (let i = 0; i < 300; i += 1) {
      const answer = await call(health, {}, new Metadata(), 1_000).catch(() => undefined);
      if (answer === SERVING) return;
      await sleep(100);
    }
    throw new Error(`Expected the service to come up: ${errors}`);
  }, 60_000);

  afterAll(async () => {
    client.close();
    child.kill('SIGKILL');
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('answers questions over gRPC', async () => {
    const request = { pageSize: 0, pageToken: '', read: undefined };
    const answer = await call(InterestQueriesService.listPools, request);
    expect(answer).toEqual(interestMessages.ListPoolsResponse.decode(new Uint8Array()));
  });

  it('refuses with details that programs can read', async () => {
    const pool = { asset: 'NOPE', curve: undefined, reserveFactor: '2', settleEveryMs: 1 };
    const error = (await call(InterestCommandsService.openPool, pool, operator('r1')).catch(
      (e: unknown) => e,
    )) as ServiceError;
    const read = errorFromStatus(error);
    expect(read).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD', field: 'curve' });
    expect(read.message).toMatch(/^Expected /);
    const refused = async (metadata: Metadata): Promise<unknown> =>
      errorFromStatus(
        (await call(InterestCommandsService.openPool, pool, metadata).catch(
          (e: unknown) => e,
        )) as ServiceError,
      );
    const { INVALID_ARGUMENT: code } = status;
    expect(await refused(operator(''))).toMatchObject({ code, reason: 'REQUEST_ID_INVALID' });
    expect(await refused(new Metadata())).toMatchObject({ code, reason: 'SENDER_INVALID' });
  });

  it('appends nothing for a call whose time is over', async () => {
    const read = { minPosition: 1_000_000n };
    const late = call(
      InterestQueriesService.listPools,
      { pageSize: 0, pageToken: '', read },
      new Metadata(),
      200,
    );
    await expect(late).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it('stops when it is asked to', async () => {
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, errors: errors.replace('\nstopping: again to stop at once\n', '') }).toEqual({
      code: 0,
      errors: '',
    });
  }, 30_000);
});
