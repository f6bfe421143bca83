import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MemoryLog, Retryable } from '@plinth/eventing';
import { GatewayServer, makeKey, RULES, verifierOf, writeKeyFile } from '@plinth/gateway';
import { emptyRequest, isMethod } from '@plinth/gateway/client';
import { formatCellParameters } from '@plinth/portfolio';
import { defaultParameters } from '@plinth/risk';
import { FreeRunner, InProcessCell, ServiceHost, TailTransport, type CellClient } from '@plinth/runtime';
import { Command } from 'commander';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerServices, CELL } from '../broker/services.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { register } from '../commands/gateway.ts';
import { CALLS } from './tables/index.ts';

type Ran = Readonly<{ out: string; code: number; error: string }>;

/** A command line as the shell would run it, in this process. */
const plinth = async (...words: readonly string[]): Promise<Ran> => {
  let out = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const program = new Command().exitOverride();
  register(program);
  for (const group of program.commands) {
    for (const command of [group, ...group.commands]) {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    }
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return { out, code: EXIT.ok, error: '' };
  } catch (error) {
    if (error instanceof CliError) return { out, code: error.exitCode, error: error.message };
    const { code, message } = error as { code?: string; message: string };
    if (code?.startsWith('commander.') !== true) throw error;
    return { out, code: EXIT.usage, error: message };
  } finally {
    write.mockRestore();
  }
};

const json = ({ out }: Ran): never => JSON.parse(out) as never;

describe('the command line through the gateway', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-calls-'));
  const operatorFile = join(folder, 'operator.key.json');
  const alphaFile = join(folder, 'alpha.key.json');
  const log = new MemoryLog();
  const stop = new AbortController();
  let server: GatewayServer;
  let running: Promise<void>[] = [];
  let gateway: readonly string[] = [];
  /** So many calls find a service that is being restarted. */
  let away = 0;
  const leaving = (cell: CellClient): CellClient => {
    const found = <T>(call: () => Promise<T>): Promise<T> => {
      if (away === 0) return call();
      away -= 1;
      return Promise.reject(new Retryable('Expected accounts to be reachable: wait and send again'));
    };
    return {
      command: (...given) => found(() => cell.command(...given)),
      query: (...given) => found(() => cell.query(...given)),
    };
  };

  const as = (key: string, ...words: readonly string[]): Promise<Ran> =>
    plinth(...words, ...gateway, '--key', key, '--output', 'json');
  const operator = (...words: readonly string[]) => as(operatorFile, ...words);
  const alpha = (...words: readonly string[]) => as(alphaFile, ...words);
  const head = async (): Promise<bigint> => (await log.head()).position;

  beforeAll(async () => {
    const clock = { now: () => Date.now() };
    const hosts = brokerServices({ cell: CELL, adapters: new Map() }).map(
      (definition) => new ServiceHost(definition, { log, clock }),
    );
    const lock = { isHeld: true, acquire: async () => undefined, release: async () => undefined };
    running = hosts.map((host) =>
      new FreeRunner(host, {
        ...{ transport: new TailTransport(log), lock },
        onEffectFailed: (_, error) => {
          throw error;
        },
      }).run(stop.signal),
    );
    const key = makeKey('operator.root');
    writeKeyFile(operatorFile, key);
    server = new GatewayServer(
      {
        ...{ host: '127.0.0.1', port: 0, sealingKey: Buffer.alloc(32, 1) },
        operatorKeys: [{ keyId: key.keyId, publicKey: verifierOf(key) }],
      },
      {
        ...{ cell: leaving(new InProcessCell(hosts)), log, transport: new TailTransport(log), clock },
        reportBug: (_, error) => {
          throw error;
        },
      },
    );
    await server.start();
    gateway = ['--gateway', `127.0.0.1:${server.port}`];
    for (const name of ['alpha', 'beta']) {
      await operator('clients', 'open', name, '--name', name, '--jurisdiction', 'CH');
      await settled();
      await operator('clients', 'kyc', name, '--state', 'approved');
      await settled();
      await operator('accounts', 'open', `${name}1`, '--client', name);
      await settled();
    }
    const keys = [
      'keys',
      'issue',
      'alpha',
      'desk',
      '--out',
      alphaFile,
      '--scope',
      'read',
      'trade',
      'transfer',
    ];
    expect((await plinth(...keys, ...gateway, '--key', operatorFile)).code).toBe(EXIT.ok);
    await settled();
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    stop.abort();
    await Promise.all(running);
    rmSync(folder, { recursive: true });
  });

  /** All services have folded what is in the log. */
  const settled = async (): Promise<void> => {
    const position = await head();
    await operator('assets', 'list', '--min-position', String(position));
    await operator('margin', 'parameters', '--min-position', String(position));
    await operator('venues', 'list', '--min-position', String(position));
  };

  it('opens, reads and shows, in the forms that are asked for', async () => {
    expect(json(await alpha('accounts', 'list'))).toEqual([
      { accountId: 'alpha1', clientId: 'alpha', name: '', subAccountIds: [] },
    ]);
    const lines = await plinth('accounts', 'list', ...gateway, '--key', operatorFile, '-o', 'ndjson');
    expect(
      lines.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { accountId: string }).accountId),
    ).toEqual([...['alpha1', 'beta1']]);
    const table = await plinth('clients', 'show', ...gateway, '--key', alphaFile);
    expect(table.out).toMatch(/kycState +│ approved/);
    expect(table.out).toMatch(/alpha\.desk/);
    const { verifier } =
      (json(await alpha('clients', 'show')) as { keys: { verifier: string }[] }).keys[0] ?? {};
    expect(Buffer.from(verifier ?? '', 'base64')).toHaveLength(32);
  });

  it('sends again what the broker asks to be sent again, a command under its id', async () => {
    away = 2;
    expect(json(await alpha('accounts', 'show', 'alpha1'))).toMatchObject({ accountId: 'alpha1' });
    expect(away).toBe(0);
    away = 1;
    const opened = await operator('accounts', 'open', 'patient1', '--client', 'beta', '--request-id', 'slow');
    expect(json(opened)).toMatchObject({ id: 'patient1', requestId: 'slow' });
    expect(away).toBe(0);
  });

  it('goes through the pages until the limit', async () => {
    for (let i = 0; i < 5; i += 1) {
      await operator('accounts', 'open', `many${i}`, '--client', 'beta');
    }
    await settled();
    const rows = json(await operator('accounts', 'list', '--client', 'beta', '--limit', '4')) as unknown[];
    expect(rows).toHaveLength(4);
  });

  it('gives the same receipt for the same request id, and refuses it with another body', async () => {
    const open = ['accounts', 'open', 'again1', '--client', 'beta', '--request-id', 'same'];
    const first = json(await operator(...open)) as unknown;
    expect(first).toMatchObject({ id: 'again1', requestId: 'same' });
    const before = await head();
    expect(json(await operator(...open))).toEqual(first);
    const other = await operator('accounts', 'open', 'again2', '--client', 'beta', '--request-id', 'same');
    expect(other).toMatchObject({ code: EXIT.refused, error: expect.stringMatching(/REQUEST_ID_REUSED/) });
    expect(await head()).toBe(before);
  });

  it('answers a foreign account like a missing one, and appends nothing', async () => {
    const before = await head();
    const place = (account: string) => alpha('orders', 'place', account, 'buy', '1', 'BTC-PERP');
    const [foreign, missing] = [await place('beta1'), await place('nobody')];
    expect(foreign).toEqual(missing);
    expect(foreign).toMatchObject({ code: EXIT.refused, error: expect.stringMatching(/account_id/) });
    expect(await alpha('accounts', 'show', 'beta1')).toEqual(await alpha('accounts', 'show', 'nobody'));
    expect(await alpha('margin', 'show', 'beta1')).toEqual(await alpha('margin', 'show', 'nobody'));
    expect(await head()).toBe(before);
  });

  it.each(['NaN', 'Infinity', '-1', '0', '1e3', '0x10', '', '1'.repeat(300), '0.0000000000000000000000001'])(
    'refuses the quantity %j by its field, and appends nothing',
    async (quantity) => {
      const before = await head();
      const refused = await alpha('orders', 'place', 'alpha1', 'buy', `${quantity}`, 'BTC-PERP');
      expect(refused).toMatchObject({
        code: EXIT.refused,
        error: expect.stringMatching(/quantity|instrument_id/),
      });
      expect(await head()).toBe(before);
    },
  );

  it('tells wrong usage from a refusal, and a refusal from a gateway that is not there', async () => {
    expect((await alpha('orders', 'place', 'alpha1')).code).toBe(EXIT.usage);
    expect((await alpha('orders', 'list', 'alpha1', '--status', 'odd')).code).toBe(EXIT.usage);
    expect((await alpha('whatif', 'alpha1', '--order', 'nonsense')).code).toBe(EXIT.usage);
    expect((await alpha('accounts', 'list', '--timeout', '0')).code).toBe(EXIT.usage);
    expect((await as(join(folder, 'none.json'), 'accounts', 'list')).code).toBe(EXIT.usage);
    expect((await alpha('margin', 'breaches')).code).toBe(EXIT.refused);
    const nobody = ['--gateway', '127.0.0.1:1', '--key', alphaFile];
    expect(await plinth('accounts', 'list', ...nobody)).toMatchObject({ code: EXIT.unavailable });
    expect(await plinth('orders', 'cancel', 'alpha1', 'alpha.1', ...nobody)).toMatchObject({
      code: EXIT.unavailable,
      error: expect.stringMatching(/nobody answers at 127\.0\.0\.1:1/),
    });
    expect((await alpha('accounts', 'list', '--min-position', '999999', '--timeout', '200')).code).toBe(
      EXIT.unavailable,
    );
  });

  it('shows a rulebook, and compares rulebooks once there are parameters', async () => {
    const rulebook = json(await alpha('margin', 'rulebook', 'paradex')) as Record<string, string>;
    expect(rulebook).toMatchObject({ rulebook: 'paradex', evidence: 'documented-only', version: 0 });
    expect(JSON.parse(rulebook['parametersJson'] ?? '')).toMatchObject({ terms: { maintenance: 0.5 } });
    expect(await alpha('margin', 'rulebook', 'span')).toMatchObject({
      code: EXIT.refused,
      error: expect.stringMatching(/rulebook/),
    });
    expect(await alpha('margin', 'compare', 'alpha1', '--models', 'dydx', 'house')).toMatchObject({
      code: EXIT.refused,
      error: expect.stringMatching(/PARAMETERS_MISSING/),
    });
    expect(await alpha('margin', 'compare', 'beta1')).toEqual(await alpha('margin', 'compare', 'nobody'));
  });

  it('calls any method with JSON', async () => {
    const data = '{"asset":"EUR","scale":2,"kind":"fiat"}';
    expect(json(await operator('call', 'Operations.ListAsset', '--data', data))).toMatchObject({ id: 'EUR' });
    const file = join(folder, 'asset.json');
    writeFileSync(file, '{"asset":"GBP","scale":2,"kind":"fiat"}');
    expect((await operator('call', 'Operations.ListAsset', '--data', `@${file}`)).code).toBe(EXIT.ok);
    for (const words of [
      ['Operations.Nothing'],
      ['Nothing'],
      ['Operations.ListAsset', '--data', '{'],
      ['Operations.ListAsset', '--data', '{"nothing":1}'],
      ['Operations.ListAsset', '--data', '@/nowhere'],
    ]) {
      expect((await operator('call', ...words)).code).toBe(EXIT.usage);
    }
  });

  it('asks what might happen: probabilities, stress, fatal shocks, a venue that fails', async () => {
    const parametersJson = formatCellParameters(defaultParameters([]));
    const set = JSON.stringify({ version: 1, parametersJson });
    expect((await operator('call', 'Operations.SetRiskParameters', '--data', set)).code).toBe(EXIT.ok);
    await settled();
    expect(json(await alpha('margin', 'pd', 'alpha1'))).toMatchObject({ probability: '0', nearest: [] });
    expect(json(await operator('margin', 'watch'))).toEqual([]);
    const file = join(folder, 'scenarios.json');
    writeFileSync(file, JSON.stringify([{ id: 'mine', moves: { BTC: -0.3 }, otherMove: -0.4 }]));
    const run = ['stress', 'run', 'alpha1', '--scenarios'];
    expect(json(await alpha(...run, file))).toMatchObject({
      accounts: [{ scenario: 'mine', accountId: 'alpha1', profit: '0', state: 'healthy' }],
    });
    const house = json(await operator('stress', 'run', '--house')) as { house: object[] };
    expect(house.house.length).toBeGreaterThan(5);
    expect(house.house[0]).toMatchObject({ shortfall: '0', insolvent: 0 });
    expect(json(await operator('stress', 'reverse', '--house'))).toMatchObject({ target: 'fund', size: '' });
    expect((await operator('stress', 'contagion', 'nowhere')).error).toContain('venueId');
    // The house is not a client's to ask about, and a foreign account is like none.
    expect((await alpha('stress', 'run', '--house')).code).toBe(EXIT.refused);
    expect((await alpha('margin', 'watch')).code).toBe(EXIT.refused);
    expect(await alpha('margin', 'pd', 'beta1')).toEqual(await alpha('margin', 'pd', 'nobody'));
    writeFileSync(file, JSON.stringify([{ id: 'mine', moves: { BTC: 'x' }, unknown: 1 }]));
    const wrong = await alpha(...run, file);
    expect(wrong).toMatchObject({ code: EXIT.usage });
    expect(wrong.error).toContain('scenarios[0].unknown');
  });

  it('follows a stream to its first message', async () => {
    const margin = ['streams', 'margin', 'alpha1', '--count', '1', '--output', 'ndjson'];
    const { out, code } = await plinth(...margin, ...gateway, '--key', alphaFile);
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out)).toMatchObject({ kind: 'snapshot', accountId: 'alpha1', state: 'healthy' });
  });

  it('keeps the secret of a new key here, and revokes the key there', async () => {
    const file = join(folder, 'spare.key.json');
    const words = [
      'keys',
      'issue',
      'alpha',
      'spare',
      '--out',
      file,
      '--algorithm',
      'hmac-sha256',
      '--scope',
      'read',
    ];
    expect((await operator(...words)).code).toBe(EXIT.ok);
    await settled();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { secret } = JSON.parse(readFileSync(file, 'utf8')) as { secret: string };
    const stored = (await log.readStored(0n, 1_000)).map(({ bytes }) => Buffer.from(bytes));
    expect(stored.some((bytes) => bytes.includes(Buffer.from(secret, 'base64')))).toBe(false);
    expect((await as(file, 'accounts', 'list')).code).toBe(EXIT.ok);
    expect(await operator(...words)).toMatchObject({
      code: EXIT.usage,
      error: expect.stringMatching(/--out/),
    });
    expect((await operator('keys', 'revoke', 'alpha', 'alpha.spare')).code).toBe(EXIT.ok);
    await settled();
    // The gateway may know the key for a moment longer.
    let last = await as(file, 'accounts', 'list');
    for (let i = 0; i < 100 && last.code === EXIT.ok; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      last = await as(file, 'accounts', 'list');
    }
    expect(last).toMatchObject({ code: EXIT.refused, error: expect.stringMatching(/SIGNATURE_INVALID/) });
  });

  it('writes no key file over another', async () => {
    const before = readFileSync(alphaFile, 'utf8');
    expect((await operator('keys', 'issue', 'alpha', 'desk', '--out', alphaFile)).code).toBe(EXIT.usage);
    expect(readFileSync(alphaFile, 'utf8')).toBe(before);
    expect(existsSync(alphaFile)).toBe(true);
  });
});

describe('the table of calls', () => {
  it.each(CALLS)(
    '$name names a method and fields that it has',
    ({ method, args = [], options = [], rows }) => {
      const [service = '', name = ''] = method.split('.');
      expect(isMethod(service, name)).toBe(true);
      const request = emptyRequest(service as 'Accounts', name as 'GetAccount') as object;
      for (const { field } of [...args, ...options]) expect(Object.keys(request)).toContain(field);
      const isList =
        /^List|^TrialBalance/.test(name) && !['ListAsset', 'ListInstrument', 'ListProduct'].includes(name);
      if (rows !== undefined) expect(isList).toBe(true);
    },
  );

  it('gives every command a request id and every query a position', () => {
    const program = new Command();
    register(program);
    for (const { name, method } of CALLS) {
      const [first, second] = name.split(' ');
      const group = program.commands.find((command) => command.name() === first);
      const command = second === undefined ? group : group?.commands.find((one) => one.name() === second);
      const flags = command?.options.map(({ long }) => long) ?? [];
      const [service = '', methodName = ''] = method.split('.');
      const hasRead = 'read' in emptyRequest(service as 'Accounts', methodName as 'GetAccount');
      const isCommand = RULES[service]?.[methodName]?.kind === 'command';
      expect([name, flags.includes('--min-position')]).toEqual([name, hasRead]);
      expect([name, flags.includes('--request-id')]).toEqual([name, isCommand]);
    }
  });
});
