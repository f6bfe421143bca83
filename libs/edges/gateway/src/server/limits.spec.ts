import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials, Metadata, status as grpc, type ServiceError } from '@grpc/grpc-js';
import { errorFromStatus, GRPC_LIMITS, type GrpcError } from '@plinth/runtime/grpc';
import { METADATA } from '../auth/signing.ts';
import { LIMITS } from '../limits.ts';
import { RateLimits } from '../policy/rate-limits.ts';
import { SERVICES } from '../services.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { Gate } from './request-pipeline.ts';

const { path, requestSerialize } = SERVICES.Accounts.getAccount;

describe('limits of the edge', () => {
  let on: Started | undefined;
  let raw: Client | undefined;

  afterEach(async () => {
    raw?.close();
    await on?.stop();
  });

  const start = async (config: Parameters<typeof startGateway>[0] = {}): Promise<Started> => {
    on = await startGateway(config);
    on.cell.accounts.set('a1', 'alpha');
    raw = new Client(`127.0.0.1:${on.server.port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
    });
    return on;
  };

  const sendBytes = (gateway: Started, bytes: Buffer, extra: Readonly<Record<string, string>> = {}) =>
    new Promise<'ok' | GrpcError>((resolve) => {
      const metadata = gateway.operator.sign(path, bytes, '');
      for (const [name, value] of Object.entries(extra)) metadata.set(name, value);
      const pass = (value: Buffer): Buffer => value;
      raw?.makeUnaryRequest(path, pass, pass, bytes, metadata, (error: ServiceError | null) =>
        resolve(error === null ? 'ok' : errorFromStatus(error)),
      );
    });

  it('takes messages up to 1 MiB', async () => {
    const gateway = await start();
    const accountId = 'a'.repeat(GRPC_LIMITS.messageBytesMax - 4);
    const largest = requestSerialize({ accountId, read: undefined });
    expect(largest.length).toBe(GRPC_LIMITS.messageBytesMax);
    expect(await sendBytes(gateway, largest)).toBe('ok');
    const larger = requestSerialize({ accountId: `${accountId}a`, read: undefined });
    expect(await sendBytes(gateway, larger)).toMatchObject({ code: grpc.RESOURCE_EXHAUSTED });
  });

  it('takes a little metadata', async () => {
    const gateway = await start();
    const body = requestSerialize({ accountId: 'a1', read: undefined });
    expect(await sendBytes(gateway, body, { 'x-note': 'n'.repeat(8_000) })).toBe('ok');
    expect(await sendBytes(gateway, body, { 'x-note': 'n'.repeat(20_000) })).toMatchObject({
      code: grpc.RESOURCE_EXHAUSTED,
      reason: 'METADATA_TOO_LARGE',
    });
  });

  it('lets each key and each client call so often, and says when to come again', async () => {
    const gateway = await start({
      rates: { perKey: { perSecond: 2, burst: 2 }, perClient: { perSecond: 2, burst: 4 } },
    });
    const ask = (name: string) => {
      const client = gateway.client(gateway.issue('alpha', { name }));
      return () =>
        client
          .call('Trading', 'GetMark', { instrumentId: 'BTC-PERP', read: undefined })
          .then(() => 'ok')
          .catch((error: unknown) => error);
    };
    const [one, two, three] = [ask('one'), ask('two'), ask('three')];
    expect([await one(), await one()]).toEqual(['ok', 'ok']);
    expect(await one()).toMatchObject({
      code: grpc.RESOURCE_EXHAUSTED,
      ...{ reason: 'RATE_LIMITED', facts: { limit: 'key' }, retryAfterMs: 500 },
    });
    expect([await two(), await two()]).toEqual(['ok', 'ok']);
    expect(await three()).toMatchObject({ reason: 'RATE_LIMITED', facts: { limit: 'client' } });
    gateway.clock.atMs += 500;
    expect(await three()).toBe('ok');
  });

  describe('of whoever does not care for them', () => {
    const body = requestSerialize({ accountId: 'a1', read: undefined });

    /** Calls over one connection, signed by a key that has used up what it may have. */
    const impatient = async () => {
      const rate = { perSecond: 2, burst: 2 };
      const gateway = await start({ rates: { perKey: rate, perClient: { perSecond: 99, burst: 99 } } });
      const signers = [0, 1].map((n) => gateway.client(gateway.issue('alpha', { name: `key${n}` })));
      const send = (signer: number, spoil = false, over = raw): Promise<string> =>
        new Promise((resolve) => {
          const metadata = signers[signer]?.sign(path, body, '') ?? new Metadata();
          if (spoil) metadata.set(METADATA.nonce, 'somebodyelse');
          const pass = (value: Buffer): Buffer => value;
          over?.makeUnaryRequest(path, pass, pass, body, metadata, (error: ServiceError | null) =>
            resolve(error === null ? 'ok' : errorFromStatus(error).reason),
          );
        });
      expect(await send(0)).toBe('ok');
      const stream = SERVICES.Streams.streamMargin;
      const open = (): Promise<string> =>
        new Promise((resolve) => {
          const asked = stream.requestSerialize({ accountIds: ['a1'], resumeAfter: 0n });
          const metadata = signers[0]?.sign(stream.path, asked, '') ?? new Metadata();
          const pass = (value: Buffer): Buffer => value;
          raw
            ?.makeServerStreamRequest(stream.path, pass, pass, asked, metadata)
            .on('error', (error: ServiceError) => resolve(errorFromStatus(error).reason));
        });
      return { gateway, send, open };
    };

    it('does not look at what is signed until the time is over, on this connection alone', async () => {
      const { gateway, send } = await impatient();
      expect(await send(0, true)).toBe('SIGNATURE_INVALID');
      expect(await send(0)).toBe('RATE_LIMITED');
      expect(await send(0, true)).toBe('RATE_LIMITED');
      const other = new Client(`127.0.0.1:${gateway.server.port}`, credentials.createInsecure());
      expect(await send(0, true, other)).toBe('SIGNATURE_INVALID');
      other.close();
      expect(await send(1)).toBe('ok');
      gateway.clock.atMs += 1_000;
      expect(await send(0)).toBe('ok');
    });

    it('answers the first refusal at once, the next ones after the calls of others', async () => {
      const { send } = await impatient();
      expect(await send(0)).toBe('RATE_LIMITED');
      const order: string[] = [];
      const again = send(0).then((reason) => order.push(reason));
      await send(1).then((reason) => order.push(reason));
      await again;
      expect(order).toEqual(['ok', 'RATE_LIMITED']);
    });

    it('does the same for streams', async () => {
      const { send, open } = await impatient();
      expect(await open()).toBe('RATE_LIMITED');
      const order: string[] = [];
      const again = open().then((reason) => order.push(reason));
      await send(1).then((reason) => order.push(reason));
      await again;
      expect(order).toEqual(['ok', 'RATE_LIMITED']);
    });
  });

  it('charges a key nothing for what its client may not have', () => {
    const limits = new RateLimits({
      perKey: { perSecond: 1, burst: 1 },
      perClient: { perSecond: 1, burst: 1 },
    });
    const caller = (keyId: string) => ({
      ...{ keyId, tenant: 'alpha', actor: '', scopes: new Set([]), kycState: 'approved' },
    });
    const waits: unknown[] = [];
    const charge = (keyId: string, nowMs: number): void =>
      limits.charge(caller(keyId), 1, nowMs, (...wait) => waits.push(wait));
    charge('one', 0);
    expect(() => charge('two', 0)).toThrow(/this client/);
    charge('two', 1_000);
    expect(waits).toEqual([['client', 1_000]]);
  });

  it('takes so many calls at once in all', () => {
    const gate = new Gate(2);
    gate.enter();
    gate.enter();
    expect(() => gate.enter()).toThrow(/fewer calls/);
    gate.leave();
    gate.enter();
    expect(gate.open).toBe(2);
  });

  it('takes so many calls of one client at once, so that it leaves room for others', () => {
    const gate = new Gate(100, 2);
    const leave = gate.enterAs('alpha');
    gate.enterAs('alpha');
    expect(() => gate.enterAs('alpha')).toThrow(/of this client/);
    gate.enterAs('beta');
    leave();
    gate.enterAs('alpha');
  });

  it('lets no client fill the gateway with calls that wait', async () => {
    const gateway = await start({
      rates: { perKey: { perSecond: 1e6, burst: 1e6 }, perClient: { perSecond: 1e6, burst: 1e6 } },
    });
    const alpha = gateway.client(gateway.issue('alpha'));
    const beta = gateway.client(gateway.issue('beta'));
    gateway.cell.before = (name, signal) =>
      name === 'GetMark' && gateway.cell.sent.length === 0
        ? new Promise((_, fail) => signal?.addEventListener('abort', () => fail(new Error('given up'))))
        : Promise.resolve();
    const wait = () =>
      alpha
        .call('Trading', 'GetMark', { instrumentId: 'X', read: undefined }, { timeoutMs: 2_000 })
        .catch((error: unknown) => error);
    const answers = Array.from({ length: LIMITS.callsPerClientMax + 1 }, wait);
    expect(await Promise.race(answers)).toMatchObject({
      code: grpc.RESOURCE_EXHAUSTED,
      reason: 'OVERLOADED',
    });
    await expect(beta.call('Trading', 'ListVenues', { read: undefined })).resolves.toBeDefined();
    await Promise.all(answers);
  });

  it('counts every call out again, however it ended', async () => {
    const gateway = await start();
    const alpha = gateway.client(gateway.issue('alpha'));
    gateway.cell.before = async (name) => {
      if (name === 'GetMark') throw new Error('a bug');
    };
    const ask = () => alpha.call('Trading', 'GetMark', { instrumentId: 'X', read: undefined });
    await expect(ask()).rejects.toMatchObject({ code: grpc.INTERNAL });
    expect(gateway.bugs).toHaveLength(1);
  });

  it('listens without TLS on loopback only, unless something else protects it', async () => {
    await expect(startGateway({ host: '0.0.0.0' })).rejects.toThrow(/TLS or a loopback address/);
    const gateway = await startGateway({ host: '0.0.0.0', allowPlaintext: true });
    await gateway.stop();
  });
});
