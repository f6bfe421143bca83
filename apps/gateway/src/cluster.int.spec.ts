import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callSigner, type GatewayClient } from '@plinth/gateway';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { Cluster, SERVICES } from './testing/cluster.ts';
import { playScript } from './testing/command-script.ts';
import { startOneProcess } from './testing/one-process.ts';

const BROKERS = process.env['PLINTH_KAFKA_BROKERS'];
const LIVE_MARKS = 6;

const WAY = BROKERS === undefined ? 'from the table' : 'through Kafka';

describe(`every service a process of its own, ${WAY}`, () => {
  const cluster = new Cluster();
  let client: GatewayClient;
  let log: PostgresLog;
  /** Of the last command that opened the account: what is asked after it must know the account. */
  let opened: bigint;

  const marginOf = async (accountId: string, minPosition = opened) => {
    const { response, position } = await client.call('Margin', 'GetMargin', {
      accountId,
      read: { minPosition },
    });
    return { ...response, position };
  };

  const orderOf = async (orderId: string) => {
    const { response } = await client.call('Trading', 'GetOrder', { orderId, read: undefined });
    return response;
  };

  const place = (orderId: string, side: string, instrumentId = 'BTC-PERP') =>
    client.call('Trading', 'PlaceOrder', {
      ...{ orderId, accountId: 'fund', subAccountId: '', instrumentId, side, quantity: '0.5' },
      ...{ orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [], reduceOnly: false },
    });

  const filled = (orderId: string): Promise<unknown> =>
    cluster.until(`order ${orderId} to be done`, async () => {
      const order = await orderOf(orderId);
      return order.status === 'closed' ? order : undefined;
    });

  beforeAll(async () => {
    await cluster.start(BROKERS);
    client = cluster.client;
    await cluster.until('live marks', async () => {
      const { response } = await client.call('Trading', 'ListMarks', {
        state: '',
        pageSize: 500,
        pageToken: '',
        read: undefined,
      });
      return response.marks.filter(({ state }) => state === 'live').length >= LIVE_MARKS ? true : undefined;
    });
    log = await openPostgresLog({ url: cluster.databaseUrl });
    await client.call('Operations', 'OpenClient', { clientId: 'desk', name: 'Desk', jurisdiction: 'CH' });
    await client.call('Operations', 'SetKycState', { clientId: 'desk', state: 'approved', reason: 'known' });
    await client.call('Operations', 'OpenAccount', { accountId: 'fund', clientId: 'desk', name: 'main' });
    const deposit = await client.call('Operations', 'CreditDeposit', {
      ...{ accountId: 'fund', subAccountId: '', depositId: 'first', asset: 'USD', amount: '1000000' },
      location: 'vault:bank',
    });
    opened = deposit.position;
  }, 180_000);

  afterAll(async () => {
    await log?.close();
    await cluster.stop();
  }, 60_000);

  it('makes of the same commands, one at a time, the same events as one process does', async () => {
    const one = await startOneProcess();
    try {
      const [alone, together] = await Promise.all([playScript(one.client, one.log), playScript(client, log)]);
      expect(together).toEqual(alone);
      expect(Object.keys(alone.streams)).toContain('account-scripttwo');
      expect(new Set(alone.answers).size).toBeGreaterThan(3);
    } finally {
      await one.stop();
    }
  }, 180_000);

  it('answers in JSON at the port of gRPC, under the same certificate and key', async () => {
    const ca = readFileSync(join(cluster.certificates('edge'), '..', 'ca.crt'));
    const method = '/plinth.gateway.v1.Margin/GetMargin';
    const body = Buffer.from(JSON.stringify({ accountId: 'fund', read: { minPosition: String(opened) } }));
    const headers = Object.fromEntries(callSigner(cluster.key)({ method, form: 'json', body }));
    const answer = await new Promise<Readonly<{ status: number | undefined; text: string }>>(
      (resolve, reject) => {
        const asked = request(
          `https://${cluster.address('gateway')}${method}`,
          { ca, method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
          (response) => {
            let text = '';
            response.on('data', (piece: Buffer) => (text += piece.toString()));
            response.on('end', () => resolve({ status: response.statusCode, text }));
          },
        );
        asked.on('error', reject);
        asked.end(body);
      },
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ accountId: 'fund', state: 'healthy' });
  }, 60_000);

  it('trades at the venues, and margin follows', async () => {
    const before = await marginOf('fund');
    expect(before).toMatchObject({ state: 'healthy' });
    await place('operator.1', 'buy');
    await filled('operator.1');
    const { position } = await log.head();
    const after = await marginOf('fund', position);
    expect(after.position).toBeGreaterThanOrEqual(position);
    expect(Number(after.figures?.maintenanceMargin)).toBeGreaterThan(0);
  }, 120_000);

  it('fits surfaces, trades an option, and tells from the past why margin and value changed', async () => {
    const page = { pageSize: 500, pageToken: '', read: undefined };
    await cluster.until('live surfaces', async () => {
      const { response } = await client.call('Trading', 'ListSurfaces', { ...page, underlying: '' });
      const live = response.surfaces.filter(({ state }) => state === 'live');
      return live.map(({ underlying }) => underlying).join() === 'BTC,ETH' ? true : undefined;
    });
    const option = await cluster.until('a live option', async () => {
      const { response } = await client.call('Trading', 'ListMarks', { ...page, state: 'live' });
      return response.marks
        .map(({ instrumentId }) => instrumentId)
        .findLast((id) => /^BTC-.*-60000-C$/.test(id));
    });
    const from = { position: (await log.head()).position, atMs: 0 };
    await place('operator.option', 'buy', option);
    expect(await filled('operator.option')).toMatchObject({ outcome: 'filled' });
    const read = { minPosition: (await log.head()).position };
    const request = { accountId: 'fund', from, to: undefined, read };
    const { response: margin } = await client.call('Margin', 'ExplainDifference', request);
    expect(margin.from?.position).toBe(from.position);
    expect(margin.initial.map(({ label }) => label)).toContain('position');
    const { response: value } = await client.call('Margin', 'ExplainProfit', request);
    expect(value.profit.map(({ label }) => label)).toEqual(expect.arrayContaining(['fees', 'trades']));
    expect(Math.abs(Number(value.residual))).toBeLessThanOrEqual(Number(value.residualBound));
  }, 120_000);

  it('goes on where it was after a service was killed, and says so while it is away', async () => {
    await cluster.kill('risk');
    await expect(marginOf('fund')).rejects.toMatchObject({ reason: 'RETRY' });
    await place('operator.2', 'sell');
    cluster.run('risk');
    await filled('operator.2');
    const margin = await cluster.until('margin', () => marginOf('fund'));
    expect(margin).toMatchObject({ state: 'healthy' });
  }, 120_000);

  it('takes up new certificates while it runs', async () => {
    await cluster.renewCertificates();
    // Whoever is started now has a new one, and is believed by those that have run all the time.
    await cluster.kill('interest');
    cluster.run('interest');
    const pools = await cluster.until('interest', async () => {
      const { response } = await client.call('Lending', 'ListPools', {
        ...{ pageSize: 10, pageToken: '', read: undefined },
      });
      return response.pools;
    });
    expect(pools.length).toBeGreaterThan(0);
  }, 60_000);

  it('has a standby that takes over from a leader that was stopped, and no effect twice', async () => {
    const standby = await cluster.runReplica('accounts');
    await cluster.until('the standby', async () =>
      standby.lines.some((line) => line.includes('"serving"')) ? true : undefined,
    );
    const leader = cluster.partBefore(standby);
    leader.child.kill('SIGSTOP');
    // Commands of accounts find the stopped process only; what it leads goes on without it.
    await place('operator.3', 'buy');
    await filled('operator.3');
    await cluster.until('the fill to be booked by the standby', async () => {
      const booked = await bookedFills(log, 'operator.3');
      return booked.length > 0 ? booked : undefined;
    });
    leader.child.kill('SIGCONT');
    await place('operator.4', 'sell');
    await filled('operator.4');
    for (const order of ['operator.1', 'operator.2', 'operator.3', 'operator.4']) {
      const ids = await bookedFills(log, order);
      expect(new Set(ids).size).toBe(ids.length);
    }
  }, 120_000);

  it('plays a crash for a book of clients in real time, and every invariant holds', async () => {
    const before = await bookedFills(log);
    const told = await cluster.plinth(
      ...['demo', '--cluster', '--accounts', '20', '--ticks', '40', '--tick-ms', '250'],
      ...['--market', cluster.address('exchange'), '--database', cluster.databaseUrl, '--output', 'json'],
    );
    const figures = JSON.parse(told) as Readonly<{
      invariants: Readonly<{ breaches: number }>;
      proof: Readonly<{ checks: readonly Readonly<{ ok: boolean }>[] }>;
    }>;
    expect(figures.invariants.breaches).toBe(0);
    expect(figures.proof.checks.map(({ ok }) => ok)).toEqual([true]);
    // How many orders a machine places in these ten seconds depends on its load; some must have been filled.
    await cluster.until('fills of the crash', async () =>
      (await bookedFills(log)).length > before.length ? true : undefined,
    );
  }, 240_000);

  (BROKERS === undefined ? it.skip : it)(
    'publishes every signed head, and the log is judged by the published ones',
    async () => {
      const told = await cluster.until('published heads', async () => {
        const text = await cluster.audit('verify', '--published', '--output', 'json');
        const figures = JSON.parse(text) as Readonly<{ events: number; proven: number; findings: unknown[] }>;
        return figures.proven > 0 ? figures : undefined;
      });
      expect(told.findings).toEqual([]);
      expect(told.events).toBeGreaterThanOrEqual(told.proven);
    },
    120_000,
  );

  it('leaves folds that equal a rebuild from its log, at every position where they were kept', async () => {
    await cluster.stopProcesses();
    const rows = JSON.parse(await cluster.replayCheck()) as readonly Readonly<Record<string, string>>[];
    expect(rows.filter(({ result }) => result !== 'equal')).toEqual([]);
    expect(new Set(rows.map(({ service }) => service))).toEqual(new Set([...SERVICES, 'gateway']));
    expect(new Set(rows.map(({ snapshot }) => snapshot)).size).toBeGreaterThan(1);
  }, 240_000);
});

/** Ids of the fills, all or those of an order, that the ledger has booked. */
const bookedFills = async (log: PostgresLog, orderId?: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after = 0n; ;) {
    const batch = await log.read(after, 2_000);
    for (const event of batch) {
      if (event.type !== 'FillBooked') continue;
      if (orderId === undefined || event.data.orderId === orderId) ids.push(event.data.fillId);
    }
    const last = batch.at(-1);
    if (last === undefined) return ids;
    after = last.position;
  }
};
