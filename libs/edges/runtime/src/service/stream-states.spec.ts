import { describe, expect, it } from '@jest/globals';
import { MemoryLog, plainSnapshot, type AnyDecider } from '@plinth/eventing';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { LIMITS } from './limits.ts';
import { StreamStates } from './stream-states.ts';

/** Counts the events of its stream. */
const counting: AnyDecider = {
  initialState: () => 0,
  decide: () => [],
  evolve: (count: number) => count + 1,
  snapshot: plainSnapshot<number>(1),
};

const opened = async (lengths: Readonly<Record<string, number>>) => {
  const log = new MemoryLog();
  const reads = { one: 0, several: [] as number[] };
  for (const [stream, length] of Object.entries(lengths))
    if (length > 0) await log.append(testRequest([testAppend(stream, 0, length)]));
  const readStream = log.readStream.bind(log);
  log.readStreams = (after, limit) => {
    reads.several.push(after.size);
    // Not by way of the other one: what is counted is what is asked.
    return Promise.all([...after].map(([stream, from]) => readStream(stream, from, limit))).then((found) =>
      found.flat(),
    );
  };
  log.readStream = (...asked) => {
    reads.one += 1;
    return readStream(...asked);
  };
  const states = new StreamStates(log);
  const wanted = Object.keys(lengths).map((stream) => ({ stream, decider: counting }));
  const versions = async () => {
    const found: [number, unknown][] = [];
    for (const { stream, decider } of wanted) {
      const { version, state } = await states.load(stream, decider);
      found.push([version, state]);
    }
    return found;
  };
  return { log, reads, states, wanted, versions };
};

describe('The states of several streams', () => {
  it('are read together, those that are not there too', async () => {
    const { reads, states, wanted, versions } = await opened({ 'a-1': 3, 'a-2': 0, 'a-3': 1 });
    await states.prepare([...wanted, ...wanted]);
    expect(await versions()).toEqual([
      [3, 3],
      [0, 0],
      [1, 1],
    ]);
    expect(reads).toEqual({ one: 0, several: [3] });
  });

  it('of which one is long are right all the same', async () => {
    const long = LIMITS.eventsPerStreamRead * 2 + 1;
    const { reads, states, wanted, versions } = await opened({ 'a-1': long, 'a-2': 2 });
    await states.prepare(wanted);
    expect(await versions()).toEqual([
      [long, long],
      [2, 2],
    ]);
    expect(reads.one).toBeGreaterThan(0);
  });

  it('are read on where others have appended, and only there', async () => {
    const { log, reads, states, wanted, versions } = await opened({ 'a-1': 1, 'a-2': 1, 'a-3': 1 });
    await states.prepare(wanted);
    await log.append(testRequest([testAppend('a-1', 1), testAppend('a-2', 1)]));
    states.seen('a-1', 2);
    states.doubt(['a-2']);
    await states.prepare(wanted);
    expect(reads).toEqual({ one: 0, several: [3, 2] });
    expect((await versions()).map(([version]) => version)).toEqual([2, 2, 1]);
  });

  it('more than one reading takes are read in parts', async () => {
    const many = Object.fromEntries(
      Array.from({ length: LIMITS.streamsPerReadMax + 1 }, (_, n) => [`a-${n}`, 0]),
    );
    const { reads, states, wanted } = await opened(many);
    await states.prepare(wanted);
    expect(reads.several).toEqual([LIMITS.streamsPerReadMax, 1]);
  });
});
