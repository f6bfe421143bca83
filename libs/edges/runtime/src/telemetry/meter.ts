import {
  metrics,
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  type Observable,
  type ObservableResult,
} from '@opentelemetry/api';
import { assert } from '@plinth/money';

/*
 * Every instrument is declared once, by the room that knows what it measures; the catalogue is what was
 * declared. Without an exporter the API does nothing and costs next to nothing.
 */

export type Instrument = Readonly<{
  /** `plinth_{context}_{thing}_{unit}`; counters end with `_total`. */
  name: string;
  kind: 'counter' | 'gauge' | 'histogram';
  about: string;
  /** Names of its labels. Values are words of the code or of listings, never a client's or an account's. */
  labels: readonly string[];
}>;

type Declared<L extends string> = Readonly<{ name: string; about: string; labels: readonly L[] }>;
type Labels<L extends string> = Readonly<Record<L, string>>;
type Row<L extends string> = readonly [value: number, labels: Labels<L>];

const NAME = /^plinth_[a-z]+_[a-z0-9_]+$/;
const catalogue = new Map<string, Instrument>();

/** Everything declared by the modules that are loaded. */
export const instrumentCatalogue = (): readonly Instrument[] => [...catalogue.values()];

/** Enters an instrument; the same may be declared again, another one of its name may not. */
export const declare = ({ name, kind, about, labels }: Instrument): Instrument => {
  assert(NAME.test(name), () => `Expected plinth_{context}_{thing}_{unit}, was ${name}`);
  assert((kind === 'counter') === name.endsWith('_total'), () => `Expected _total on counters only: ${name}`);
  const instrument = { name, kind, about, labels: [...labels] };
  const known = catalogue.get(name);
  assert(
    known === undefined || JSON.stringify(known) === JSON.stringify(instrument),
    () => `Expected one instrument of the name ${name}`,
  );
  catalogue.set(name, instrument);
  return instrument;
};

/** One per provider: the API gives no meter that follows a provider registered later. */
const perProvider = <T>(make: (meter: Meter) => T): (() => T) => {
  const made = new WeakMap<MeterProvider, T>();
  return () => {
    const provider = metrics.getMeterProvider();
    let found = made.get(provider);
    if (found === undefined) made.set(provider, (found = make(provider.getMeter('plinth'))));
    return found;
  };
};

/** Something that is counted as it happens, in the process in which it happens. */
export const counter = <L extends string>(declared: Declared<L>) => {
  const { name, about: description } = declare({ ...declared, kind: 'counter' });
  const instrument = perProvider<Counter>((meter) => meter.createCounter(name, { description }));
  return (labels: Labels<L>, count = 1): void => instrument().add(count, labels);
};

/** Upper bounds of milliseconds: an append takes a few, a call that nears its deadline thousands. */
const TIMES_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** A distribution, of milliseconds unless it says otherwise. */
export const histogram = <L extends string>(declared: Declared<L>, bounds: readonly number[] = TIMES_MS) => {
  const { name, about: description } = declare({ ...declared, kind: 'histogram' });
  const advice = { explicitBucketBoundaries: [...bounds] };
  const instrument = perProvider<Histogram>((meter) => meter.createHistogram(name, { description, advice }));
  return (labels: Labels<L>, value: number): void => instrument().record(value, labels);
};

/** Most readings of one instrument at once: what is listed stays far below. */
const ROWS_MAX = 1_000;

type Rows<L extends string> = Iterable<Row<L>>;

let shared: Attributes = {};

/**
 * Whatever begins to be read within `register` has these labels as well: two of one kind in one process are
 * told apart by them. Without them the second would write over the numbers of the first.
 */
export const labelled = <T>(labels: Readonly<Record<string, string>>, register: () => T): T => {
  const before = shared;
  shared = { ...before, ...labels };
  try {
    return register();
  } finally {
    shared = before;
  }
};

const observing =
  <L extends string>(observable: () => Observable<Attributes>) =>
  (read: () => Rows<L> | Promise<Rows<L>>): (() => void) => {
    const own = shared;
    const observe = async (result: ObservableResult): Promise<void> => {
      let rows = 0;
      for (const [value, labels] of await read()) {
        if (!Number.isFinite(value)) continue;
        if ((rows += 1) > ROWS_MAX) return;
        result.observe(value, { ...labels, ...own });
      }
    };
    const source = observable();
    source.addCallback(observe);
    return () => source.removeCallback(observe);
  };

/**
 * A number that is read when it is asked for; what comes back ends the reading. Rows that stay away keep
 * their last number: what may become nothing is read as 0.
 */
export const gauge = <L extends string>(declared: Declared<L>) => {
  const { name, about: description } = declare({ ...declared, kind: 'gauge' });
  return observing<L>(perProvider((meter) => meter.createObservableGauge(name, { description })));
};

/** As a gauge, of something that only rises. */
export const observedCounter = <L extends string>(declared: Declared<L>) => {
  const { name, about: description } = declare({ ...declared, kind: 'counter' });
  return observing<L>(perProvider((meter) => meter.createObservableCounter(name, { description })));
};
