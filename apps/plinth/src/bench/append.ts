import { benchAppend as measureAppend, benchServer, type Figure } from '@plinth/runtime/bench';
import { absentRow, atLeast, atMost, type BenchRow, type Target } from './bench-row.ts';
import { measureRates, type Pace, type Spread } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { loadPeer } from './peers.ts';

const BENCH = 'append';
const PEER = '@event-driven-io/emmett-postgresql';
const UNIT = 'events/s';
const PEER_CALLERS = 8;

const spreadOfFigure = ({ median, min, max, rounds }: Figure): Spread => ({
  median,
  min,
  max,
  mad: NaN,
  rounds,
});

type EventStore = Readonly<{
  appendToStream: (stream: string, events: readonly unknown[]) => Promise<unknown>;
  close: () => Promise<void>;
}>;

/** As large as a booked fill of ours: about 300 bytes. */
const peerEvent = (n: number): unknown => ({
  type: 'FillBooked',
  data: {
    ...{ accountId: `a${n % 64}`, orderId: `o${n}`, childId: `o${n}.1`, fillId: `f${n}`, venueId: 'alpha' },
    ...{ instrumentId: 'BTC-USD-PERP', side: 'buy', quantity: '0.125', price: '64210.5', fee: '4.01315625' },
    ...{ feeAsset: 'USD', realisedProfit: '0', positionQuantity: '1.5', entryPrice: '63998.25' },
  },
});

/** So many callers, each appending to streams of its own and waiting for the answer. */
const peerLoad = (store: EventStore, events: number, forMs: number) => async (): Promise<number> => {
  const start = performance.now();
  let appended = 0;
  let turn = 0;
  const call = async (caller: number): Promise<void> => {
    while (performance.now() - start < forMs) {
      turn += 1;
      const stream = `account-${caller}x${events}x${turn % 64}x${Math.round(start)}`;
      await store.appendToStream(
        stream,
        Array.from({ length: events }, (_, n) => peerEvent(turn + n)),
      );
      appended += events;
    }
  };
  await Promise.all(Array.from({ length: PEER_CALLERS }, (_, caller) => call(caller)));
  return appended;
};

const measurePeer = async (
  directory: string,
  url: string,
  pace: Pace,
): Promise<readonly [Spread, Spread] | string> => {
  const peer = await loadPeer(directory, PEER);
  if (typeof peer === 'string') return peer;
  const open = peer['getPostgreSQLEventStore'] as (url: string) => EventStore;
  const store = open(url);
  try {
    await store.appendToStream('warm-up', [peerEvent(1)]);
    const subjects = [1, 100].map((events) => ({
      name: `emmett ${events}`,
      run: peerLoad(store, events, pace.roundMs),
    }));
    return (await measureRates(subjects, pace)) as [Spread, Spread];
  } finally {
    await store.close();
  }
};

const joined = (first: Target, second: Target): Target => ({
  text: `${first.text}, p99 ${second.text}`,
  met: first.met && second.met,
});

/**
 * Durable appends through the whole command path, beside plain inserts and another event store on the same
 * server.
 */
export const benchAppend = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const { pace } = options;
  const server = await benchServer(options.databaseUrl);
  try {
    const own = await measureAppend({ url: server.ownerUrl, rounds: pace.rounds, roundMs: 4 * pace.roundMs });
    const peer = await measurePeer(options.peersDirectory, server.ownerUrl, pace);
    return rowsOf(own.figures, peer);
  } finally {
    await server.close();
  }
};

const rowsOf = (
  figures: readonly Figure[],
  peer: readonly [Spread, Spread] | string,
): readonly BenchRow[] => {
  const [one, p99One, many, p99Many, plain] = figures;
  if (!one || !p99One || !many || !p99Many || !plain) throw new Error('Expected five figures of append');
  const against = (figure: Figure, n: 0 | 1): BenchRow['baseline'] => {
    if (typeof peer === 'string')
      return { what: plain.name, median: plain.median, ratio: figure.median / plain.median };
    const what = `emmett-postgresql, ${n === 0 ? 1 : 100} per append, ${PEER_CALLERS} callers`;
    return { what, median: peer[n].median, ratio: figure.median / peer[n].median };
  };
  const row = (figure: Figure, latency: Figure, n: 0 | 1, least: number): BenchRow => {
    const spread = spreadOfFigure(figure);
    const baseline = against(figure, n);
    const rate = atLeast(least, spread, UNIT);
    const target = n === 0 ? joined(rate, atMost(20, spreadOfFigure(latency), 'ms')) : rate;
    const note = `p99 ${latency.median.toFixed(1)} ms`;
    const common = { bench: BENCH, what: figure.name, scale: 'durable', unit: UNIT, figure: spread };
    return { ...common, ...(baseline === undefined ? {} : { baseline }), target, note };
  };
  return [
    row(one, p99One, 0, 36_000),
    row(many, p99Many, 1, 80_000),
    { bench: BENCH, what: plain.name, scale: 'durable', unit: UNIT, figure: spreadOfFigure(plain) },
    ...(typeof peer === 'string' ? [absentRow(BENCH, 'emmett-postgresql', peer)] : []),
  ];
};
