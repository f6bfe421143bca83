import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { reject } from '@plinth/eventing';
import { GRPC_LIMITS } from '@plinth/runtime/grpc';
import type { ClientKey } from '../client/key-file.ts';
import { LIMITS } from '../limits.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { WAYS, type Ask, type Outcome } from '../testing/ways.ts';

const GET_ACCOUNT = '/plinth.gateway.v1.Accounts/GetAccount';
const PLACE_ORDER = '/plinth.gateway.v1.Trading/PlaceOrder';
const STREAM_FILLS = '/plinth.gateway.v1.Streams/StreamFills';

const order = {
  ...{ orderId: 'alpha.1', accountId: 'a1', instrumentId: 'BTC-PERP', side: 'buy', quantity: '1' },
  ...{ orderType: 'market', timeInForce: 'ioc' },
};

describe.each(WAYS)('by $name', ({ call }) => {
  let on: Started;
  let key: ClientKey;

  const start = async (config: Parameters<typeof startGateway>[0] = {}): Promise<void> => {
    on = await startGateway(config);
    on.cell.accounts.set('a1', 'alpha').set('b1', 'beta');
    key = on.issue('alpha');
  };

  beforeEach(() => start({ heartbeatMs: 50 }));

  afterEach(async () => {
    await on.stop();
    expect(on.bugs).toEqual([]);
  });

  const ask = (path: string, request: Ask['request'], more: Partial<Ask> = {}): Promise<Outcome> =>
    call(on.server.port, { path, request, key, timestampMs: on.clock.now(), ...more });

  it('a query is answered with its position', async () => {
    on.cell.position = 77n;
    const outcome = await ask(GET_ACCOUNT, { accountId: 'a1' });
    expect(outcome).toMatchObject({ code: grpc.OK, response: { accountId: 'a1' }, position: '77' });
  });

  it('a command reaches the service with its sender, once for each request id', async () => {
    const outcome = await ask(PLACE_ORDER, order, { requestId: 'r-1' });
    expect(outcome).toMatchObject({ code: grpc.OK, response: { position: '2', id: 'done' } });
    expect(on.cell.sent).toHaveLength(1);
    expect(on.cell.sent[0]).toMatchObject({
      ...{ name: 'PlaceOrder', request: { ...order, venues: [], reduceOnly: false } },
      sender: { tenant: 'alpha', actor: 'client:alpha.desk', requestId: 'r-1' },
    });
  });

  it('a command without a request id is refused with the field', async () => {
    expect(await ask(PLACE_ORDER, order)).toMatchObject({
      ...{ code: grpc.INVALID_ARGUMENT, reason: 'REQUEST_ID_INVALID', field: 'request_id' },
    });
    expect(on.cell.sent).toEqual([]);
  });

  it('a refusal has its code, sentence, field and facts', async () => {
    on.cell.refuse = reject('QUANTITY_INVALID', 'Expected a quantity above 0, was ünknown: send 1 or more', {
      ...{ reason: 'invalid', field: 'quantity', details: { quantity: '0' } },
    });
    expect(await ask(PLACE_ORDER, order, { requestId: 'r-1' })).toEqual({
      ...{ code: grpc.INVALID_ARGUMENT, reason: 'QUANTITY_INVALID', field: 'quantity' },
      message: 'Expected a quantity above 0, was ünknown: send 1 or more',
      ...{ facts: { quantity: '0' }, retryAfterMs: undefined, response: undefined, position: undefined },
    });
  });

  it('a foreign account is answered like a missing one', async () => {
    const foreign = await ask(GET_ACCOUNT, { accountId: 'b1' });
    expect(foreign).toMatchObject({ code: grpc.NOT_FOUND, field: 'account_id' });
    expect(await ask(GET_ACCOUNT, { accountId: 'nobody' })).toEqual(foreign);
  });

  it('nobody without a signature gets further than that', async () => {
    const unsigned = { path: GET_ACCOUNT, request: { accountId: 'a1' }, timestampMs: 0 };
    const outcome = await call(on.server.port, unsigned);
    expect(outcome).toMatchObject({ code: grpc.UNAUTHENTICATED, reason: 'CREDENTIALS_INVALID' });
    expect(outcome.facts).toEqual({ metadata: 'plinth-key' });
    expect(on.cell.asked).toEqual([]);
  });

  it('a request other than the signed one is refused', async () => {
    const outcome = await ask(GET_ACCOUNT, { accountId: 'a1' }, { sentInstead: { accountId: 'b1' } });
    expect(outcome).toMatchObject({ code: grpc.UNAUTHENTICATED, reason: 'SIGNATURE_INVALID' });
  });

  it('a call is taken once', async () => {
    const again = { key, nonce: 'nonce-0000000001' };
    expect(await ask(GET_ACCOUNT, { accountId: 'a1' }, again)).toMatchObject({ code: grpc.OK });
    expect(await ask(GET_ACCOUNT, { accountId: 'a1' }, again)).toMatchObject({
      ...{ code: grpc.UNAUTHENTICATED, reason: 'NONCE_USED' },
    });
    // Whatever way it came first.
    for (const other of WAYS) {
      const ask = { path: GET_ACCOUNT, request: { accountId: 'a1' }, timestampMs: on.clock.now(), ...again };
      expect(await other.call(on.server.port, ask)).toMatchObject({ reason: 'NONCE_USED' });
    }
  });

  it('an old call is refused with the time', async () => {
    const timestampMs = on.clock.now() - LIMITS.recvWindowMs - 1;
    const outcome = await ask(GET_ACCOUNT, { accountId: 'a1' }, { timestampMs });
    expect(outcome).toMatchObject({ reason: 'TIMESTAMP_OUTSIDE_WINDOW', facts: { window_ms: '30000' } });
  });

  it('who calls too often hears how long to wait', async () => {
    await on.stop();
    await start({ rates: { perKey: { perSecond: 2, burst: 1 }, perClient: { perSecond: 2, burst: 9 } } });
    const mark = () => ask('/plinth.gateway.v1.Trading/GetMark', { instrumentId: 'BTC-PERP' });
    expect(await mark()).toMatchObject({ code: grpc.OK });
    expect(await mark()).toMatchObject({
      ...{ code: grpc.RESOURCE_EXHAUSTED, reason: 'RATE_LIMITED', retryAfterMs: 500 },
    });
  });

  it('a message may be so long and no longer', async () => {
    const accountId = 'a'.repeat(GRPC_LIMITS.messageBytesMax);
    expect(await ask(GET_ACCOUNT, { accountId })).toMatchObject({ code: grpc.RESOURCE_EXHAUSTED });
    expect(on.cell.asked).toEqual([]);
  });

  it('headers may be so long and no longer', async () => {
    const long = await ask(GET_ACCOUNT, { accountId: 'a1' }, { more: { 'x-note': 'n'.repeat(8_000) } });
    expect(long).toMatchObject({ code: grpc.OK });
    const longer = await ask(GET_ACCOUNT, { accountId: 'a1' }, { more: { 'x-note': 'n'.repeat(20_000) } });
    expect(longer).toMatchObject({ code: grpc.RESOURCE_EXHAUSTED, reason: 'METADATA_TOO_LARGE' });
  });

  it('a deadline that has passed appends nothing', async () => {
    on.cell.before = () => new Promise((resolve) => setTimeout(resolve, 300));
    const more = { 'grpc-timeout': '40m', 'connect-timeout-ms': '40' };
    const outcome = await ask(GET_ACCOUNT, { accountId: 'a1' }, { more });
    expect(outcome).toMatchObject({ code: grpc.DEADLINE_EXCEEDED });
  });

  it('a stream begins, and beats', async () => {
    expect(await ask(STREAM_FILLS, { accountIds: ['a1'] })).toMatchObject({
      ...{ code: grpc.OK, response: { kind: 'heartbeat' } },
    });
  });

  it('a stream of a foreign account ends before it begins', async () => {
    expect(await ask(STREAM_FILLS, { accountIds: ['b1'] })).toMatchObject({ code: grpc.NOT_FOUND });
  });

  it('a bug shows its id and nothing else', async () => {
    on.cell.before = () => Promise.reject(new Error('the secret of the house'));
    const outcome = await ask(GET_ACCOUNT, { accountId: 'a1' });
    expect(outcome).toMatchObject({ code: grpc.INTERNAL, reason: 'INTERNAL' });
    expect(outcome.message).toMatch(/^internal error [0-9a-f-]{36}$/);
    expect(on.bugs.splice(0).length).toBeGreaterThan(0);
  });
});
