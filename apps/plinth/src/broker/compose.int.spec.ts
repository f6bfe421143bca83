import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayClient, GatewayError, readKeyFile } from '@plinth/gateway';
import { openPostgresLog, patiently, type PostgresLog } from '@plinth/runtime';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as overHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as overHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { builtMain } from '../testing/built-main.ts';
import { ComposeStack, ROOT, whyNoCompose, type Container } from '../testing/compose-stack.ts';

/** `three` runs it over three brokers, and one of them is lost. */
const IS_THREE = process.env['PLINTH_COMPOSE_BROKERS'] === 'three';
const BY_FLAG = IS_THREE ? '' : ' (with PLINTH_COMPOSE_BROKERS=three)';
/** `yes` has every process show a certificate, and the gateway TLS. */
const IS_TLS = process.env['PLINTH_COMPOSE_TLS'] === 'yes';
const FILES = [
  ...(IS_THREE ? ['deploy/compose.three-brokers.yml'] : []),
  ...(IS_TLS ? ['deploy/compose.tls.yml'] : []),
  ...(IS_THREE && IS_TLS ? ['deploy/compose.tls.three-brokers.yml'] : []),
];
const START_MS = 600_000;
const HEALTHY_MS = 180_000;
/** The goal is 5 s on a machine with nothing else to do. */
const TAKEOVER_MAX_MS = 30_000;
const SERVICES = ['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing', 'relay', 'gateway'];
/** Of each kind one: a writer, a reactor, a publisher and the edge; `all` restarts every one of them. */
const ROLLED =
  process.env['PLINTH_COMPOSE_ROLL'] === 'all' ? SERVICES : ['accounts', 'routing', 'relay', 'gateway'];
const ROLLED_MS = 300_000 + ROLLED.length * HEALTHY_MS;
const READS = [['marks'], ['instruments'], ['venues'], ['assets'], ['pools'], ['liquidations'], ['accounts']];

const why = await whyNoCompose();

(why === undefined ? describe : describe.skip)(
  `the stack of docker-compose.yml${why === undefined ? '' : ` (${why})`}`,
  () => {
    const stack = new ComposeStack(FILES);
    const directory = mkdtempSync(join(tmpdir(), 'plinth-compose-'));
    const key = join(directory, 'operator.key.json');
    /** Settings of a command line that shows the operator's certificate; none in plaintext. */
    let identity: Readonly<Record<string, string>> = {};
    let client: GatewayClient;
    let log: PostgresLog;
    let main: string;

    /** With certificates the database takes TLS alone. */
    const urlOf = (login: string): string => {
      const { PLINTH_CA: ca } = identity;
      const checked = ca === undefined ? '' : `?sslmode=verify-full&sslrootcert=${ca}`;
      return `postgresql://${login}@127.0.0.1:${stack.port('POSTGRES')}/plinth${checked}`;
    };
    /** As `.env` has them. */
    const databaseUrl = (): string => urlOf('plinth_app:plinth-service');
    let owner: pg.Client;

    const plinth = async (...args: readonly string[]): Promise<string> => {
      const env = {
        ...{ ...process.env, PLINTH_HOME: directory, PLINTH_GATEWAY: gateway(), PLINTH_KEY: key },
        ...identity,
      };
      const options = { env, maxBuffer: 67_108_864 };
      return (await promisify(execFile)(process.execPath, [main, ...args], options)).stdout;
    };
    const gateway = (): string => `127.0.0.1:${stack.port('GATEWAY')}`;

    beforeAll(async () => {
      main = await builtMain();
      await stack.start(START_MS);
      writeFileSync(key, await stack.read('gateway', '/keys/operator.key.json'), { mode: 0o600 });
      if (IS_TLS) identity = await takeIdentity(stack, directory);
      const { PLINTH_CA: ca } = identity;
      const trusted = ca === undefined ? {} : { ca: readFileSync(ca) };
      const caller = { address: gateway(), key: readKeyFile(key), timeoutMs: 10_000 };
      client = new GatewayClient({ ...caller, ...trusted });
      log = await openPostgresLog({ url: databaseUrl() });
      owner = new pg.Client({ connectionString: urlOf('plinth:plinth') });
      await owner.connect();
    }, START_MS * 2);

    afterAll(async () => {
      client?.close();
      await log?.close();
      await owner?.end();
      await stack.stop();
      rmSync(directory, { recursive: true, force: true });
    }, 120_000);

    it('comes up healthy from nothing, and its services may not change history', async () => {
      const states = new Map((await stack.containers()).map((one) => [one.service, one] as const));
      expect([...states.keys()]).toEqual(
        expect.arrayContaining([...SERVICES, 'postgres', 'kafka', 'exchange']),
      );
      for (const job of ['keys', 'migrate'])
        expect(states.get(job)).toMatchObject({ state: 'exited', exitCode: 0 });
      const login = new pg.Client({ connectionString: databaseUrl() });
      await login.connect();
      await expect(login.query('DELETE FROM plinth.events')).rejects.toThrow('permission denied');
      await login.end();
    });

    it('runs what the sources make, byte for byte, wherever they are built', async () => {
      await promisify(execFile)(process.execPath, ['tools/build.ts', 'apps/accounts'], { cwd: ROOT });
      for (const name of ['main.js', 'main.js.map']) {
        const built = readFileSync(join(ROOT, 'dist/accounts', name), 'utf8');
        expect(built.length).toBeGreaterThan(100_000);
        expect(await stack.read('accounts', `/plinth/dist/app/${name}`)).toBe(built);
      }
    });

    it('plays the crash of the demo, and its log is what the heads say', async () => {
      const told = await plinth(
        ...['demo', '--cluster', '--accounts', '12', '--ticks', '40', '--tick-ms', '300', '--output', 'json'],
        ...['--market', `127.0.0.1:${stack.port('MARKET')}`, '--database', databaseUrl()],
      );
      const figures = JSON.parse(told) as Readonly<{
        invariants: Readonly<{ breaches: number }>;
        proof: Readonly<{ size: string; checks: readonly Readonly<{ ok: boolean }>[] }>;
      }>;
      expect(figures.invariants.breaches).toBe(0);
      expect(figures.proof.checks.map(({ ok }) => ok)).toEqual([true]);
      expect(Number(figures.proof.size)).toBeGreaterThan(100);
    }, 180_000);

    it.each(READS)('answers `%s list`', async (what) => {
      const rows: unknown = JSON.parse(await plinth(what ?? '', 'list', '--output', 'json'));
      expect(Array.isArray(rows)).toBe(true);
      if (!['liquidations', 'accounts'].includes(what ?? ''))
        expect((rows as unknown[]).length).toBeGreaterThan(0);
    });

    it('answers JSON over HTTP at the same port', async () => {
      const method = 'plinth.gateway.v1.Trading/ListMarks';
      const flags = await plinth('sign', method, '--json', '--key', key);
      const signed: OutgoingHttpHeaders = {};
      for (const [, name = '', value] of flags.matchAll(/-H ([^:]+):(\S+)/g)) signed[name] = value;
      const text = await postJson(`${gateway()}/${method}`, signed, identity['PLINTH_CA']);
      const { marks } = JSON.parse(text) as { marks: readonly { price: string }[] };
      expect(marks.length).toBeGreaterThan(10);
      expect(Number(marks[0]?.price)).toBeGreaterThan(0);
    });

    it(
      'hands on from a leader that is killed to its standby',
      async () => {
        await stack.compose('up', '-d', '--no-recreate', '--scale', 'accounts=2');
        await stack.untilHealthy(HEALTHY_MS);
        const leader = await leaderOf(stack, owner, 'accounts');
        await stack.kill(leader);
        const killedMs = performance.now();
        await until('another leader', async () => {
          const holder = await holderOf(owner, 'accounts');
          return holder !== undefined && holder !== leader.address;
        });
        const tookMs = Math.round(performance.now() - killedMs);
        process.stdout.write(`taken over after ${tookMs} ms\n`);
        expect(tookMs).toBeLessThan(TAKEOVER_MAX_MS);
        await stack.revive(leader);
        await stack.untilAnswers(leader, HEALTHY_MS);
      },
      2 * HEALTHY_MS,
    );

    (IS_THREE ? it : it.skip)(
      `publishes on while one of three brokers is away, and when it is back${BY_FLAG}`,
      async () => {
        await openFund(client, 'kept');
        const lost = await stack.container('kafka-2');
        await stack.kill(lost);
        const stop = new AbortController();
        const paying = pay(client, 'kept', stop.signal);
        await untilPublished(stack, log);
        await stack.revive(lost);
        await stack.untilHealthy(HEALTHY_MS);
        await untilPublished(stack, log);
        stop.abort();
        const paid = await paying;
        expect(paid.length).toBeGreaterThan(1);
        expect(await depositsOf(log, 'kept')).toEqual(paid);
      },
      300_000,
    );

    it(
      `loses nothing and does nothing twice while ${ROLLED.join(', ')} are restarted in turn`,
      async () => {
        await openFund(client, 'rolled');
        const stop = new AbortController();
        const paying = pay(client, 'rolled', stop.signal);
        for (const service of ROLLED) {
          for (const container of await stack.containers())
            if (container.service === service) {
              await stack.restart(container);
              await stack.untilAnswers(container, HEALTHY_MS);
            }
        }
        await stack.untilHealthy(HEALTHY_MS);
        stop.abort();
        const paid = await paying;
        expect(paid.length).toBeGreaterThan(10);
        const read = { minPosition: (await log.head()).position };
        // The gateway was restarted last: a caller that found it away tries again after a moment.
        const { response, position } = await answered(() =>
          client.call('Accounts', 'GetAccount', { accountId: 'rolled', read }),
        );
        expect(position).toBeGreaterThan(0n);
        expect(response.balances).toEqual([
          expect.objectContaining({ asset: 'USD', amount: String(paid.length) }),
        ]);
        expect(await depositsOf(log, 'rolled')).toEqual(paid);
      },
      ROLLED_MS,
    );
  },
);

/** What the operator's command line needs: its certificate, and the authority of all of them. */
const takeIdentity = async (
  stack: ComposeStack,
  directory: string,
): Promise<Readonly<Record<string, string>>> => {
  const take = async (name: string): Promise<string> => {
    const path = join(directory, name);
    const read = ['run', '--rm', '-T', '--no-deps', '--entrypoint', 'cat', 'keys', `/tls/operator/${name}`];
    writeFileSync(path, await stack.compose(...read), { mode: 0o600 });
    return path;
  };
  const ca = await take('ca.crt');
  const pair = { PLINTH_TLS_KEY: await take('tls.key'), PLINTH_TLS_CERT: await take('tls.crt') };
  return { ...pair, PLINTH_TLS_CA: ca, PLINTH_CA: ca };
};

/** An empty JSON request, by TLS with the authority of a file. */
const postJson = async (
  place: string,
  signed: OutgoingHttpHeaders,
  ca: string | undefined,
): Promise<string> => {
  const terms = { method: 'POST', headers: { 'content-type': 'application/json', ...signed } };
  const asked =
    ca === undefined
      ? overHttp(`http://${place}`, terms)
      : overHttps(`https://${place}`, { ...terms, ca: readFileSync(ca) });
  const [answer] = (await once(asked.end('{}'), 'response')) as [IncomingMessage];
  const body = Buffer.concat(await answer.toArray()).toString();
  if (answer.statusCode !== 200) throw new Error(`Expected 200, was ${answer.statusCode}: ${body}`);
  return body;
};

const openFund = async (client: GatewayClient, accountId: string): Promise<void> => {
  const clientId = `of${accountId}`;
  const opened = { clientId, name: 'Roll', jurisdiction: 'CH' };
  const requestId = (step: string): { requestId: string } => ({ requestId: `${step}-${accountId}` });
  await answered(() => client.call('Operations', 'OpenClient', opened, requestId('client')));
  const approved = { clientId, state: 'approved', reason: 'known' };
  await answered(() => client.call('Operations', 'SetKycState', approved, requestId('kyc')));
  const account = { accountId, clientId, name: 'main' };
  await answered(() => client.call('Operations', 'OpenAccount', account, requestId('account')));
};

/** Until every publication has what stands in the log now: acknowledged by the brokers in sync. */
const untilPublished = async (stack: ComposeStack, log: PostgresLog): Promise<void> => {
  const { position } = await log.head();
  await until('every publication to have the head', async () => {
    const page = await stack.inside('relay', 'node', '-e', READ_FIGURES);
    const at = [...page.matchAll(/^plinth_runtime_position_events\{service="relay [^}]*\} (\d+)/gm)];
    return at.length > 0 && at.every(([, published]) => BigInt(published ?? 0) >= position);
  });
};

const READ_FIGURES =
  "fetch('http://127.0.0.1:9464/metrics').then((page) => page.text()).then((text) => console.log(text))";

/** Deposits of 1 USD, one after the other: each is sent again under its id until there is an answer. */
const pay = async (
  client: GatewayClient,
  accountId: string,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const paid: string[] = [];
  while (!signal.aborted) {
    const depositId = `d${paid.length + 1}`;
    const deposit = { accountId, subAccountId: '', depositId, asset: 'USD', amount: '1' };
    try {
      const request = { ...deposit, location: 'vault:bank' };
      await client.call('Operations', 'CreditDeposit', request, { requestId: `${accountId}-${depositId}` });
      paid.push(depositId);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
    await sleep(100);
  }
  return paid;
};

const depositsOf = async (log: PostgresLog, accountId: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after = 0n; ;) {
    const batch = await patiently(() => log.read(after, 1_000));
    for (const event of batch)
      if (event.type === 'DepositCredited' && event.stream === `account-${accountId}`)
        ids.push(event.data.depositId);
    const last = batch.at(-1);
    if (last === undefined) return ids;
    after = last.position;
  }
};

/** Address of the process that leads a service, as the database sees it. */
const holderOf = async (owner: pg.Client, service: string): Promise<string | undefined> => {
  const { rows } = await owner.query<{ address: string }>(
    `SELECT host(client_addr) AS address FROM pg_stat_activity JOIN pg_locks USING (pid)
      WHERE locktype = 'advisory' AND granted AND application_name = 'plinth lead ${service}'`,
  );
  return rows[0]?.address;
};

const leaderOf = async (stack: ComposeStack, owner: pg.Client, service: string): Promise<Container> => {
  const address = await holderOf(owner, service);
  const found = (await stack.containers()).find((one) => one.service === service && one.address === address);
  if (found === undefined) throw new Error(`Expected a leader of ${service}, was at ${address ?? 'none'}`);
  return found;
};

/** What a call brings once it is answered at all. */
const answered = async <T>(call: () => Promise<T>): Promise<T> => {
  let answer: T | undefined;
  await until('an answer', async () => {
    try {
      answer = await call();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
    return answer !== undefined;
  });
  return answer as T;
};

const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  const end = performance.now() + HEALTHY_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`Expected ${what}`);
    await sleep(50);
  }
};
