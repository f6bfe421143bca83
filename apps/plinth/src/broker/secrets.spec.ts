import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayClient, makeKey } from '@plinth/gateway';
import { openSmallCell, type SmallCell } from '../testing/small-cell.ts';

const bigintText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);

/** How a secret could be written down. */
const formsOf = (secret: Buffer): readonly string[] => [
  ...[secret.toString('base64'), secret.toString('base64url'), secret.toString('hex')],
  ...[secret.toString('latin1'), JSON.stringify([...secret]).slice(1, -1)],
];

describe('the shared secret of a key', () => {
  let cell: SmallCell;

  beforeAll(async () => {
    cell = await openSmallCell();
  }, 60_000);

  afterAll(() => cell.stop());

  it('signs, and stands in no event, in no answer and in no refusal', async () => {
    const shared = makeKey('alpha.mac', 'hmac-sha256');
    const request = {
      ...{ clientId: 'alpha', keyId: shared.keyId, algorithm: 'hmac-sha256', scopes: ['read'] },
      verifier: shared.secret,
    };
    await cell.operator.call('Operations', 'IssueApiKey', request);
    await cell.settle();
    const address = `127.0.0.1:${cell.port}`;
    const mac = new GatewayClient({ address, key: shared, now: cell.clock.now });
    const { response } = await mac.call('Accounts', 'GetClient', { clientId: '', read: undefined });
    mac.close();
    expect(response.keys.map(({ keyId }) => keyId)).toContain(shared.keyId);
    const refusals = [];
    for (const wrong of [request, { ...request, clientId: 'nobody' }, { ...request, scopes: ['all'] }]) {
      const refused = cell.operator.call('Operations', 'IssueApiKey', wrong);
      const error: unknown = await refused.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      refusals.push(JSON.stringify(error), String(error));
    }
    const events = await cell.log.readStored(0n, 10_000);
    const said = [
      JSON.stringify(response, bigintText),
      ...refusals,
      ...events.map(({ bytes }) => Buffer.from(bytes).toString('latin1')),
    ].join('\n');
    expect(formsOf(shared.secret).filter((form) => said.includes(form))).toEqual([]);
    // What is looked for would be found: the public keys are there.
    const [own] = response.keys.filter(({ algorithm }) => algorithm === 'ed25519');
    expect(said).toContain(own?.verifier.toString('latin1'));
  });
});
