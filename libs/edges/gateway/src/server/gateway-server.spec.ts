import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const order = {
  orderId: 'alpha.1',
  accountId: 'a1',
  subAccountId: '',
  instrumentId: 'BTC-PERP',
  side: 'buy',
  quantity: '1',
  orderType: 'market',
  limitPrice: '',
  timeInForce: 'ioc',
  venues: [],
  reduceOnly: false,
};

describe('the gateway', () => {
  let on: Started;

  beforeEach(async () => {
    on = await startGateway();
    on.cell.accounts.set('a1', 'alpha').set('b1', 'beta');
  });

  afterEach(() => on.stop());

  it('takes a signed command to the service, under its request id and for its client', async () => {
    const client = on.client(on.issue('alpha'));
    const { response, position } = await client.call('Trading', 'PlaceOrder', order, { requestId: 'r-1' });
    expect(response).toEqual({ position: 2n, id: 'done' });
    expect(position).toBe(2n);
    expect(on.cell.sent).toEqual([
      {
        name: 'PlaceOrder',
        request: order,
        sender: { tenant: 'alpha', actor: 'client:alpha.desk', requestId: 'r-1' },
      },
    ]);
  });

  it('answers a query with the position that the answer rests on', async () => {
    const client = on.client(on.issue('alpha'));
    on.cell.position = 77n;
    const answer = await client.call('Accounts', 'GetAccount', { accountId: 'a1', read: undefined });
    expect(answer.response.accountId).toBe('a1');
    expect(answer.position).toBe(77n);
  });

  it('takes a shared secret as well as a public key', async () => {
    const client = on.client(on.issue('alpha', { algorithm: 'hmac-sha256' }));
    await client.call('Trading', 'PlaceOrder', order);
    expect(on.cell.sent).toHaveLength(1);
  });

  it('answers a foreign account like a missing one', async () => {
    const client = on.client(on.issue('alpha'));
    const ask = (accountId: string) =>
      client.call('Trading', 'PlaceOrder', { ...order, accountId }).catch((error: unknown) => error);
    const foreign = await ask('b1');
    expect(foreign).toMatchObject({ code: grpc.NOT_FOUND, reason: 'ACCOUNT_UNKNOWN', field: 'account_id' });
    const { requestId: _, ...rest } = foreign as Record<string, unknown>;
    expect(await ask('nobody')).toMatchObject(rest);
    expect(on.cell.sent).toEqual([]);
  });
});
