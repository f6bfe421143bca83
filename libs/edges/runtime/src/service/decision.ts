import {
  categoryOf,
  isRejection,
  type AnyDecider,
  type Intent,
  type NewEvent,
  type Rejection,
  type StreamAppend,
  type StreamId,
} from '@plinth/eventing';
import { assert } from '@plinth/money';
import { setImmediate } from 'node:timers/promises';
import { LIMITS } from './limits.ts';
import { countEvents } from '../telemetry/instruments.ts';
import type { StreamState, StreamStates } from './stream-states.ts';

type Touched = {
  decider: AnyDecider;
  before: number;
  state: unknown;
  events: NewEvent[];
};

/** What a list of intents decided, ready to append; nothing has been changed yet. */
export type Decision = Readonly<{
  touched: ReadonlyMap<StreamId, Touched>;
  eventCount: number;
  /** Why nothing is to be appended: then `touched` says on which versions of which streams that rests. */
  rejection?: Rejection;
}>;

const freshOf = (decider: AnyDecider): StreamState => ({ state: decider.initialState(), version: 0 });

const decideOne = (entry: Touched, command: unknown): readonly NewEvent[] | Rejection => {
  const outcome = entry.decider.decide(command, entry.state) as readonly NewEvent[] | Rejection;
  if (isRejection(outcome)) return outcome;
  for (const event of outcome) entry.state = entry.decider.evolve(entry.state, event);
  entry.events.push(...outcome);
  return outcome;
};

/**
 * Takes all decisions in order, each seeing those before it. The first rejection that is not to be ignored
 * refuses the whole list. `isAgain`: the log was not as a decision before this one took it to be.
 */
export const decideAll = async (
  intents: readonly Intent[],
  states: StreamStates,
  owns: readonly string[],
  { isAgain = false }: Readonly<{ isAgain?: boolean }> = {},
): Promise<Decision> => {
  const touched = new Map<StreamId, Touched>();
  let eventCount = 0;
  const isRead = ({ begins, stream }: Intent): boolean => begins !== true || isAgain || states.has(stream);
  await states.prepare(intents.filter(isRead));
  let sinceMs = performance.now();
  for (const intent of intents) {
    const { stream, decider, command, onRejection } = intent;
    if (performance.now() - sinceMs > LIMITS.decisionSliceMs) {
      // Many dear decisions at once: the lock's signs of life and questions do not wait for all of them.
      await setImmediate();
      sinceMs = performance.now();
    }
    assert(owns.includes(categoryOf(stream)), () => `Expected a stream of ${owns.join(', ')}, was ${stream}`);
    let entry = touched.get(stream);
    if (entry === undefined) {
      const { state, version } = isRead(intent) ? await states.load(stream, decider) : freshOf(decider);
      entry = { decider, before: version, state, events: [] };
      touched.set(stream, entry);
      assert(touched.size <= LIMITS.streamsPerAppendMax, 'Expected fewer streams in one append');
    }
    const outcome = decideOne(entry, command);
    if (isRejection(outcome)) {
      if (onRejection !== 'ignore') return { touched, eventCount: 0, rejection: outcome };
    } else {
      eventCount += outcome.length;
    }
  }
  return { touched, eventCount };
};

/** The appends of a decision; `idOf(n)` names its n-th event. */
export const appendsOf = (decision: Decision, idOf: (n: number) => string): readonly StreamAppend[] => {
  let n = 0;
  const appends: StreamAppend[] = [];
  for (const [stream, { before, events }] of decision.touched) {
    if (events.length === 0) continue;
    appends.push({
      stream,
      expectedVersion: before,
      events: events.map((event) => ({ ...event, id: idOf(n++) })),
    });
  }
  return appends;
};

/**
 * The streams on whose state a command's answer rests though it appends nothing to them, with the versions
 * that they must still have: another replica may know them newer, and a refusal by an old state is wrong.
 */
export const guardsOf = ({ touched, rejection }: Decision): readonly StreamAppend[] =>
  [...touched]
    .filter(([, { events }]) => rejection !== undefined || events.length === 0)
    .map(([stream, { before }]) => ({ stream, expectedVersion: before, events: [] }));

/** After the append succeeded. */
export const commitStates = (service: string, decision: Decision, states: StreamStates): void => {
  for (const [stream, { decider, before, state, events }] of decision.touched) {
    if (events.length > 0) states.advance(stream, decider, before, events, state);
    for (const { type } of events) countEvents({ service, type });
  }
};
