import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { context, metrics, trace } from '@opentelemetry/api';
import { GatewayClient, openKeyFile } from '@plinth/gateway/client';
import { makeLogger, startTelemetry, type Telemetry } from '@plinth/runtime';
import { OtlpReceiver } from '@plinth/runtime/testing';
import { liveFeed, LiveMarket, openVenues } from '@plinth/simulation';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, type OpenLog } from './open-log.ts';
import { REAL_CLOCK } from './open-up.ts';
import { startBroker, type RunningBroker } from './running-broker.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const MARKET_EVERY_MS = 200;

describe('one order through a broker in one process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-trace-'));
  const collector = new OtlpReceiver();
  const startedAtMs = REAL_CLOCK.now();
  const feed = liveFeed({
    ...{ scenario: 'calm', seed: 1, ticks: 20, tickMs: MARKET_EVERY_MS },
    ...{ sinceMs: startedAtMs, datedSinceMs: startedAtMs },
  });
  const venues = openVenues({ feed, directory }, REAL_CLOCK);
  let [telemetry, open, broker, client]: [Telemetry?, OpenLog?, RunningBroker?, GatewayClient?] = [];

  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    for (let tries = 0; tries < 300; tries += 1) {
      const found = await ask();
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error(`Expected ${what}`);
  };

  beforeAll(async () => {
    await collector.start();
    telemetry = await startTelemetry('plinth', { collector: collector.url });
    open = await openLog(directory);
    const tickAt = (): number => 1;
    broker = await startBroker({
      ...{ open, directory, venues, clock: REAL_CLOCK, cell: 'main', isFresh: true },
      market: new LiveMarket(feed, venues, REAL_CLOCK, MARKET_EVERY_MS, tickAt),
      gateway: { host: '127.0.0.1', port: 0 },
      logger: makeLogger('spec', 'silent'),
    });
    const key = openKeyFile(broker.operatorKeyFile, 'operator.root');
    client = new GatewayClient({ address: `127.0.0.1:${broker.port}`, key });
    await client.call('Operations', 'OpenClient', { clientId: 'desk', name: 'Desk', jurisdiction: 'CH' });
    await client.call('Operations', 'SetKycState', { clientId: 'desk', state: 'approved', reason: 'known' });
    await client.call('Operations', 'OpenAccount', { accountId: 'fund', clientId: 'desk', name: 'main' });
    await client.call('Operations', 'CreditDeposit', {
      ...{ accountId: 'fund', subAccountId: '', depositId: 'first', asset: 'USD', amount: '1000000' },
      location: 'vault:bank',
    });
  }, 120_000);

  afterAll(async () => {
    client?.close();
    await broker?.stop();
    for (const venue of venues.values()) venue.close();
    await open?.close();
    await telemetry?.stop();
    await collector.stop();
    trace.disable();
    context.disable();
    metrics.disable();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('is one trace from the call over the venue to the booked fill', async () => {
    const gateway = client as GatewayClient;
    await until('live marks', async () => {
      const request = { state: 'live', pageSize: 500, pageToken: '', read: undefined };
      const { response } = await gateway.call('Trading', 'ListMarks', request);
      return response.marks.some(({ instrumentId }) => instrumentId === 'BTC-PERP') ? true : undefined;
    });
    const orderId = 'operator.1';
    const order = {
      ...{
        orderId,
        accountId: 'fund',
        subAccountId: '',
        instrumentId: 'BTC-PERP',
        side: 'buy',
        quantity: '0.1',
      },
      ...{ orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [], reduceOnly: false },
    };
    await gateway.call('Trading', 'PlaceOrder', order, { traceparent: `00-${TRACE}-${CALLER}-01` });
    const booked = await until('the booking of a fill', async () =>
      collector
        .ofTrace(TRACE)
        .find(({ name, attributes }) => name === 'react ChildFilled' && attributes['service'] === 'accounts'),
    );
    const way = collector.wayUp(booked);
    expect(way.map(({ name }) => name)).toEqual([
      'react ChildFilled',
      'command TakeVenueReports',
      'venue submit',
      'effect submit',
      'effect split',
      'react OrderPlaced',
      'command PlaceOrder',
      'plinth.gateway.v1.Trading/PlaceOrder',
    ]);
    expect(way.at(-1)?.parent).toBe(CALLER);
    expect(way.map(({ attributes: { service } }) => service ?? '')).toEqual([
      ...['accounts', 'routing', '', 'routing', 'routing', 'risk', 'routing', ''],
    ]);
    const trail = (await open?.log.read(0n, 5_000)) ?? [];
    const fills = trail.filter(({ type, data }) => type === 'FillBooked' && data.orderId === orderId);
    expect(fills.map(({ traceparent }) => traceparent?.split('-')[1])).toEqual(fills.map(() => TRACE));
    expect(fills.length).toBeGreaterThan(0);
  }, 60_000);
});
