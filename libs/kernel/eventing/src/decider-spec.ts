import type { EventType } from '@plinth/messages';
import type { Decider, Rejection } from './decider.ts';
import { isRejection } from './decider.ts';
import type { NewEvent } from './envelope.ts';

/** What the `when` of a specification offers: exactly one of these ends the sentence. */
export type DeciderOutcome<State, T extends EventType, Code extends string> = Readonly<{
  /** The decision must be exactly these events, in this order. */
  then(expected: readonly NewEvent<T>[]): void;
  /**
   * The command must be refused with this code; returns the rejection for further looks at its field and
   * details.
   */
  thenRejected(code: Code): Rejection<Code>;
  /** Nothing to do is a valid decision. */
  thenNothing(): void;
  /** The events as decided, for a test that looks at a part only. Throws on a rejection. */
  events(): readonly NewEvent<T>[];
  /** State after the given events and the decided ones. Throws on a rejection. */
  state(): State;
}>;

export type DeciderSpecGiven<State, Command, T extends EventType, Code extends string> = Readonly<{
  when(command: Command): DeciderOutcome<State, T, Code>;
}>;

export type DeciderSpec<State, Command, T extends EventType, Code extends string> = Readonly<{
  given(events: readonly NewEvent<T>[]): DeciderSpecGiven<State, Command, T, Code>;
  /** The same as `given([])`. */
  when(command: Command): DeciderOutcome<State, T, Code>;
}>;

/**
 * Given / when / then for a decider or a workflow. It throws plain errors that show what was expected and
 * what was decided, so that it works in any test runner.
 */
export const deciderSpec = <State, Command, T extends EventType, Code extends string>(
  decider: Decider<State, Command, T, Code>,
): DeciderSpec<State, Command, T, Code> => {
  const given = (events: readonly NewEvent<T>[]): DeciderSpecGiven<State, Command, T, Code> => ({
    when: (command) => outcome(decider, events, command),
  });
  return { given, when: (command) => given([]).when(command) };
};

const outcome = <State, Command, T extends EventType, Code extends string>(
  decider: Decider<State, Command, T, Code>,
  given: readonly NewEvent<T>[],
  command: Command,
): DeciderOutcome<State, T, Code> => {
  const before = given.reduce<State>((state, event) => decider.evolve(state, event), decider.initialState());
  const decided = decider.decide(command, before);
  const events = (): readonly NewEvent<T>[] => {
    if (isRejection(decided)) {
      throw new Error(`Expected events, was rejected with ${decided.code}: ${decided.message}`);
    }
    return decided;
  };
  return {
    events,
    state: () => events().reduce<State>((state, event) => decider.evolve(state, event), before),
    then: (expected) => assertSameEvents(expected, events()),
    thenNothing: () => assertSameEvents([], events()),
    thenRejected: (code) => {
      if (!isRejection(decided)) {
        throw new Error(`Expected rejection ${code}, was ${decided.length} event(s):\n${describe(decided)}`);
      }
      if (decided.code !== code) {
        throw new Error(`Expected rejection ${code}, was ${decided.code}: ${decided.message}`);
      }
      return decided;
    },
  };
};

const assertSameEvents = (expected: readonly unknown[], actual: readonly unknown[]): void => {
  const wanted = describe(expected).split('\n');
  const was = describe(actual).split('\n');
  if (wanted.length === was.length && wanted.every((line, i) => line === was[i])) return;
  throw new Error(
    `Expected ${expected.length} event(s), was ${actual.length} (- expected, + actual):\n` +
      diff(wanted, was),
  );
};

/**
 * Canonical text of plain data: keys sorted, bigints and bytes marked, so that equal texts mean equal values.
 */
const describe = (value: unknown, indent = ''): string => {
  const deeper = `${indent}  `;
  const block = (open: string, close: string, lines: readonly string[]): string =>
    lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n${indent}${close}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : `${value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Uint8Array) return `bytes(${[...value].join(' ')})`;
  if (Array.isArray(value)) {
    return block(
      '[',
      ']',
      value.map((item) => `${deeper}${describe(item, deeper)}`),
    );
  }
  if (value instanceof Map) {
    const lines = [...value].map(([k, v]) => `${deeper}${describe(k, deeper)} => ${describe(v, deeper)}`);
    return block('map{', '}', lines);
  }
  if (value instanceof Set)
    return block(
      'set{',
      '}',
      [...value].map((v) => `${deeper}${describe(v, deeper)}`),
    );
  const fields = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return block(
    '{',
    '}',
    fields.map(([k, v]) => `${deeper}${k}: ${describe(v, deeper)}`),
  );
};

/** Lines of both texts along their longest common subsequence; the texts of a specification are short. */
const diff = (expected: readonly string[], actual: readonly string[]): string => {
  const width = actual.length + 1;
  const common = new Uint32Array((expected.length + 1) * width);
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      const here = i * width + j;
      common[here] =
        expected[i] === actual[j]
          ? (common[here + width + 1] ?? 0) + 1
          : Math.max(common[here + width] ?? 0, common[here + 1] ?? 0);
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    const here = i * width + j;
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i]}`);
      i += 1;
      j += 1;
    } else if (
      j >= actual.length ||
      (i < expected.length && (common[here + width] ?? 0) >= (common[here + 1] ?? 0))
    ) {
      lines.push(`- ${expected[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${actual[j]}`);
      j += 1;
    }
  }
  return lines.join('\n');
};
