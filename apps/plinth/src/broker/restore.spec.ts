import { beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryLog, type Envelope } from '@plinth/eventing';
import { expectRestores } from '@plinth/eventing/testing';
import { PortfolioView } from '@plinth/portfolio';
import { CRASH, drawPopulation, MadeMarket, observer, prepareRun, stretched } from '@plinth/simulation';
import fc from 'fast-check';
import { brokerServices, CELL } from './services.ts';

const TICKS = 60;
const ACCOUNTS = 24;
const SEED = 3;
const CUTS = 3;

const recorded = async (): Promise<readonly Envelope[]> => {
  const feed = new MadeMarket(stretched(CRASH, TICKS), SEED);
  const log = new MemoryLog();
  const run = prepareRun({
    ...{ feed, accounts: drawPopulation(feed, ACCOUNTS, SEED), seed: SEED, log },
    services: (adapters) => brokerServices({ cell: CELL, adapters, minRoundMs: 0 }),
  });
  await run.driver.run(new AbortController().signal, () => undefined);
  const { position } = await log.head();
  return log.read(0n, Number(position));
};

/** Every figure of every account, and what can be said of it: float64 to the last bit. */
const figuresOf = (portfolio: PortfolioView): unknown =>
  portfolio.isReady && {
    all: portfolio.measure(),
    each: portfolio.accountIds().map((id) => [id, portfolio.contentOf(id), portfolio.value(id).slice()]),
  };

describe('the services of a broker, restored in the middle of a recorded crash', () => {
  let events: readonly Envelope[];

  beforeAll(async () => {
    events = await recorded();
  }, 120_000);

  it.each([...brokerServices({ cell: CELL, adapters: new Map() }), observer].map((one) => [one.name, one]))(
    '%s goes on as the one that saw every event, figures to the last bit',
    (_, definition) => {
      const cuts = fc.sample(fc.nat(events.length), { numRuns: CUTS, seed: SEED });
      const answers = (views: object): unknown =>
        Object.values(views)
          .filter((view) => view instanceof PortfolioView)
          .map(figuresOf);
      expectRestores(() => (definition as typeof observer).views(), events, answers, [
        ...cuts,
        events.length,
      ]);
      expect(events.length).toBeGreaterThan(1_000);
    },
    120_000,
  );
});
