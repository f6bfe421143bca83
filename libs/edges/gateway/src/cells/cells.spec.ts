import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { MemoryLog, Retryable } from '@plinth/eventing';
import type { gatewayMessages } from '@plinth/messages';
import { TailTransport } from '@plinth/runtime';
import { emptyRequest, GatewayError, type GatewayClient } from '../client/gateway-client.ts';
import { FakeCell } from '../testing/fake-cell.ts';
import { LogWriter } from '../testing/log-writer.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { WAYS } from '../testing/ways.ts';

const failure = async (work: Promise<unknown>): Promise<GatewayError> => {
  const error = await work.then(
    () => new Error('Expected a refusal'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof GatewayError)) throw error;
  return error;
};

describe('a gateway of two cells', () => {
  let on: Started;
  let south: FakeCell;
  let home: LogWriter;
  let southern: LogWriter;

  beforeEach(async () => {
    south = new FakeCell();
    const [homeLog, southLog] = [new MemoryLog(), new MemoryLog()];
    [home, southern] = [new LogWriter(homeLog), new LogWriter(southLog)];
    await home.place('beta', 'south');
    const other = { cellId: 'south', cell: south, log: southLog, transport: new TailTransport(southLog) };
    on = await startGateway(
      {},
      { cellId: 'main', log: homeLog, transport: new TailTransport(homeLog), others: [other] },
    );
    on.cell.isOneOfSeveral = true;
    south.isOneOfSeveral = true;
    on.cell.onPlaced = (clientId, cell) => home.place(clientId, cell);
    on.cell.accounts.set('a1', 'alpha').set('both', 'alpha');
    south.accounts.set('b1', 'beta').set('both', 'beta');
  });
  afterEach(() => on.stop());

  /** A client of the cell south. */
  const beta = (): GatewayClient => {
    const key = on.issue('beta');
    const info = on.cell.keys.get(key.keyId);
    if (info !== undefined) south.keys.set(key.keyId, info);
    on.cell.keys.delete(key.keyId);
    return on.client(key);
  };

  const deposit = (accountId: string) => ({
    ...emptyRequest('Operations', 'CreditDeposit'),
    ...{ accountId, depositId: 'd1', asset: 'USD', amount: '1', location: 'vault:bank' },
  });

  const opening = (clientId: string) => ({ clientId, name: clientId, jurisdiction: 'CH' });

  it('sends a client’s calls to its cell, and says so', async () => {
    const order = { ...emptyRequest('Trading', 'PlaceOrder'), orderId: 'beta.1', accountId: 'b1' };
    const placed = await beta().call('Trading', 'PlaceOrder', order);
    expect([placed.cell, south.sent.map(({ name }) => name), on.cell.sent]).toEqual([
      ...['south', ['PlaceOrder'], []],
    ]);
    const alpha = on.client(on.issue('alpha'));
    const read = await alpha.call('Accounts', 'GetAccount', { accountId: 'a1', read: undefined });
    expect([read.cell, read.response.accountId]).toEqual(['main', 'a1']);
    expect(south.asked.map(({ name }) => name)).not.toContain('GetAccount');
  });

  it('answers for a foreign account of the same name as for one that is missing', async () => {
    const alpha = on.client(on.issue('alpha'));
    const reasons = await Promise.all(
      ['b1', 'nobody'].map(async (accountId) => {
        const { reason, code, message } = await failure(
          alpha.call('Accounts', 'GetAccount', { accountId, read: undefined }),
        );
        return { reason, code, message };
      }),
    );
    expect(reasons[0]).toEqual(reasons[1]);
    expect(reasons[0]).toMatchObject({ reason: 'ACCOUNT_UNKNOWN' });
  });

  it('looks for keys of unknown clients in the home cell, as with one cell', async () => {
    const gone = on.issue('gamma');
    on.cell.keys.delete(gone.keyId);
    const refused = failure(on.client(gone).call('Accounts', 'ListAssets', { read: undefined }));
    expect((await refused).reason).toBe('SIGNATURE_INVALID');
    expect(south.asked).toEqual([]);
  });

  it('streams from the client’s cell', async () => {
    const stop = new AbortController();
    const stream = beta().stream('StreamFills', { accountIds: ['b1'], resumeAfter: 0n }, stop.signal);
    const first = stream.next();
    for (let i = 1; i <= 50; i += 1) {
      await southern.fill('b1', i);
      await home.fill('b1', 100 + i);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const told = (await first) as IteratorYieldResult<gatewayMessages.StreamFillsResponse>;
    expect(told.value.fill?.fillId).toMatch(/^f\d{1,2}$/);
    stop.abort();
  });

  it('opens a client where the home cell places it, then knows it there', async () => {
    const opened = await on.operator.call('Operations', 'OpenClient', opening('gamma'), { requestId: 'r1' });
    expect(opened.cell).toBe('south');
    expect(on.cell.sent.map(({ name, request }) => [name, request['cells']])).toEqual([
      ['PlaceClient', ['main', 'south']],
    ]);
    expect(south.sent.map(({ name, sender }) => [name, sender.requestId])).toEqual([['OpenClient', 'r1']]);
    const kyc = { clientId: 'gamma', state: 'approved', reason: '' };
    expect((await on.operator.call('Operations', 'SetKycState', kyc)).cell).toBe('south');
  });

  it('opens a client in the cell that is named', async () => {
    const opened = await on.operator.call('Operations', 'OpenClient', opening('gamma'), { cell: 'main' });
    expect([opened.cell, south.sent]).toEqual(['main', []]);
  });

  it('sends an operator’s call to the cell that knows the account', async () => {
    expect((await on.operator.call('Operations', 'CreditDeposit', deposit('b1'))).cell).toBe('south');
    const both = await failure(on.operator.call('Operations', 'CreditDeposit', deposit('both')));
    expect([both.reason, both.field, both.message]).toEqual([
      ...['CELL_MISSING', 'plinth-cell', expect.stringContaining('known in main, south')],
    ]);
    const named = on.operator.call('Operations', 'CreditDeposit', deposit('both'), { cell: 'south' });
    expect((await named).cell).toBe('south');
    // Nobody knows it: the home cell says so.
    expect((await on.operator.call('Operations', 'CreditDeposit', deposit('none'))).cell).toBe('main');
  });

  it('sends no command on while a cell that might know the account is silent', async () => {
    south.before = async () => {
      throw new Retryable('away');
    };
    const silent = await failure(on.operator.call('Operations', 'CreditDeposit', deposit('a1')));
    expect([silent.reason, on.cell.sent]).toEqual(['RETRY', []]);
    const read = on.operator.call('Accounts', 'GetAccount', { accountId: 'a1', read: undefined });
    expect((await read).cell).toBe('main');
  });

  it('asks an operator for the cell where it matters, and only there', async () => {
    const fund = { ...emptyRequest('Operations', 'FundHouse'), fundingId: 'f', purpose: 'insurance' };
    const missing = await failure(on.operator.call('Operations', 'FundHouse', fund));
    expect([missing.reason, missing.facts]).toEqual(['CELL_MISSING', { cells: 'main,south' }]);
    expect((await on.operator.call('Operations', 'FundHouse', fund, { cell: 'south' })).cell).toBe('south');
    expect((await on.operator.call('Accounts', 'ListAssets', { read: undefined })).cell).toBe('main');
    const unknown = await failure(on.operator.call('Operations', 'FundHouse', fund, { cell: 'north' }));
    expect(unknown.reason).toBe('CELL_UNKNOWN');
    const foreign = await failure(
      beta().call('Accounts', 'ListAssets', { read: undefined }, { cell: 'main' }),
    );
    expect([foreign.reason, foreign.message]).toEqual([unknown.reason, unknown.message]);
  });

  it('pages through one cell after the other, repeating and skipping nothing', async () => {
    on.cell.rows = ['a1', 'a2'];
    south.rows = ['b1', 'b2', 'b3'];
    const request = emptyRequest('Accounts', 'ListAccounts');
    const found: string[] = [];
    for (let token = '', page = 0; page < 10; page += 1) {
      const asked = { ...request, pageToken: token };
      const { response } = await on.operator.call('Accounts', 'ListAccounts', asked);
      found.push(...response.accounts.map(({ accountId }) => accountId));
      token = response.nextPageToken;
      if (token === '') break;
      // Whatever is opened in a cell that has been gone through moves nothing in the others.
      if (token.startsWith('south')) on.cell.rows = ['a0', 'a1', 'a2'];
    }
    expect(found).toEqual(['a1', 'a2', 'b1', 'b2', 'b3']);
    const wrong = failure(on.operator.call('Accounts', 'ListAccounts', { ...request, pageToken: 'x' }));
    expect((await wrong).field).toBe('page_token');
  });

  it('goes on to the next cell when one has nothing', async () => {
    south.rows = ['b1'];
    const request = emptyRequest('Accounts', 'ListAccounts');
    const { response, cell } = await on.operator.call('Accounts', 'ListAccounts', request);
    expect([response.accounts.length, response.nextPageToken, cell]).toEqual([1, '', 'south']);
  });

  it('says itself in which cell the receiver of a transfer is', async () => {
    const alpha = on.client(on.issue('alpha'));
    for (const [toClientId, toCell] of [
      ['beta', 'south'],
      ['nobody', 'main'],
    ] as const) {
      const empty = emptyRequest('Accounts', 'RequestClientTransfer');
      const request = { ...empty, accountId: 'a1', toClientId, toAccountId: 'b1', toCell: 'elsewhere' };
      await alpha.call('Accounts', 'RequestClientTransfer', request);
      expect(on.cell.sent.at(-1)?.request).toMatchObject({ toClientId, toCell });
    }
  });

  it('does not take a call to another cell than the one that was signed', async () => {
    const client = on.operator;
    const sign = client.sign.bind(client);
    client.sign = (...args) => {
      const metadata = sign(...args);
      metadata.set('plinth-cell', 'south');
      return metadata;
    };
    const fund = { ...emptyRequest('Operations', 'FundHouse'), fundingId: 'f' };
    const moved = await failure(client.call('Operations', 'FundHouse', fund, { cell: 'main' }));
    expect([moved.reason, south.sent]).toEqual(['SIGNATURE_INVALID', []]);
  });

  it.each(WAYS)('takes an operator’s call to the cell that it names, by $name', async ({ call }) => {
    const request = { clientId: 'gamma', name: 'Gamma', jurisdiction: 'CH' };
    const path = '/plinth.gateway.v1.Operations/OpenClient';
    const common = { path, request, key: on.operatorKey, timestampMs: on.clock.now() };
    const named = await call(on.server.port, { ...common, requestId: 'r-1', cell: 'south' });
    expect(named).toMatchObject({ code: grpc.OK });
    expect(south.sent.map(({ name }) => name)).toContain('OpenClient');
    // A cell that was not signed for is not gone to.
    const forged = { ...common, requestId: 'r-2', more: { 'plinth-cell': 'south' } };
    expect(await call(on.server.port, forged)).toMatchObject({ reason: 'SIGNATURE_INVALID' });
  });

  it('lists its cells, also one that is away', async () => {
    const listed = async () => (await on.operator.call('Operations', 'ListCells', {})).response.cells;
    expect(await listed()).toMatchObject([
      { cell: 'main', isHome: true, answers: true, placedClients: 0 },
      { cell: 'south', isHome: false, answers: true, placedClients: 1 },
    ]);
    south.before = async () => {
      throw new Retryable('away');
    };
    expect((await listed()).map(({ answers }) => answers)).toEqual([true, false]);
  });
});
