import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@plinth/eventing';
import { makeKey, openKeyFile } from '@plinth/gateway';
import { openPostgresLog, type PostgresLog } from '@plinth/runtime';
import { OtlpReceiver } from '@plinth/runtime/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, ROOT, SERVICES } from './testing/cluster.ts';
import { Prometheus, prometheusProgram, type FiringAlert } from './testing/prometheus.ts';

const BROKERS = process.env['PLINTH_KAFKA_BROKERS'];
const PROGRAM = prometheusProgram();
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const MEASURED = [...SERVICES, 'relay', 'gateway'];
const ORDER = 'operator.traced';
const DASHBOARDS = 'deploy/grafana/dashboards';

/** What has no figure before something has gone wrong, or before a margin call. */
const RARE = new RegExp(
  'ALERTS|_(retries|conflicts|auth_failures|limited_calls|failed_effects|unjudged)_total' +
    '|type=~"(MarginCall|Liquidation)',
);
/** What says how fast this machine is, which no test is about. */
const SLOW = /Latency|Slow|EventLoop|Lag/;
const PAGE = { pageSize: 500, pageToken: '', read: undefined };

const why = BROKERS === undefined ? 'no Kafka' : undefined;

/** Every query of every dashboard as it is deployed, with all cells chosen. */
const dashboardQueries = (): readonly string[] =>
  readdirSync(join(ROOT, DASHBOARDS)).flatMap((name) => {
    type Board = { panels: { targets: { expr: string }[] }[] };
    const { panels } = JSON.parse(readFileSync(join(ROOT, DASHBOARDS, name), 'utf8')) as Board;
    return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$cell', '.*')));
  });

(why === undefined ? describe : describe.skip)(
  `what a cluster over Kafka says of itself${why === undefined ? '' : ` (${why})`}`,
  () => {
    const collector = new OtlpReceiver();
    let cluster: Cluster;
    let log: PostgresLog;
    const directory = mkdtempSync(join(tmpdir(), 'plinth-auditor-'));
    const guardFile = join(directory, 'auditor.key.json');
    const guard = openKeyFile(guardFile, 'operator.auditor');
    const second = makeKey('operator.second', 'ed25519');
    let auditor: ChildProcess | undefined;
    let auditorPort: number;

    beforeAll(async () => {
      await collector.start();
      cluster = new Cluster({
        ...{ isMeasured: true, operators: [second], guards: [guard] },
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      });
      await cluster.start(BROKERS);
      const { client } = cluster;
      await cluster.until('a live mark', async () => {
        const { response } = await client.call('Trading', 'ListMarks', { ...PAGE, state: 'live' });
        return response.marks.some(({ instrumentId }) => instrumentId === 'BTC-PERP') ? true : undefined;
      });
      log = await openPostgresLog({ url: cluster.databaseUrl });
      const desk = { clientId: 'desk' };
      await client.call('Operations', 'OpenClient', { ...desk, name: 'Desk', jurisdiction: 'CH' });
      await client.call('Operations', 'SetKycState', { ...desk, state: 'approved', reason: 'known' });
      await client.call('Operations', 'OpenAccount', { ...desk, accountId: 'fund', name: 'main' });
      await client.call('Operations', 'CreditDeposit', {
        ...{ accountId: 'fund', subAccountId: '', depositId: 'first', asset: 'USD', amount: '1000000' },
        location: 'vault:bank',
      });
      auditorPort = await cluster.freePort();
      auditor = startAuditor(cluster, guardFile, auditorPort);
    }, 180_000);

    afterAll(async () => {
      auditor?.kill('SIGTERM');
      rmSync(directory, { recursive: true });
      await log?.close();
      await cluster?.stop();
      await collector.stop();
    }, 60_000);

    it('follows one order by one trace through gateway, log, Kafka, services and venue', async () => {
      const traceparent = `00-${TRACE}-${CALLER}-01`;
      await cluster.client.call('Trading', 'PlaceOrder', orderOf(ORDER), { traceparent });
      const booked = await cluster.until('the booking of a fill', async () =>
        collector
          .ofTrace(TRACE)
          .find(
            ({ name, attributes }) => name === 'react ChildFilled' && attributes['service'] === 'accounts',
          ),
      );
      // Spans of different processes arrive in any order.
      const way = await cluster.until('the whole way', async () => {
        const found = collector.wayUp(booked);
        return found.at(-1)?.parent === CALLER ? found : undefined;
      });
      expect(way.map(({ name, process }) => `${name} in ${process}`)).toEqual([
        'react ChildFilled in plinth-accounts',
        'command TakeVenueReports in plinth-routing',
        'venue submit in plinth-routing',
        'effect submit in plinth-routing',
        'effect split in plinth-routing',
        'react OrderPlaced in plinth-risk',
        'command PlaceOrder in plinth-routing',
        'plinth.gateway.v1.Trading/PlaceOrder in plinth-gateway',
      ]);
      // The venue is a process as well, and hangs below the call to it.
      const called = way.find(({ name }) => name === 'venue submit');
      await cluster.until('the venue to say what it did', async () =>
        collector
          .ofTrace(TRACE)
          .find(({ parent, process }) => parent === called?.id && process === 'plinth-exchange'),
      );
      const events = await ofOrder(log, ORDER);
      expect(events.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['OrderPlaced', 'OrderApproved', 'OrderRouted', 'ChildFilled', 'FillBooked']),
      );
      for (const { type, traceparent } of events)
        expect([type, traceparent?.split('-')[1]]).toEqual([type, TRACE]);
    }, 120_000);

    (PROGRAM === undefined ? describe.skip : describe)(
      `to the Prometheus of deploy/prometheus${PROGRAM === undefined ? ' (no prometheus on PATH)' : ''}`,
      () => {
        let prometheus: Prometheus;

        beforeAll(async () => {
          const ports = MEASURED.map((name) => [name, cluster.metricsPort(name) ?? 0] as const);
          prometheus = new Prometheus(PROGRAM ?? '', new Map([...ports, ['auditor', auditorPort]]));
          await prometheus.start();
        }, 60_000);

        afterAll(() => prometheus.stop(), 30_000);

        const settled = () =>
          cluster.until('every target up and every rule evaluated', async () => {
            const targets = [...(await prometheus.targets()).values()];
            const rules = await prometheus.rules();
            const isUp = targets.length === MEASURED.length + 1 && targets.every((health) => health === 'up');
            return isUp && rules.every(({ health }) => health === 'ok') ? rules : undefined;
          });

        it('shows every process, and of a cluster that is well no rule fires', async () => {
          const rules = await settled();
          expect(rules.length).toBeGreaterThan(50);
          await cluster.until('a ratio of calls', async () => {
            await cluster.client.call('Trading', 'ListVenues', PAGE);
            const [ratio] = await prometheus.query('plinth:gateway_error_ratio:5m');
            return ratio !== undefined && Number.isFinite(ratio.value) ? ratio : undefined;
          });
          for (const { name, type } of rules.filter((rule) => rule.type === 'recording')) {
            const [sample] = await prometheus.query(name);
            expect([name, type, sample?.value ?? -1]).toEqual([name, type, expect.any(Number)]);
            expect(sample?.value).toBeGreaterThan(-0.001);
            expect(sample?.value).toBeLessThanOrEqual(1);
          }
          const firing = (await prometheus.rules()).filter(({ state }) => state === 'firing');
          expect(firing.map(({ name }) => name).filter((name) => !SLOW.test(name))).toEqual([]);
        }, 120_000);

        it('has a figure for whatever a rule reads, but for what counts failures', async () => {
          const names = await prometheus.names();
          const rules = await prometheus.rules();
          const read = new Set(rules.flatMap(({ query }) => query.match(/\bplinth_\w+/g) ?? []));
          expect(read.size).toBeGreaterThan(30);
          expect([...read].filter((name) => !names.has(name) && !RARE.test(name))).toEqual([]);
        });

        it('has figures for every panel of the dashboards that something has happened for', async () => {
          const empty: string[] = [];
          for (const expr of dashboardQueries())
            if ((await prometheus.query(expr)).length === 0) empty.push(expr);
          expect(empty.filter((expr) => !RARE.test(expr))).toEqual([]);
        }, 60_000);

        it('is told when a process is gone, and when it is back', async () => {
          await cluster.kill('interest');
          const isDown = ({ labels }: FiringAlert): boolean =>
            labels['alertname'] === 'PlinthProcessDown' && labels['job'] === 'plinth-interest';
          await cluster.until('the alert', async () => prometheus.told.find(isDown));
          expect(prometheus.told.filter(isDown)[0]?.labels).toMatchObject({ severity: 'page' });
          cluster.run('interest');
          await cluster.until('no alert', async () => {
            const rules = await prometheus.rules();
            const rule = rules.find(({ name }) => name === 'PlinthProcessDown');
            return rule?.state === 'inactive' ? rule : undefined;
          });
        }, 120_000);
      },
    );

    it('closes the gate when an invariant breaks, and two operators open it again', async () => {
      const { client } = cluster;
      const gate = async () => (await client.call('Operations', 'GetGate', { read: undefined })).response;
      const outcomeOf = (orderId: string) =>
        cluster.until('an answer', async () => {
          const { response } = await client.call('Trading', 'GetOrder', { orderId, read: undefined });
          return response.status === 'closed' ? response : undefined;
        });
      expect(await gate()).toMatchObject({ state: 'open' });
      const brokenAt = await breakAnInvariant(log);
      const closed = await cluster.until('the closed gate', async () => {
        const found = await gate();
        return found.state === 'closed' ? found : undefined;
      });
      expect(closed.causes).toMatchObject([{ brokenAt, detail: expect.stringContaining('ghost') }]);
      await client.call('Trading', 'PlaceOrder', orderOf('operator.gated'));
      const refused = await outcomeOf('operator.gated');
      expect(refused).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('GATE_CLOSED') });

      const auditorsOwn = cluster.clientOf(guard);
      const opening = { explainedThrough: brokenAt, reason: 'planted by a test' };
      const missing = { reason: 'SCOPE_MISSING' };
      await expect(auditorsOwn.call('Operations', 'OpenGate', opening)).rejects.toMatchObject(missing);
      auditorsOwn.close();

      await client.call('Operations', 'OpenGate', opening);
      const again = client.call('Operations', 'OpenGate', opening);
      await expect(again).rejects.toMatchObject({ reason: 'SECOND_OPERATOR_NEEDED' });
      const other = cluster.clientOf(second);
      await other.call('Operations', 'OpenGate', opening);
      other.close();
      await cluster.until('the open gate', async () => ((await gate()).state === 'open' ? true : undefined));
      await client.call('Trading', 'PlaceOrder', orderOf('operator.free'));
      expect(await outcomeOf('operator.free')).toMatchObject({ outcome: 'filled' });
    }, 120_000);
  },
);

/** The command that judges every event, as compose runs it. */
const startAuditor = (cluster: Cluster, keyFile: string, metricsPort: number): ChildProcess => {
  const main = join(ROOT, 'dist/plinth/main.js');
  const env = {
    ...{ ...process.env, PLINTH_METRICS_PORT: String(metricsPort), PLINTH_DATABASE_URL: cluster.databaseUrl },
    ...{ PLINTH_GATEWAY: cluster.address('gateway'), PLINTH_KEY: keyFile },
    PLINTH_CA: join(cluster.directory, 'tls', 'ca.crt'),
  };
  return spawn(process.execPath, [main, 'audit', 'watch'], { env, stdio: 'ignore' });
};

const orderOf = (orderId: string) => ({
  ...{ orderId, accountId: 'fund', subAccountId: '', instrumentId: 'BTC-PERP', side: 'buy' },
  ...{ quantity: '0.1', orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [] },
  reduceOnly: false,
});

/** A change of state from a state that the account was not in; every service can fold it. Its position. */
const breakAnInvariant = async (log: PostgresLog): Promise<bigint> => {
  const data = { accountId: 'ghost', fromState: 'call', toState: 'healthy', figures: undefined };
  const result = await log.append({
    appends: [
      {
        ...{ stream: 'margin-ghost', expectedVersion: 0 },
        events: [{ id: randomUUID(), type: 'MarginStateChanged', data }],
      },
    ],
    cause: { correlationId: 'spec', causationId: 'spec', actor: 'operator:spec' },
    occurredAt: Date.now(),
  });
  if (result.status !== 'appended') throw new Error(`Expected an append, was ${result.status}`);
  return result.last;
};

/** Events of an order, of whatever stream. */
const ofOrder = async (log: PostgresLog, orderId: string): Promise<readonly Envelope[]> => {
  const found: Envelope[] = [];
  for (let after = 0n; ;) {
    const batch = await log.read(after, 2_000);
    for (const event of batch)
      if ('orderId' in event.data && event.data.orderId === orderId) found.push(event);
    const last = batch.at(-1);
    if (last === undefined) return found;
    after = last.position;
  }
};
