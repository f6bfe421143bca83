import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OutcomeUnknown, Retryable } from '@plinth/eventing';
import { asOwner, openPostgresLog, RemoteCell, type CellClient, type PostgresLog } from '@plinth/runtime';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { draws } from './testing/client-load.ts';
import { Cluster } from './testing/cluster.ts';
import { violationsOf, type Entry } from './testing/history.ts';
import { ACCEPTED, type LedgerCommand } from './testing/ledger-model.ts';

/** Commands of each client. */
const COMMANDS = Number(process.env['PLINTH_WITNESS_COMMANDS'] ?? 5_000);
const CLIENTS = 8;
/** What a client has under way at once. */
const LANES = 8;
const ACCOUNTS = 24;
const REPLICAS = 3;
const RETRY_MS = 20;
/** Faults come by what has been answered, not by time: a slow machine has as many of them as a fast one. */
const CUT_EVERY = 400;
const TERMINATE_EVERY = 1_000;
const KILLS = 8;
const SERVICE = 'accounts';

const tell = (what: string, figures: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
};

const USD = { asset: 'USD', fromLocation: 'vault:bank', toLocation: 'vault:bank' } as const;

const requestOf = (command: LedgerCommand): readonly [string, object] => {
  switch (command.kind) {
    case 'credit': {
      const { accountId, depositId, amount } = command;
      const facts = { accountId, subAccountId: '', depositId, asset: 'USD', location: 'vault:bank' };
      return ['CreditDeposit', { ...facts, amount: String(amount) }];
    }
    case 'move': {
      const { accountId, moveId, from, to, amount } = command;
      const places = { fromSubAccountId: from, toSubAccountId: to, ...USD };
      return ['MoveCollateral', { accountId, moveId, ...places, amount: String(amount) }];
    }
    case 'open':
      return ['OpenClient', { clientId: command.clientId, name: 'Witness', jurisdiction: 'CH' }];
  }
};

const accountOf = (n: number): string => `w${n}`;

/** Few names and few accounts, so that commands meet each other. */
const drawCommand = (draw: (below: number) => number): LedgerCommand => {
  const accountId = accountOf(draw(ACCOUNTS));
  const kind = draw(10);
  const name = `n${draw(Math.max(50, Math.floor((COMMANDS * CLIENTS) / ACCOUNTS)))}`;
  if (kind < 5) return { kind: 'credit', accountId, depositId: name, amount: 1 + draw(9) };
  if (kind < 9) {
    const [from, to] = draw(2) === 0 ? ['', 's'] : ['s', ''];
    return {
      kind: 'move',
      accountId,
      moveId: name,
      from,
      to,
      amount: 1 + draw(40),
    };
  }
  return { kind: 'open', clientId: `c${draw(COMMANDS)}` };
};

describe(`${CLIENTS} clients, ${COMMANDS} commands each, ${REPLICAS} replicas killed and cut off`, () => {
  // Replicas that come up find a snapshot; a state of thousands of references is not written all the time.
  const cluster = new Cluster({ environment: { PLINTH_SNAPSHOT_EVERY: '2000' } });
  const cells: CellClient[] = [];
  let log: PostgresLog;
  const faults = { kills: 0, cuts: 0, terminated: 0, retries: 0 };

  beforeAll(async () => {
    await cluster.start(undefined, { replicas: REPLICAS, only: [SERVICE] });
    const place = cluster.certificates('gateway');
    const tls = {
      keyFile: join(place, 'tls.key'),
      certFile: join(place, 'tls.crt'),
      caFile: join(place, 'ca.crt'),
    };
    for (let n = 0; n < CLIENTS; n += 1) {
      cells.push(new RemoteCell({ addresses: new Map([[SERVICE, cluster.address(SERVICE)]]), tls }));
    }
    log = await openPostgresLog({ url: cluster.databaseUrl });
    await cluster.until(
      'all replicas up',
      async () => cluster.running.every((part) => part.isUp()) || undefined,
    );
    await setUp();
  }, 180_000);

  afterAll(async () => {
    for (const cell of cells) (cell as RemoteCell).close();
    await log?.close();
    await cluster.stop();
  }, 60_000);

  const send = async (
    cell: CellClient,
    name: string,
    request: object,
    requestId: string,
  ): Promise<string> => {
    for (;;) {
      try {
        const answer = await cell.command(name, request, {
          ...{ tenant: 'operator', actor: 'operator:witness', requestId },
        });
        return answer.status === 'accepted' ? ACCEPTED : answer.rejection.code;
      } catch (error) {
        if (!(error instanceof Retryable || error instanceof OutcomeUnknown)) throw error;
        faults.retries += 1;
        await sleep(RETRY_MS);
      }
    }
  };

  const setUp = async (): Promise<void> => {
    const [cell] = cells;
    const must = async (name: string, request: object): Promise<void> => {
      const outcome = await send(cell as CellClient, name, request, `set-up-${(steps += 1)}`);
      if (outcome !== ACCEPTED) throw new Error(`Expected ${name} to be accepted, was ${outcome}`);
    };
    let steps = 0;
    await must('ListAsset', { asset: 'USD', scale: 2, kind: 'fiat', chains: ['bank'] });
    await must('OpenClient', { clientId: 'desk', name: 'Desk', jurisdiction: 'CH' });
    await must('SetKycState', { clientId: 'desk', state: 'approved', reason: 'known' });
    for (let n = 0; n < ACCOUNTS; n += 1) {
      await must('OpenAccount', { accountId: accountOf(n), clientId: 'desk', name: 'main' });
      await must('OpenSubAccount', { accountId: accountOf(n), subAccountId: 's', name: 'other place' });
    }
  };

  /** Kills replicas, cuts wires and ends sessions of the database as the answers come in. */
  const disturb = (): Readonly<{ answered: () => void; done: () => Promise<unknown> }> => {
    const draw = draws(3);
    const running = new Set<Promise<void>>();
    let [count, isKilling] = [0, false];
    const begin = (act: () => Promise<void>): void => {
      const run = act().finally(() => running.delete(run));
      running.add(run);
    };
    const kill = async (): Promise<void> => {
      const up = cluster.running.filter((part) => part.isUp());
      const victim = up[draw(up.length)];
      // Somebody must be left to answer.
      if (isKilling || up.length < 2 || victim === undefined) return;
      isKilling = true;
      await cluster.replace(victim);
      faults.kills += 1;
      isKilling = false;
    };
    const terminate = async (): Promise<void> => {
      const { rowCount } = await asOwner(cluster.databaseUrl, (client) =>
        client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'plinth append %' ORDER BY random() LIMIT 2`),
      );
      faults.terminated += rowCount ?? 0;
    };
    const answered = (): void => {
      count += 1;
      if (count % CUT_EVERY === 0) faults.cuts += cluster.cut(SERVICE, 2);
      if (count % TERMINATE_EVERY === 0) begin(terminate);
      if (count % Math.ceil((CLIENTS * COMMANDS) / KILLS) === 0) begin(kill);
    };
    return { answered, done: () => Promise.all(running) };
  };

  const play = async (answered: () => void): Promise<readonly Omit<Entry, 'position'>[]> => {
    const history: Omit<Entry, 'position'>[] = [];
    const client = async (n: number): Promise<void> => {
      const draw = draws(100 + n);
      let sent = 0;
      const lane = async (): Promise<void> => {
        while (sent < COMMANDS) {
          const requestId = `witness.${n}.${(sent += 1)}`;
          const command = drawCommand(draw);
          const sentMs = performance.now();
          const outcome = await send(cells[n] as CellClient, ...requestOf(command), requestId);
          history.push({ requestId, command, sentMs, answeredMs: performance.now(), outcome });
          answered();
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    };
    await Promise.all(cells.map((_, n) => client(n)));
    return history;
  };

  it('are answered as a serial run in the order of the log would answer, and in real time', async () => {
    const startedMs = performance.now();
    const { answered, done } = disturb();
    const played = await play(answered);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    await done();
    const rows = await log.query<{ key: string; last: string }>(
      `SELECT key, last FROM plinth.commands WHERE key LIKE 'witness.%'`,
    );
    const places = new Map(rows.map(({ key, last }) => [key, BigInt(last)]));
    const history = played.map((entry): Entry => ({
      ...entry,
      position: places.get(entry.requestId) ?? -1n,
    }));
    const violations = violationsOf(history);
    const accepted = history.filter(({ outcome }) => outcome === ACCEPTED).length;
    const { position } = await log.head();
    tell('witness', {
      ...{ commands: history.length, accepted, refused: history.length - accepted, seconds },
      ...{ events: String(position), ...faults, violations: violations.length, first: violations[0]?.rule },
    });
    expect(violations.slice(0, 3)).toEqual([]);
    expect(history).toHaveLength(CLIENTS * COMMANDS);
    expect(places.size).toBe(history.length);
    expect(new Set(history.map(({ outcome }) => outcome))).toEqual(
      new Set([ACCEPTED, 'CLIENT_EXISTS', 'REFERENCE_EXISTS', 'BALANCE_INSUFFICIENT']),
    );
    expect(faults.cuts).toBeGreaterThan(0);
    controlled(history);
  }, 3_600_000);
});

/** The check must find what is wrong: one response, one place, one answer before its time. */
const controlled = (history: readonly Entry[]): void => {
  const sorted = [...history].sort((a, b) => (a.position < b.position ? -1 : 1));
  const accepted = sorted.filter(({ outcome }) => outcome === ACCEPTED);
  const [first, last] = [accepted[0] as Entry, accepted.at(-1) as Entry];
  const middle = accepted[Math.floor(accepted.length / 2)] as Entry;
  const changed = (one: Entry, facts: Partial<Entry>): readonly Entry[] =>
    history.map((entry) => (entry === one ? { ...entry, ...facts } : entry));
  expect(violationsOf(changed(middle, { outcome: 'REFERENCE_EXISTS' })).length).toBeGreaterThan(0);
  const swapped = history.map((entry) =>
    entry === first
      ? { ...entry, position: last.position }
      : entry === last
        ? { ...entry, position: first.position }
        : entry,
  );
  expect(violationsOf(swapped).map(({ rule }) => rule)).toContain('real time');
  expect(violationsOf(changed(middle, { position: first.position })).map(({ rule }) => rule)).toContain(
    'place',
  );
  const refused = history.find(({ outcome }) => outcome === 'CLIENT_EXISTS') as Entry;
  expect(violationsOf(changed(refused, { position: 0n })).map(({ rule }) => rule)).toContain('response');
};
