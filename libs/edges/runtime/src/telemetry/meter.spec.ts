import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { startTelemetry, type Telemetry } from './export.ts';
import { observeFigures } from './figures.ts';
import { counter, declare, gauge, histogram, instrumentCatalogue, labelled } from './meter.ts';
import { LogWatch } from './log-watch.ts';

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const scrape = (port: number): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/metrics' }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts).toString('utf8').split('\n')));
    }).on('error', reject);
  });

describe('instruments', () => {
  let telemetry: Telemetry;
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    telemetry = await startTelemetry('plinth', { metricsPort: port });
  });

  afterAll(async () => {
    await telemetry.stop();
    metrics.disable();
  });

  it('tell two of one kind in one process apart', async () => {
    const depth = gauge({ name: 'plinth_test_depth', about: 'depth', labels: ['colour'] });
    const watch = (value: number): (() => void) => depth(() => [[value, { colour: 'red' }]]);
    const stops = [watch(1), labelled({ cell: 'south' }, () => watch(2)), watch(1)];
    const lines = await scrape(port);
    expect(lines.filter((line) => line.startsWith('plinth_test_depth{'))).toEqual([
      'plinth_test_depth{colour="red"} 1',
      'plinth_test_depth{colour="red",cell="south"} 2',
    ]);
    for (const stop of stops) stop();
  });

  it('are read under the names that they were declared with', async () => {
    const labels = ['colour'] as const;
    const count = counter({ name: 'plinth_test_things_total', about: 'things', labels });
    const time = histogram({ name: 'plinth_test_time_ms', about: 'time', labels: [] });
    const level = gauge({ name: 'plinth_test_level', about: 'level', labels });
    count({ colour: 'red' }, 2);
    count({ colour: 'red' });
    time({}, 7);
    const forget = level(() => [
      [4, { colour: 'blue' }],
      [NaN, { colour: 'black' }],
    ]);
    const lines = await scrape(port);
    expect(lines).toContain('plinth_test_things_total{colour="red"} 3');
    expect(lines).toContain('plinth_test_level{colour="blue"} 4');
    expect(lines).toContain('plinth_test_time_ms_bucket{le="10"} 1');
    expect(lines.filter((line) => line.includes('black'))).toEqual([]);
    forget();
  });

  it('read figures of views when they are asked for', async () => {
    const views = { open: 3 };
    const forget = observeFigures(
      [
        {
          ...{ name: 'plinth_test_open', about: 'open', kind: 'gauge', labels: ['state'] },
          read: ({ open }: typeof views, now) => [[open + now, 'live']],
        },
      ],
      views,
      () => 100,
    );
    expect(await scrape(port)).toContain('plinth_test_open{state="live"} 103');
    views.open = 4;
    expect(await scrape(port)).toContain('plinth_test_open{state="live"} 104');
    forget();
  });

  it('tell of a log that does not answer, and keep its last head', async () => {
    let isUp = true;
    const log = {
      head: async () => (isUp ? { position: 9n, epoch: 2 } : Promise.reject(new Error('gone'))),
      sizeBytes: async () => (isUp ? 8_192 : Promise.reject(new Error('gone'))),
      waiting: 1,
    };
    const watch = new LogWatch(log);
    const before = await scrape(port);
    for (const line of ['reachable 1', 'head_events 9', 'epoch 2', 'database_bytes 8192']) {
      expect(before).toContain(`plinth_log_${line}`);
    }
    isUp = false;
    await new Promise((resolve) => setTimeout(resolve, 600));
    const after = await scrape(port);
    for (const line of ['reachable 0', 'head_events 9', 'waiting_appends 1']) {
      expect(after).toContain(`plinth_log_${line}`);
    }
    watch.stop();
  });

  it('have one meaning per name, and names of one form', () => {
    const thing = { name: 'plinth_test_again_total', kind: 'counter', about: 'a', labels: [] } as const;
    declare(thing);
    declare(thing);
    expect(instrumentCatalogue()).toContainEqual(thing);
    expect(() => declare({ ...thing, about: 'b' })).toThrow('one instrument of the name');
    expect(() => declare({ ...thing, name: 'plinth_test_again', kind: 'counter' })).toThrow('_total');
    expect(() => declare({ ...thing, name: 'things_total' })).toThrow('plinth_{context}_{thing}_{unit}');
  });
});
