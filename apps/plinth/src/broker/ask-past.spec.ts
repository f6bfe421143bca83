import { beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { MemorySnapshots } from '@plinth/eventing/testing';
import type { historyMessages, riskMessages } from '@plinth/messages';
import { addDecimal, decimalOf, formatDecimal, textToFloat, ZERO } from '@plinth/money';
import { PortfolioView } from '@plinth/portfolio';
import { Lockstep, ServiceHost } from '@plinth/runtime';
import { CRASH, drawPopulation, MadeMarket, prepareRun, stretched } from '@plinth/simulation';
import { askPast } from './ask-past.ts';
import { brokerServices, CELL } from './services.ts';

const log = new MemoryLog();
const READ_MAX = 10_000;
type Parts = readonly riskMessages.MarginPart[];

/** The figures of an account at one position, folded apart. */
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

const at = (position: bigint): historyMessages.LogPlace => ({ position, atMs: 0 });
const ask = (name: string, accountId: string, from: object, to?: object, snapshots?: MemorySnapshots) =>
  askPast(log, snapshots, name, { accountId, from, to });
const difference = async (...args: [string, object, object?, MemorySnapshots?]) =>
  (await ask('ExplainDifference', ...args)) as never as historyMessages.ExplainDifferenceResponse;
const profit = async (...args: [string, object, object?]) =>
  (await ask('ExplainProfit', ...args)) as never as historyMessages.ExplainProfitResponse;

/** Every node is the sum of the nodes right below it, digit for digit. */
const expectSums = (parts: Parts): void => {
  parts.forEach(({ depth, amount }, n) => {
    const end = parts.findIndex((part, m) => m > n && part.depth <= depth);
    const below = parts.slice(n + 1, end < 0 ? undefined : end).filter((part) => part.depth === depth + 1);
    if (below.length === 0) return;
    const sum = below.reduce((total, part) => addDecimal(total, decimalOf(part.amount)), ZERO);
    expect(formatDecimal(sum)).toBe(formatDecimal(decimalOf(amount)));
  });
};

describe('two places of a log', () => {
  it('differ by parts that sum exactly to what the folds say', async () => {
    const { position: end } = await log.head();
    for (const accountId of ['a0001', 'a0003']) {
      const [from, to] = [(2n * end) / 3n, end - 10n];
      const answer = await difference(accountId, at(from), at(to));
      expect([answer.from?.position, answer.to?.position]).toEqual([from, to]);
      const [before, after] = [await figuresAt(accountId, from), await figuresAt(accountId, to)];
      for (const [parts, change] of [
        [answer.equity, after.equity - before.equity],
        [answer.initial, after.initialMargin - before.initialMargin],
        [answer.maintenance, after.maintenanceMargin - before.maintenanceMargin],
      ] as const) {
        expectSums(parts);
        expect(textToFloat(parts[0]!.amount)).toBeCloseTo(change, 4);
        expect(parts.length).toBeGreaterThan(3);
      }
    }
  });

  it('have a profit between them whose parts sum exactly, with a residual within its bound', async () => {
    const { position: end } = await log.head();
    for (const accountId of ['a0001', 'a0002', 'a0003']) {
      const { profit: parts, residual, residualBound } = await profit(accountId, at(end / 2n));
      expectSums(parts);
      expect(Math.abs(textToFloat(residual))).toBeLessThanOrEqual(textToFloat(residualBound));
    }
  });

  it('may be times, and are the same ones as the log grows', async () => {
    const [event] = await log.read(100n, 1);
    const { from, to } = await difference('a0001', { position: 0n, atMs: event!.occurredAt });
    expect(from?.atMs).toBe(event!.occurredAt);
    expect(to?.position).toBe((await log.head()).position);
    const [, next] = await log.read(from!.position - 1n, 2);
    expect(next!.occurredAt).toBeGreaterThan(event!.occurredAt);
  });

  it('answer the same from a snapshot between them as from the first event', async () => {
    const { position: end } = await log.head();
    const store = new MemorySnapshots();
    const logger = { info: () => undefined, warn: () => undefined } as never;
    const [definition] = brokerServices({ cell: CELL, adapters: new Map() }).filter(
      ({ name }) => name === 'risk',
    );
    const host = new ServiceHost(definition!, { log, clock: { now: () => 0 }, snapshots: { store, logger } });
    const lockstep = new Lockstep(log, [host]);
    await lockstep.start();
    await lockstep.foldTo(end / 2n, new AbortController().signal);
    await host.keepSnapshot();
    await host.snapshotStored();
    expect(store.kept.map(({ position }) => position)).toEqual([end / 2n]);
    const places = [at(end / 2n + 50n), at(end)] as const;
    expect(await difference('a0002', ...places, store)).toEqual(await difference('a0002', ...places));
    // One that cannot be read costs time and nothing else.
    store.kept.splice(0, 1, { ...store.kept[0]!, state: Buffer.from('no\n{}\n') });
    expect(await difference('a0002', ...places, store)).toEqual(await difference('a0002', ...places));
  });
});

describe('places that are not there', () => {
  const refusals: readonly (readonly [string, string, object, object?])[] = [
    ['accountId: Expected an open account', 'nobody', at(200n)],
    ['accountId: Expected 1 to 32', 'No body', at(200n)],
    ['from: Expected a place behind the first risk parameters', 'a0001', at(1n)],
    ['from: Expected a position from 1 to', 'a0001', at(10_000_000n)],
    ['to: Expected a position from 1 to', 'a0001', at(200n), at(10_000_000n)],
    ['to: Expected a position from 1 to', 'a0001', at(200n), at(-1n)],
    ['to: Expected a place at or behind position 300, was 200', 'a0001', at(300n), at(200n)],
    ['from: Expected one of a position and a time', 'a0001', { position: 0n, atMs: 0 }],
    ['from: Expected one of a position and a time', 'a0001', { position: 5n, atMs: 5 }],
    ['from: Expected a time from', 'a0001', { position: 0n, atMs: 5 }],
    ['to: Expected a time from', 'a0001', at(300n), { position: 0n, atMs: 4e12 }],
  ];

  it.each(refusals)('%s', async (message, ...asked) => {
    for (const name of ['ExplainDifference', 'ExplainProfit'])
      await expect(ask(name, ...asked)).rejects.toThrow(message);
  });
});
