import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { emptyRequest, GatewayServer } from '@plinth/gateway';
import { GatewayClient, makeKey, verifierOf } from '@plinth/gateway/client';
import { RemoteCell, TailTransport } from '@plinth/runtime';
import { openServedCell, type ServedCell } from '../testing/served-cell.ts';

const FAR = 1_000_000n;

/** One question of every service. */
const QUESTIONS = [
  ['accounts', 'Accounts', 'ListAssets'],
  ['pricing', 'Trading', 'ListMarks'],
  ['interest', 'Lending', 'ListPools'],
  ['risk', 'Margin', 'GetParameters'],
  ['routing', 'Trading', 'ListVenues'],
  ['liquidation', 'Margin', 'ListLiquidations'],
] as const;

describe('a position that nobody has written', () => {
  let cell: ServedCell;
  let remote: RemoteCell;
  let gateway: GatewayServer;
  const operatorKey = makeKey('operator.root');
  const alphaKey = makeKey('alpha.desk');
  const clients: GatewayClient[] = [];
  const bugs: unknown[] = [];

  beforeAll(async () => {
    cell = await openServedCell();
    const addresses = new Map([...cell.ports].map(([name, port]) => [name, `127.0.0.1:${port}`] as const));
    remote = new RemoteCell({ addresses });
    const issue = { clientId: 'alpha', keyId: alphaKey.keyId, algorithm: 'ed25519', scopes: ['read'] };
    const sender = { tenant: 'operator', actor: 'operator:spec', requestId: 'key' };
    await remote.command('IssueApiKey', { ...issue, verifier: verifierOf(alphaKey) }, sender);
    gateway = new GatewayServer(
      {
        ...{ host: '127.0.0.1', port: 0 },
        operatorKeys: [{ keyId: operatorKey.keyId, publicKey: verifierOf(operatorKey) }],
      },
      {
        ...{ cell: remote, log: cell.log, transport: new TailTransport(cell.log) },
        clock: { now: () => Date.now() },
        reportBug: (_, error) => bugs.push(error),
      },
    );
    await gateway.start();
    for (const key of [operatorKey, alphaKey])
      clients.push(new GatewayClient({ address: `127.0.0.1:${gateway.port}`, key }));
  }, 120_000);

  afterAll(async () => {
    for (const client of clients) client.close();
    await gateway.stop();
    remote.close();
    await cell.stop();
  }, 60_000);

  const late = async (work: Promise<unknown>, context: string): Promise<void> => {
    const error: unknown = await work.catch((reason: unknown) => reason);
    const reached = String(cell.services.get(context)?.host.last);
    expect(error).toMatchObject({
      ...{ code: grpc.DEADLINE_EXCEEDED, reason: 'DEADLINE_EXCEEDED', field: 'read.min_position' },
      facts: { min_position: String(FAR), position: reached },
      message: expect.stringContaining(`Expected position ${FAR} to be reached before the deadline, was at`),
    });
    expect(bugs).toEqual([]);
  };

  const read = { minPosition: FAR };
  const timeoutMs = 1_500;

  it.each(QUESTIONS)(
    'is told with what was reached, by %s through the gateway',
    async (context, service, name) => {
      const method = name as 'ListAssets';
      const request = { ...emptyRequest(service as 'Accounts', method), read };
      const asked = (clients[0] as GatewayClient).call(service as 'Accounts', method, request, { timeoutMs });
      await late(asked, context);
    },
  );

  it('is told to a client whose id is looked up first', async () => {
    const asked = (clients[1] as GatewayClient).call(
      'Accounts',
      'GetAccount',
      { accountId: 'a1', read },
      { timeoutMs },
    );
    await late(asked, 'accounts');
  });
});
