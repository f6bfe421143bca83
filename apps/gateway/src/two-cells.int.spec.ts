import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { emptyRequest, makeKey, verifierOf, type GatewayClient, type ResponseOf } from '@plinth/gateway';
import { leafHash, openPostgresLog, verifyInclusion, type PostgresLog } from '@plinth/runtime';
import { CellsCluster } from './testing/cells-cluster.ts';

const BROKERS = process.env['PLINTH_KAFKA_BROKERS'];
const WAY = BROKERS === undefined ? 'from the tables' : 'through Kafka';
const LIVE_MARKS = 6;

type Transfers = ResponseOf<'Accounts', 'ListTransfers'>['transfers'];

type Desk = Readonly<{ clientId: string; accountId: string; cell: string; client: GatewayClient }>;

describe(`two cells behind one gateway, every service a process, ${WAY}`, () => {
  const cluster = new CellsCluster(['main', 'south']);
  const logs = new Map<string, PostgresLog>();
  let operator: GatewayClient;
  let north: Desk;
  let south: Desk;

  /** A client placed in a cell, approved, with a key, an account and money. */
  const openDesk = async (clientId: string, cell: string): Promise<Desk> => {
    const accountId = `${clientId}1`;
    const key = makeKey(`${clientId}.desk`);
    const scopes = ['read', 'trade', 'transfer', 'withdraw'];
    const issue = { clientId, keyId: key.keyId, algorithm: 'ed25519', verifier: verifierOf(key), scopes };
    await operator.call(
      'Operations',
      'OpenClient',
      { clientId, name: clientId, jurisdiction: 'CH' },
      { cell },
    );
    await operator.call('Operations', 'SetKycState', { clientId, state: 'approved', reason: 'known' });
    await operator.call('Operations', 'IssueApiKey', issue);
    await operator.call('Operations', 'OpenAccount', { accountId, clientId, name: 'main' });
    await operator.call('Operations', 'CreditDeposit', {
      ...{ accountId, subAccountId: '', depositId: 'first', asset: 'USD', amount: '1000000' },
      location: 'vault:bank',
    });
    return { clientId, accountId, cell, client: cluster.clientOf(key) };
  };

  const balanceOf = async ({ client, accountId }: Desk, asset: string): Promise<number> => {
    const { response } = await client.call('Accounts', 'GetAccount', { accountId, read: undefined });
    return response.balances
      .filter((balance) => balance.asset === asset)
      .reduce((sum, { amount }) => sum + Number(amount), 0);
  };

  const trade = async ({ client, clientId, accountId }: Desk): Promise<number> => {
    const orderId = `${clientId}.1`;
    await client.call('Trading', 'PlaceOrder', {
      ...{ orderId, accountId, subAccountId: '', instrumentId: 'BTC-PERP', side: 'buy', quantity: '0.5' },
      ...{ orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [], reduceOnly: false },
    });
    await cluster.until(`order ${orderId} to be filled`, async () => {
      const { response } = await client.call('Trading', 'GetOrder', { orderId, read: undefined });
      return response.status === 'closed' && response.filledQuantity !== '0' ? true : undefined;
    });
    return cluster.until(`margin of ${accountId}`, async () => {
      const { response } = await client.call('Margin', 'GetMargin', { accountId, read: undefined });
      const required = Number(response.figures?.maintenanceMargin ?? 0);
      return required > 0 ? required : undefined;
    });
  };

  const transfersOf = async ({ client, accountId }: Desk): Promise<Transfers> => {
    const request = { ...emptyRequest('Accounts', 'ListTransfers'), accountId };
    return (await client.call('Accounts', 'ListTransfers', request)).response.transfers;
  };

  const send = (transferId: string, toAccountId: string, amount: string) =>
    north.client.call('Accounts', 'RequestClientTransfer', {
      ...{ accountId: north.accountId, transferId, toClientId: south.clientId, toAccountId, asset: 'USD' },
      ...{ amount, fromLocation: 'vault:bank', toLocation: '', toCell: '' },
    });

  beforeAll(async () => {
    await cluster.start(BROKERS);
    operator = cluster.client;
    for (const cell of ['main', 'south']) {
      await cluster.until(`live marks in ${cell}`, async () => {
        const request = { ...emptyRequest('Trading', 'ListMarks'), pageSize: 500 };
        const { response } = await operator.call('Trading', 'ListMarks', request, { cell });
        const live = response.marks.filter(({ state }) => state === 'live').length;
        return live >= LIVE_MARKS ? true : undefined;
      });
      logs.set(cell, await openPostgresLog({ url: cluster.databaseOf(cell) }));
    }
    north = await openDesk('north', 'main');
    south = await openDesk('lowland', 'south');
  }, 240_000);

  afterAll(async () => {
    for (const log of logs.values()) await log.close();
    north?.client.close();
    south?.client.close();
    await cluster.stop();
  }, 60_000);

  it('trades and margins the clients of both', async () => {
    expect(await trade(north)).toBeGreaterThan(0);
    expect(await trade(south)).toBeGreaterThan(0);
    const cells = (await operator.call('Operations', 'ListCells', {})).response.cells;
    expect(cells).toMatchObject([
      { cell: 'main', isHome: true, answers: true, placedClients: 1 },
      { cell: 'south', isHome: false, answers: true, placedClients: 1 },
    ]);
  }, 120_000);

  it('has the marks of the home cell in both, in order', async () => {
    const rounds = await cluster.until('some rounds', async () => {
      const events = (await logs.get('south')?.read(0n, 10_000)) ?? [];
      const taken = events.flatMap((event) => (event.type === 'MarksPublished' ? [event.data] : []));
      return taken.length > 3 ? taken : undefined;
    });
    expect(new Set(rounds.map(({ sourceCell }) => sourceCell))).toEqual(new Set(['main']));
    const places = rounds.map(({ sourcePosition }) => sourcePosition);
    expect(places).toEqual([...new Set(places)].sort((a, b) => (a < b ? -1 : 1)));
  }, 120_000);

  it('brings a transfer over when the other cell’s accounts come back, once', async () => {
    const destination = `account:${south.clientId}/${south.accountId}`;
    const before = await balanceOf(south, 'USD');
    await expect(send('early', south.accountId, '1')).rejects.toMatchObject({
      reason: 'DESTINATION_UNKNOWN',
    });
    for (const one of [destination, `account:${south.clientId}/nobody`])
      await north.client.call('Accounts', 'AddWithdrawalDestination', {
        ...{ clientId: north.clientId, asset: 'USD', destination: one },
      });
    await cluster.kill('accounts@south');
    await send('t1', south.accountId, '2500');
    await send('t2', 'nobody', '300');
    await cluster.until('the transfers to be on their way', async () => {
      const states = (await transfersOf(north)).map(({ state }) => state);
      return states.length === 2 && states.every((state) => state === 'in-flight') ? true : undefined;
    });
    cluster.run('accounts@south');
    const ended = await cluster.until('both transfers to end', async () => {
      const all = await transfersOf(north);
      return all.every(({ state }) => state !== 'in-flight') ? all : undefined;
    });
    expect(ended.map(({ transferId, state, code }) => [transferId, state, code])).toEqual([
      ['t1', 'delivered', ''],
      ['t2', 'returned', 'ACCOUNT_UNKNOWN'],
    ]);
    const after = await cluster.until('the money', async () => {
      const now = await balanceOf(south, 'USD');
      return now - before > 2_000 ? now : undefined;
    });
    expect(after - before).toBeCloseTo(2_500, 6);
  }, 120_000);

  it('balances to nothing over both logs, with nothing on its way', async () => {
    const told = await cluster.auditCells();
    expect(JSON.parse(told)).toMatchObject({
      breaches: 0,
      found: [],
      inFlight: [],
      delivered: 1,
      returned: 1,
    });
  }, 60_000);

  it('proves the events of each client in the log of its cell', async () => {
    const heads = await Promise.all(
      [north, south].map(({ client, cell }) =>
        cluster.until(`a head of ${cell}`, async () => {
          const { response } = await client.call('Proofs', 'GetTreeHead', {});
          return response.head === undefined ? undefined : response;
        }),
      ),
    );
    expect(heads.map(({ cell }) => cell)).toEqual(['main', 'south']);
    expect(new Set(heads.map(({ head }) => head?.logId)).size).toBe(2);
    for (const { client, accountId } of [north, south]) {
      const entries = await client.call('Accounts', 'ListEntries', {
        ...emptyRequest('Accounts', 'ListEntries'),
        accountId,
      });
      const position = entries.response.entries[0]?.position ?? 0n;
      const proof = await cluster.until('a proof', () =>
        client
          .call('Proofs', 'ProveInclusion', { position, treeSize: 0n })
          .then(({ response }) => response)
          .catch(() => undefined),
      );
      const { size, root } = proof.head ?? { size: 0n, root: Buffer.alloc(0) };
      const leaf = leafHash(proof.canonicalEvent);
      expect(proof.canonicalEvent.includes(accountId)).toBe(true);
      expect(verifyInclusion(leaf, Number(position) - 1, Number(size), proof.path, root)).toBe(true);
    }
  }, 60_000);
});
