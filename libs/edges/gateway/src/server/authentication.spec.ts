import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Metadata } from '@grpc/grpc-js';
import { Client, credentials, status as grpc, type ServiceError } from '@grpc/grpc-js';
import { OutcomeUnknown } from '@plinth/eventing';
import { errorFromStatus, type GrpcError } from '@plinth/runtime/grpc';
import { METADATA } from '../auth/signing.ts';
import type { GatewayClient } from '../client/gateway-client.ts';
import { LIMITS } from '../limits.ts';
import { SERVICES } from '../services.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const { path } = SERVICES.Accounts.getAccount;
const body = SERVICES.Accounts.getAccount.requestSerialize({ accountId: 'a1', read: undefined });
const read = { accountId: 'a1', read: undefined };

describe('authentication', () => {
  let on: Started;
  let raw: Client;
  let alpha: GatewayClient;

  beforeEach(async () => {
    on = await startGateway();
    on.cell.accounts.set('a1', 'alpha');
    alpha = on.client(on.issue('alpha'));
    raw = new Client(`127.0.0.1:${on.server.port}`, credentials.createInsecure());
  });

  afterEach(async () => {
    raw.close();
    await on.stop();
  });

  /** Sends bytes with metadata as they are; `ok`, or why not. */
  const send = (metadata: Metadata, bytes = body, method: string = path): Promise<'ok' | GrpcError> =>
    new Promise((resolve) => {
      const pass = (value: Buffer): Buffer => value;
      raw.makeUnaryRequest(method, pass, pass, bytes, metadata, (error: ServiceError | null) =>
        resolve(error === null ? 'ok' : errorFromStatus(error)),
      );
    });

  const reasonOf = async (sent: Promise<'ok' | GrpcError>): Promise<string> => {
    const outcome = await sent;
    if (outcome === 'ok') return outcome;
    if (outcome.code !== grpc.RESOURCE_EXHAUSTED) expect(outcome.code).toBe(grpc.UNAUTHENTICATED);
    return outcome.reason;
  };

  it('takes a call once: a captured one is refused', async () => {
    const metadata = alpha.sign(path, body, '');
    expect(await reasonOf(send(metadata))).toBe('ok');
    expect(await reasonOf(send(metadata))).toBe('NONCE_USED');
    on.clock.atMs += LIMITS.recvWindowMs;
    expect(await reasonOf(send(metadata))).toBe('NONCE_USED');
    on.clock.atMs += 1;
    expect(await reasonOf(send(metadata))).toBe('TIMESTAMP_OUTSIDE_WINDOW');
  });

  it.each([
    [0, 'ok'],
    [-1, 'ok'],
    [LIMITS.recvWindowMs, 'ok'],
    [-LIMITS.recvWindowMs, 'ok'],
    [LIMITS.recvWindowMs + 1, 'TIMESTAMP_OUTSIDE_WINDOW'],
    [-LIMITS.recvWindowMs - 1, 'TIMESTAMP_OUTSIDE_WINDOW'],
  ])('of a clock that is %d ms off answers %s', async (offMs, expected) => {
    on.clock.atMs += 2 * LIMITS.recvWindowMs;
    const nowMs = on.clock.atMs;
    on.clock.atMs = nowMs + offMs;
    const metadata = alpha.sign(path, body, '');
    on.clock.atMs = nowMs;
    expect(await reasonOf(send(metadata))).toBe(expected);
  });

  it('says what time it is when a clock is wrong', async () => {
    const metadata = alpha.sign(path, body, '');
    on.clock.atMs += 60_000;
    expect(await send(metadata)).toMatchObject({
      facts: { now_ms: String(on.clock.atMs), window_ms: '30000' },
    });
  });

  it('refuses a call from before this gateway began: another may have taken it', async () => {
    on.clock.atMs -= 1;
    const metadata = alpha.sign(path, body, '');
    on.clock.atMs += 1;
    expect(await reasonOf(send(metadata))).toBe('TIMESTAMP_BEFORE_START');
  });

  it('refuses what was changed on the way, whatever part of it', async () => {
    const metadata = alpha.sign(path, body, 'r1');
    const other = on.issue('alpha', { name: 'other' });
    const with_ = (name: string, value: string): Metadata => {
      const changed = metadata.clone();
      changed.set(name, value);
      return changed;
    };
    const signature = String(metadata.get(METADATA.signature)[0]);
    const attempts = [
      send(metadata, body, SERVICES.Margin.getMargin.path),
      send(metadata, Buffer.concat([body, Buffer.of(0x7a, 0)])),
      send(with_(METADATA.requestId, 'r2')),
      send(with_(METADATA.key, other.keyId)),
      send(with_(METADATA.timestamp, String(on.clock.atMs + 1))),
      send(with_(METADATA.nonce, 'another-nonce')),
      send(
        with_(
          METADATA.signature,
          signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`,
        ),
      ),
    ];
    for (const attempt of attempts) expect(await reasonOf(attempt)).toBe('SIGNATURE_INVALID');
    expect(on.cell.asked.filter(({ name }) => name === 'GetAccount')).toEqual([]);
    // None of them has used the nonce up.
    expect(await reasonOf(send(metadata))).toBe('ok');
  });

  it.each(Object.entries({ key: METADATA.key, timestamp: METADATA.timestamp, nonce: METADATA.nonce }))(
    'refuses a call whose %s is missing, twice there or malformed',
    async (_, name) => {
      const good = alpha.sign(path, body, '');
      const without = good.clone();
      without.remove(name);
      const twice = good.clone();
      twice.add(name, String(good.get(name)[0]));
      const odd = good.clone();
      odd.set(name, '%%%');
      for (const metadata of [without, twice, odd]) {
        expect(await send(metadata)).toMatchObject({
          reason: 'CREDENTIALS_INVALID',
          facts: { metadata: name },
        });
      }
    },
  );

  it('answers unknown, revoked and wrongly signed alike', async () => {
    const revoked = on.issue('alpha', { name: 'revoked' });
    const info = on.cell.keys.get(revoked.keyId);
    if (info !== undefined) on.cell.keys.set(revoked.keyId, { ...info, revoked: true });
    const answers = [];
    for (const key of [
      revoked,
      { ...revoked, keyId: 'alpha.nobody' },
      { ...revoked, keyId: 'alpha.desk' },
      { ...revoked, keyId: 'operator.root' },
    ]) {
      const { code, reason, message, facts, field } = (await send(
        on.client(key).sign(path, body, ''),
      )) as GrpcError;
      answers.push({ code, reason, message, facts, field });
    }
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]?.reason).toBe('SIGNATURE_INVALID');
  });

  it('forgets a key within its time to live', async () => {
    await alpha.call('Accounts', 'GetAccount', read);
    const info = on.cell.keys.get('alpha.desk');
    if (info !== undefined) on.cell.keys.set('alpha.desk', { ...info, revoked: true });
    on.clock.atMs += LIMITS.cachedKeyTtlMs;
    await expect(alpha.call('Accounts', 'GetAccount', read)).rejects.toMatchObject({
      reason: 'SIGNATURE_INVALID',
    });
  });

  it('asks for a key once while it is kept', async () => {
    for (let i = 0; i < 5; i += 1) await alpha.call('Accounts', 'GetAccount', read);
    expect(on.cell.asked.filter(({ name }) => name === 'GetApiKey')).toHaveLength(1);
  });

  it('of a shared secret needs the sealing key', async () => {
    const key = on.issue('alpha', { name: 'mac', algorithm: 'hmac-sha256' });
    expect(await reasonOf(send(on.client(key).sign(path, body, '')))).toBe('ok');
    // Someone who reads the log has the sealed secret; it signs nothing.
    const sealed = Buffer.from(on.cell.keys.get(key.keyId)?.verifier ?? Buffer.alloc(0));
    const thief = on.client({ ...key, secret: sealed });
    expect(await reasonOf(send(thief.sign(path, body, '')))).toBe('SIGNATURE_INVALID');
  });

  it('refuses a call that another gateway has taken, before anything is done', async () => {
    const kept: boolean[] = [];
    const keep = async (_: unknown, isRead: boolean): Promise<boolean> => {
      kept.push(isRead);
      return false;
    };
    const second = await startGateway({}, { nonces: { take: () => 'fresh', keep } });
    try {
      const account = { accountId: 'a2', clientId: 'alpha', name: '' };
      const { operator, cell } = second;
      await expect(operator.call('Operations', 'OpenAccount', account)).rejects.toMatchObject({
        reason: 'NONCE_USED',
      });
      await expect(operator.call('Accounts', 'GetAccount', read)).rejects.toMatchObject({
        reason: 'NONCE_USED',
      });
      expect(kept).toEqual([false, true]);
      expect(cell.sent).toEqual([]);
      expect(cell.asked.filter(({ name }) => name === 'GetAccount')).toEqual([]);
    } finally {
      await second.stop();
    }
  });

  it('says that it cannot tell when the keys cannot be asked for', async () => {
    on.cell.before = async (name) => {
      if (name === 'GetApiKey') throw new OutcomeUnknown('no connection');
    };
    await expect(alpha.call('Accounts', 'GetAccount', read)).rejects.toMatchObject({
      code: grpc.UNAVAILABLE,
    });
  });
});
