import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayClient, makeKey, openKeyFile, verifierOf, type ClientKey } from '@plinth/gateway/client';
import { emptyRequest } from '@plinth/gateway';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { builtMain } from '../testing/built-main.ts';

const MAIN = await builtMain();
const CELLS = ['main', 'cell2'] as const;
type CellId = (typeof CELLS)[number];

type Ran = Readonly<{ out: string; error: string; code: number }>;
type Broker = Readonly<{ child: ChildProcess; address: string; said: () => string }>;

const environment = {
  ...process.env,
  PLINTH_LOG_LEVEL: 'warn',
  PLINTH_DESTINATION_DELAY_MS: '0',
  PLINTH_DATABASE_URL: '',
};

const plinth = async (...words: readonly string[]): Promise<Ran> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...words], {
      env: environment,
    });
    return { out: stdout, error: stderr, code: 0 };
  } catch (failure) {
    const { stdout, stderr, code } = failure as { stdout: string; stderr: string; code: number };
    return { out: stdout, error: stderr, code };
  }
};

describe('a broker of two cells in one process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-up-cells-'));
  const ids: Record<CellId, string> = { main: 'north', cell2: 'lowland' };
  const keys = new Map<CellId, ClientKey>();
  const clients: GatewayClient[] = [];
  let broker: Broker;
  let operator: GatewayClient;

  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    for (let tries = 0; tries < 1_200; tries += 1) {
      const found = await ask().catch(() => undefined);
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error(`Expected ${what}`);
  };

  const start = async (...words: readonly string[]): Promise<Broker> => {
    const child = spawn(process.execPath, [MAIN, 'up', '--data', directory, '--port', '0', ...words], {
      ...{ env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const address = await until('the broker to say where it listens', async () => {
      if (child.exitCode !== null) throw new Error('ended');
      return /^gateway (\S+)/m.exec(said)?.[1];
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${said}`);
    });
    return { child, address, said: () => said };
  };

  const clientOf = (key: ClientKey): GatewayClient => {
    const client = new GatewayClient({ address: broker.address, key, timeoutMs: 10_000 });
    clients.push(client);
    return client;
  };

  /** The exit code, when it ended by itself. */
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    for (const client of clients.splice(0)) client.close();
    const ended = once(broker.child, 'exit');
    broker.child.kill(signal);
    await ended;
    return broker.child.exitCode;
  };

  const asOperator = (): GatewayClient =>
    clientOf(openKeyFile(join(directory, 'operator.key.json'), 'operator.root'));

  const call = (method: string, request: object, cell?: CellId) =>
    operator.call(
      'Operations',
      method as 'OpenClient',
      { ...emptyRequest('Operations', method as 'OpenClient'), ...request },
      cell === undefined ? {} : { cell },
    );

  const openDesk = async (cell: CellId): Promise<void> => {
    const clientId = ids[cell];
    const key = makeKey(`${clientId}.desk`);
    keys.set(cell, key);
    await call('OpenClient', { clientId, name: clientId, jurisdiction: 'CH' }, cell);
    await call('SetKycState', { clientId, state: 'approved', reason: 'known' });
    const scopes = ['read', 'trade', 'transfer', 'withdraw'];
    await call('IssueApiKey', {
      ...{ clientId, keyId: key.keyId, algorithm: 'ed25519', verifier: verifierOf(key), scopes },
    });
    await call('OpenAccount', { accountId: `${clientId}1`, clientId, name: 'main' });
    await call('CreditDeposit', {
      ...{ accountId: `${clientId}1`, depositId: 'first', asset: 'USD', amount: '10000' },
      location: 'vault:bank',
    });
    const other = ids[cell === 'main' ? 'cell2' : 'main'];
    const destination = `account:${other}/${other}1`;
    await clientOf(key).call('Accounts', 'AddWithdrawalDestination', { clientId, asset: 'USD', destination });
  };

  const send = async (from: CellId, transferId: string, amount: string): Promise<void> => {
    const to = ids[from === 'main' ? 'cell2' : 'main'];
    await clientOf(keys.get(from) as ClientKey).call('Accounts', 'RequestClientTransfer', {
      ...{ accountId: `${ids[from]}1`, transferId, toClientId: to, toAccountId: `${to}1`, asset: 'USD' },
      ...{ amount, fromLocation: 'vault:bank', toLocation: '', toCell: '' },
    });
  };

  const transfers = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const cell of CELLS) {
      const request = { ...emptyRequest('Accounts', 'ListTransfers'), pageSize: 100 };
      const { response } = await operator.call('Accounts', 'ListTransfers', request, { cell });
      found.push(...response.transfers.map(({ transferId, state }) => `${transferId} ${state}`));
    }
    return found.sort();
  };

  const usdOf = async (cell: CellId): Promise<string> => {
    const accountId = `${ids[cell]}1`;
    const { response } = await operator.call('Accounts', 'GetAccount', { accountId, read: undefined });
    return response.balances
      .filter(({ asset }) => asset === 'USD')
      .map(({ amount }) => String(Number(amount)))
      .join(' ');
  };

  const liveMarks = async (cell: CellId): Promise<true | undefined> => {
    const request = { ...emptyRequest('Trading', 'ListMarks'), state: 'live', pageSize: 500 };
    const { response } = await operator.call('Trading', 'ListMarks', request, { cell });
    return response.marks.length > 5 ? true : undefined;
  };

  beforeAll(async () => {
    chmodSync(directory, 0o755);
    broker = await start('--cells', '2');
    operator = asOperator();
    for (const cell of CELLS) await until(`live marks in ${cell}`, () => liveMarks(cell));
    for (const cell of CELLS) await openDesk(cell);
  }, 240_000);

  afterAll(async () => {
    for (const client of clients) client.close();
    broker?.child.kill('SIGKILL');
    // Its servers end with it: a moment later the directory is nobody's.
    await sleep(2_000);
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  it('brings money from one cell to the other, both ways', async () => {
    await send('main', 't1', '2500');
    await send('cell2', 't2', '400');
    const ended = await until('both to arrive', async () => {
      const states = await transfers();
      return states.length === 2 && states.every((one) => one.endsWith(' delivered')) ? states : undefined;
    });
    expect(ended).toEqual(['t1 delivered', 't2 delivered']);
    expect(
      await until('the money', async () => ((await usdOf('cell2')) === '12100' ? true : undefined)),
    ).toBe(true);
    expect(await usdOf('main')).toBe('7900');
    const { response } = await operator.call('Operations', 'ListCells', {});
    expect(response.cells).toMatchObject([
      { cell: 'main', isHome: true, answers: true, placedClients: 1 },
      { cell: 'cell2', isHome: false, answers: true, placedClients: 1 },
    ]);
  }, 240_000);

  it('goes on in both cells after it was killed with money on its way', async () => {
    await Promise.all(['t3', 't4', 't5'].map((one) => send('main', one, '100')));
    await end('SIGKILL');
    // Without a count there are as many cells as before.
    broker = await start();
    operator = asOperator();
    const states = await until('all to arrive', async () => {
      const all = await transfers();
      return all.every((one) => one.endsWith(' delivered')) ? all : undefined;
    });
    expect(states).toEqual(['t1', 't2', 't3', 't4', 't5'].map((one) => `${one} delivered`));
    await until('the money', async () => ((await usdOf('cell2')) === '12400' ? true : undefined));
    expect(await usdOf('main')).toBe('7600');
  }, 240_000);

  it('has clearing accounts that sum to nothing, and says so while it runs', async () => {
    const { out, code } = await plinth('audit', 'cells', '--data', directory, '--output', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ breaches: 0, inFlight: [], delivered: 5, returned: 0 });
  }, 120_000);

  it('starts with no fewer cells than there are', async () => {
    const { error, code } = await plinth('up', '--data', directory, '--cells', '1', '--port', '0');
    expect([code, error]).toEqual([2, expect.stringContaining('--cells 1: Expected at least 2')]);
  }, 120_000);

  it('goes on in one cell when the other has failed; what waited arrives after a restart', async () => {
    const place = join(directory, 'cells', 'cell2', 'postgres', 'pgdata', 'postmaster.pid');
    process.kill(Number(readFileSync(place, 'utf8').split('\n')[0]), 'SIGKILL');
    const line = await until('the broker to say which cell has stopped', async () =>
      broker
        .said()
        .split('\n')
        .find((one) => one.includes('a cell has stopped, the others go on')),
    );
    expect(line).toMatch(/"cell":"cell2"/);
    expect(line).toMatch(/the database of cell cell2 has ended: start the broker again/);
    const { response } = await operator.call('Operations', 'ListCells', {});
    expect(response.cells).toMatchObject([
      { cell: 'main', answers: true },
      { cell: 'cell2', answers: false },
    ]);
    await expect(usdOf('cell2')).rejects.toMatchObject({ code: 14 });
    // The other one takes orders to pay as ever, and keeps what it cannot bring.
    await send('main', 't6', '50');
    await until('the money to leave', async () => ((await usdOf('main')) === '7550' ? true : undefined));
    const request = { ...emptyRequest('Accounts', 'ListTransfers'), state: 'in-flight', pageSize: 100 };
    const sent = await until('it to be on its way', async () => {
      const { response: left } = await operator.call('Accounts', 'ListTransfers', request, { cell: 'main' });
      return left.transfers.length > 0 ? left.transfers : undefined;
    });
    expect(sent.map(({ transferId }) => transferId)).toEqual(['t6']);

    expect(await end('SIGTERM')).toBe(4);
    expect(broker.said()).toMatch(/^plinth: the database of cell cell2 has ended/m);
    broker = await start();
    operator = asOperator();
    await until('the money', async () => ((await usdOf('cell2')) === '12450' ? true : undefined));
    await until('both to know', async () =>
      (await transfers()).every((one) => one.endsWith(' delivered')) ? true : undefined,
    );
  }, 240_000);

  it('leaves in each cell a log that is proved and folds to what lived', async () => {
    expect(await end('SIGTERM')).toBe(0);
    for (const cell of CELLS) {
      const verified = await plinth(
        ...['audit', 'verify', '--data', directory, '--cell', cell, '--output', 'json'],
      );
      expect([cell, verified.code, verified.error]).toEqual([cell, 0, '']);
      expect(JSON.parse(verified.out)).toMatchObject({ findings: [], unproven: 0 });
      const place = cell === 'main' ? directory : join(directory, 'cells', cell);
      const replayed = await plinth('replay', '--check', '--data', place, '--output', 'json');
      expect([cell, replayed.code, replayed.error]).toEqual([cell, 0, '']);
    }
  }, 240_000);
});
