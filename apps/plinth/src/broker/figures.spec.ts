import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryLog, type FigureRow } from '@plinth/eventing';
import { declareFigures, instrumentCatalogue } from '@plinth/runtime';
import {
  CRASH,
  drawPopulation,
  MadeMarket,
  prepareRun,
  stretched,
  type ScenarioRun,
} from '@plinth/simulation';
import { brokerServices, CELL } from './services.ts';

const SEED = 3;
const SERVICES = brokerServices({ cell: CELL, adapters: new Map() });

describe('figures of the folds, at the end of a crash', () => {
  let run: ScenarioRun;
  const log = new MemoryLog();
  const rows = new Map<string, readonly FigureRow[]>();
  const ofOne = (name: string, ...labels: readonly string[]): number | undefined =>
    rows.get(name)?.find(([, ...of]) => of.join() === labels.join())?.[0];
  const total = (name: string): number => (rows.get(name) ?? []).reduce((sum, [value]) => sum + value, 0);

  beforeAll(async () => {
    const feed = new MadeMarket(stretched(CRASH, 50), SEED);
    run = prepareRun({
      ...{ feed, accounts: drawPopulation(feed, 16, SEED), seed: SEED, log },
      services: (adapters) => brokerServices({ cell: CELL, adapters, minRoundMs: 0 }),
    });
    await run.driver.run(new AbortController().signal, () => undefined);
    for (const { definition, views } of run.cell.hosts) {
      for (const { name, read } of definition.figures ?? []) {
        rows.set(name, [...read(views, run.clock.now())]);
      }
    }
  }, 120_000);

  afterAll(() => run.close());

  it('are declared by every service, under names of its own', () => {
    for (const { name, figures = [] } of SERVICES) {
      expect(figures.length).toBeGreaterThan(0);
      for (const figure of figures) expect(figure.name.startsWith(`plinth_${name}_`)).toBe(true);
      declareFigures(figures);
    }
    expect(instrumentCatalogue().map(({ name }) => name)).toEqual(expect.arrayContaining([...rows.keys()]));
  });

  it('are numbers, each with a value for each of its labels', () => {
    for (const { figures = [] } of SERVICES) {
      for (const { name, labels } of figures) {
        const found = rows.get(name) ?? [];
        expect([name, found.length]).not.toEqual([name, 0]);
        for (const [value, ...values] of found) {
          expect([name, Number.isFinite(value), values.length]).toEqual([name, true, labels.length]);
        }
      }
    }
  });

  it('tell no client or account from another', async () => {
    const events = await log.read(0n, 10_000);
    const ids = new Set(
      events.flatMap(({ type, data }) =>
        type === 'AccountOpened'
          ? [data.accountId, data.clientId]
          : type === 'OrderPlaced'
            ? [data.orderId]
            : [],
      ),
    );
    expect(ids.size).toBeGreaterThan(16);
    for (const [name, found] of rows) {
      expect([name, found.flatMap(([, ...values]) => values).filter((value) => ids.has(value))]).toEqual([
        name,
        [],
      ]);
    }
  });

  it('agree with the log', async () => {
    const events = await log.read(0n, 10_000);
    const count = (type: string): number => events.filter((event) => event.type === type).length;
    expect(ofOne('plinth_accounts_open_accounts')).toBe(count('AccountOpened'));
    expect(total('plinth_risk_accounts')).toBe(count('AccountOpened'));
    expect(ofOne('plinth_routing_open_orders')).toBe(count('OrderPlaced') - count('OrderClosed'));
    expect(total('plinth_liquidation_running')).toBe(
      count('LiquidationStarted') - count('LiquidationCompleted'),
    );
    expect(ofOne('plinth_liquidation_shortfalls_total')).toBe(count('ShortfallCovered'));
    const open = count('MarginCalled') - count('MarginCallCured') - count('MarginCallEscalated');
    expect(ofOne('plinth_risk_open_margin_calls')).toBe(open);
    expect(total('plinth_pricing_marks')).toBeGreaterThan(5);
    expect(total('plinth_liquidation_fund_usd')).toBeGreaterThan(0);
    const venues = count('VenueRegistered');
    expect(total('plinth_routing_venue_state')).toBe(venues);
    expect(rows.get('plinth_routing_venue_failures')?.length).toBe(venues);
  });
});
