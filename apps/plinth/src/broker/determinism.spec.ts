import { describe, expect, it } from '@jest/globals';
import { MemoryLog } from '@plinth/eventing';
import { canonicalEvent, leafHash, MerkleTree } from '@plinth/runtime';
import {
  collectFigures,
  CRASH,
  drawPopulation,
  MadeMarket,
  prepareRun,
  stretched,
  type RunFigures,
} from '@plinth/simulation';
import { brokerServices, CELL } from './services.ts';

const TICKS = 60;
const ACCOUNTS = 24;

const rootOf = async (log: MemoryLog): Promise<string> => {
  const tree = new MerkleTree();
  for (const event of await log.readStored(0n, 10_000)) tree.append(leafHash(canonicalEvent(event)));
  return tree.root().toString('hex');
};

const played = async (seed: number): Promise<Readonly<{ root: string; figures: RunFigures }>> => {
  const feed = new MadeMarket(stretched(CRASH, TICKS), seed);
  const accounts = drawPopulation(feed, ACCOUNTS, seed);
  const log = new MemoryLog();
  const run = prepareRun({
    ...{ feed, accounts, seed, log },
    services: (adapters) => brokerServices({ cell: CELL, adapters, minRoundMs: 0 }),
  });
  await run.driver.run(new AbortController().signal, () => undefined);
  const { sent, refused, refusals } = run.driver;
  const root = await rootOf(log);
  const figures = await collectFigures({
    name: { name: feed.name, sources: feed.sources, seed },
    ...{ log, accounts },
    proof: { root, size: '0', checks: [] },
    refusals: { sent, refused, examples: refusals },
  });
  return { root, figures };
};

describe('a made crash played through the whole broker', () => {
  it('gives the same log and the same figures for the same seed, and others for another', async () => {
    const [one, two, other] = [await played(1), await played(1), await played(2)];
    expect(two.root).toBe(one.root);
    expect(two.figures).toEqual(one.figures);
    expect(other.root).not.toBe(one.root);
  }, 120_000);

  it('liquidates, keeps every invariant, and loses no unit of any asset', async () => {
    const { figures } = await played(3);
    expect(figures.invariants.found).toEqual([]);
    expect(figures.invariants.breaches).toBe(0);
    expect(figures.liquidations.rows.length).toBeGreaterThan(0);
    expect(figures.ledger.map(({ sum }) => sum)).toEqual(figures.ledger.map(() => '0'));
  }, 120_000);
});
