import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import type { accountsMessages } from '@plinth/messages';
import { SecretSeal } from '../auth/secret-seal.ts';
import { makeKey, verifierOf } from '../client/key-file.ts';
import { SEALING_KEY, startGateway, type Started } from '../testing/started-gateway.ts';

const issue = (more: Partial<accountsMessages.IssueApiKeyRequest>): accountsMessages.IssueApiKeyRequest => ({
  ...{ clientId: 'alpha', keyId: 'alpha.mac', algorithm: 'hmac-sha256', scopes: ['read'] },
  ...{ verifier: Buffer.alloc(32, 5), ...more },
});

describe('a shared secret', () => {
  let on: Started;

  beforeEach(async () => {
    on = await startGateway();
  });

  afterEach(() => on.stop());

  it('is sealed before it goes to the service, the same way every time', async () => {
    for (const requestId of ['r1', 'r1']) {
      await on.operator.call('Operations', 'IssueApiKey', issue({}), { requestId });
    }
    const [first, second] = on.cell.sent.map(({ request }) => request['verifier'] as Buffer);
    expect(first).toEqual(second);
    expect(first?.includes(Buffer.alloc(32, 5))).toBe(false);
    expect(new SecretSeal(SEALING_KEY).open('alpha.mac', first ?? Buffer.alloc(0))).toEqual(
      Buffer.alloc(32, 5),
    );
  });

  it('is long enough to be one', async () => {
    for (const length of [0, 31, 129]) {
      const weak = on.operator.call('Operations', 'IssueApiKey', issue({ verifier: Buffer.alloc(length) }));
      await expect(weak).rejects.toMatchObject({ code: grpc.INVALID_ARGUMENT, field: 'verifier' });
    }
    expect(on.cell.sent).toEqual([]);
  });

  it('needs a gateway that can seal it', async () => {
    await on.stop();
    on = await startGateway({ sealingKey: undefined as never });
    const refused = on.operator.call('Operations', 'IssueApiKey', issue({}));
    await expect(refused).rejects.toMatchObject({
      code: grpc.FAILED_PRECONDITION,
      reason: 'SEALING_KEY_MISSING',
    });
    const key = makeKey('alpha.desk');
    const open = issue({ algorithm: 'ed25519', keyId: key.keyId, verifier: verifierOf(key) });
    await on.operator.call('Operations', 'IssueApiKey', open);
    expect(on.cell.sent[0]?.request['verifier']).toEqual(verifierOf(key));
  });

  it('is shown to nobody, not even sealed', async () => {
    const mac = on.issue('alpha', { name: 'mac', algorithm: 'hmac-sha256' });
    const desk = on.issue('alpha');
    const { response } = await on
      .client(desk)
      .call('Accounts', 'GetClient', { clientId: '', read: undefined });
    const verifiers = new Map(response.keys.map(({ keyId, verifier }) => [keyId, verifier.toString('hex')]));
    expect(verifiers.get(mac.keyId)).toBe('');
    expect(verifiers.get(desk.keyId)).toBe(verifierOf(desk).toString('hex'));
  });
});
