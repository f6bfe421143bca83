import { beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { CRASH, drawPopulation, MadeMarket, prepareRun, stretched } from '@plinth/simulation';
import { PortfolioView } from '@plinth/portfolio';
import { differenceRows, profitRows, spanOf, type PartRow } from './explain-log.ts';
import { brokerServices, CELL } from './services.ts';

const log = new MemoryLog();
const READ_MAX = 10_000;
/** The figures of every account at one position, folded apart. */
const figuresAt = async (accountId: string, position: bigint) => {
  const portfolio = new PortfolioView();
  for (const event of await log.read(0n, READ_MAX)) if (event.position <= position) portfolio.apply(event);
  return portfolio.assess(accountId);
};

beforeAll(async () => {
  const feed = new MadeMarket(stretched(CRASH, 40), 3);
  const accounts = drawPopulation(feed, 6, 3);
  const run = prepareRun({
    ...{ feed, accounts, seed: 3, log },
    services: (adapters) => brokerServices({ cell: CELL, adapters, minRoundMs: 0 }),
  });
  await run.driver.run(new AbortController().signal, () => undefined);
}, 60_000);

const tops = (rows: readonly PartRow[]): readonly PartRow[] => rows.filter(({ depth }) => depth === 0);

/** Every node is the sum of the nodes right below it. */
const expectSums = (rows: readonly PartRow[]): void => {
  rows.forEach(({ depth, value }, n) => {
    const end = rows.findIndex((row, m) => m > n && row.depth <= depth);
    const below = rows.slice(n + 1, end < 0 ? undefined : end).filter((row) => row.depth === depth + 1);
    if (below.length > 0) expect(below.reduce((sum, row) => sum + row.value, 0)).toBe(value);
  });
};

describe('two places of a log', () => {
  it('differ by parts that sum exactly to what the folds say', async () => {
    const { position: end } = await log.head();
    for (const accountId of ['a0001', 'a0003']) {
      const [from, to] = [(2n * end) / 3n, end - 10n];
      const span = await spanOf(log, accountId, { position: from }, { position: to });
      expect([span.from, span.to]).toEqual([from, to]);
      const [before, after] = [await figuresAt(accountId, from), await figuresAt(accountId, to)];
      const rows = differenceRows(span);
      expectSums(rows);
      const changes = [
        after.equity - before.equity,
        after.initialMargin - before.initialMargin,
        after.maintenanceMargin - before.maintenanceMargin,
      ];
      tops(rows).forEach(({ value }, n) => expect(value).toBeCloseTo(changes[n]!, 4));
    }
  });

  it('have a profit between them whose parts sum exactly, with a residual within its bound', async () => {
    const { position: end } = await log.head();
    for (const accountId of ['a0001', 'a0002', 'a0003']) {
      const span = await spanOf(log, accountId, { position: end / 2n }, undefined);
      const rows = profitRows(span);
      expectSums(rows);
      const bound = rows.find(({ label }) => label === 'bound of the residual')!.value;
      const residual = rows.find(({ label }) => label === 'residual')?.value ?? 0;
      expect(Math.abs(residual)).toBeLessThanOrEqual(bound);
    }
  });

  it('may be times; an account that is not there is refused', async () => {
    const [, , event] = await log.read(100n, 3);
    const span = await spanOf(log, 'a0001', { atMs: event!.occurredAt }, undefined);
    expect(span.fromMs).toBe(event!.occurredAt);
    await expect(spanOf(log, 'nobody', { position: 200n }, undefined)).rejects.toThrow('--account');
    await expect(spanOf(log, 'a0001', { position: 1n }, undefined)).rejects.toThrow('risk parameters');
  });
});
