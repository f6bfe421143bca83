import type { BenchRow } from './bench-row.ts';
import type { BenchOptions } from './options.ts';

export type Bench = Readonly<{
  name: string;
  about: string;
  /** Only when it is named: it takes minutes, and others' parts again. */
  isApart?: true;
  run: (options: BenchOptions) => Promise<readonly BenchRow[]>;
}>;

/** Every bench, in the order in which they run. What one needs is loaded when it runs. */
export const BENCHES: readonly Bench[] = [
  {
    name: 'append',
    about: 'durable appends through the whole command path',
    run: async (options) => (await import('./append.ts')).benchAppend(options),
  },
  {
    name: 'replay',
    about: 'a log from PostgreSQL into the views of accounts and risk',
    run: async (options) => (await import('./replay.ts')).benchReplay(options),
  },
  {
    name: 'margin',
    about: 'the full house model on accounts of 16 positions',
    run: async (options) => (await import('./margin.ts')).benchMargin(options),
  },
  {
    name: 'tick',
    about: 'marks in, states decided',
    run: async (options) => (await import('./tick.ts')).benchTick(options),
  },
  {
    name: 'options',
    about: 'prices, Greeks, scenario grids and implied volatilities',
    run: async (options) => (await import('./black.ts')).benchBlack(options),
  },
  {
    name: 'routing',
    about: 'optimal split of an order over books',
    run: async (options) => (await import('./routing.ts')).benchRouting(options),
  },
  {
    name: 'interest',
    about: 'accrual of a pool, and of one debt',
    run: async (options) => (await import('./interest.ts')).benchInterest(options),
  },
  {
    name: 'ledger',
    about: 'postings into the ledger fold',
    run: async (options) => (await import('./ledger.ts')).benchLedger(options),
  },
  {
    name: 'grpc',
    about: 'a query through the gateway, and inside the process',
    run: async (options) => (await import('./grpc.ts')).benchGrpc(options),
  },
  {
    name: 'overload',
    about: 'five times as many callers as a cell has room for',
    run: async (options) => (await import('./bench-overload.ts')).benchOverload(options),
  },
  {
    name: 'relay',
    about: 'the log into Kafka',
    run: async (options) => (await import('./relay.ts')).benchRelay(options),
  },
  {
    name: 'cluster',
    about: 'every service a process of its own, through a real Kafka',
    isApart: true,
    run: async (options) => (await import('./cluster/index.ts')).benchCluster(options),
  },
];
