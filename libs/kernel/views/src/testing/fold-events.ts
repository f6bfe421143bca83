import { expect } from '@jest/globals';
import type { Envelope, Fold } from '@plinth/eventing';
import type { EventData, EventType } from '@plinth/messages';

/** An event as a fold gets it; its place does not matter to the views. */
export const event = <K extends EventType>(type: K, data: EventData<K>, position = 1n): Envelope =>
  ({
    position,
    stream: 'test-1',
    version: 1,
    id: '00000000-0000-5000-8000-000000000001',
    type,
    schema: 1,
    data,
    occurredAt: 0,
    correlationId: 'c',
    causationId: 'c',
    actor: 'operator:test',
  }) as unknown as Envelope;

/** Sorted, as they are hashed. */
export const entriesOf = (fold: Fold): readonly (readonly [string, string])[] =>
  [...fold.entries()].sort(([a], [b]) => (a < b ? -1 : 1));

export const folded = <F extends Fold>(fold: F, events: readonly Envelope[]): F => {
  for (const one of events) fold.apply(one);
  return fold;
};

const otherLeaf = (value: unknown): unknown => {
  switch (typeof value) {
    case 'string':
      return /^-?\d/.test(value)
        ? `${value.startsWith('-') ? '-' : ''}7${value.replace('-', '')}`
        : `${value}z`;
    case 'number':
      return value + 1;
    case 'bigint':
      return value + 1n;
    case 'boolean':
      return !value;
    default:
      throw new Error(`Expected a leaf, was ${typeof value}`);
  }
};

/** The same value with another leaf, once for every leaf, with the leaf's path. */
export function* othersOf(value: unknown, path = ''): Iterable<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, otherLeaf(value)];
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const below = Array.isArray(value) ? `${path}[]` : `${path}${path === '' ? '' : '.'}${key}`;
    for (const [place, other] of othersOf(inner, below)) {
      const changed = Array.isArray(value)
        ? value.map((item: unknown, i) => (String(i) === key ? other : item))
        : { ...value, [key]: other };
      yield [place, changed];
    }
  }
}

const outcomeOf = (make: () => Fold, events: readonly Envelope[]): string => {
  try {
    return JSON.stringify(entriesOf(folded(make(), events)));
  } catch (error) {
    return `stopped: ${(error as Error).message}`;
  }
};

/**
 * Every field of the last event tells in the entries (or stops the fold), but for those that the view does
 * not keep: of these a change must not be seen.
 */
export const expectEveryFieldToTell = (
  make: () => Fold,
  events: readonly Envelope[],
  notKept: readonly string[] = [],
): void => {
  const last = events.at(-1) as Envelope;
  const before = events.slice(0, -1);
  const expected = outcomeOf(make, events);
  const silent = new Set<string>();
  const told = new Set<string>();
  for (const [path, data] of othersOf(last.data)) {
    const changed = { ...last, data } as Envelope;
    (outcomeOf(make, [...before, changed]) === expected ? silent : told).add(path);
  }
  expect([...silent].sort()).toEqual([...notKept].sort());
  expect(told.size).toBeGreaterThan(0);
};
