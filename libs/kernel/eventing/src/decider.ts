import type { EventType } from '@plinth/messages';
import type { Envelope, NewEvent } from './envelope.ts';

/** A refusal that its sender can understand and act on. `code` comes from a closed union per context. */
export type Rejection<Code extends string = string> = Readonly<{
  kind: 'rejection';
  code: Code;
  /** One sentence: what is wrong with which field, and what to do. */
  message: string;
  /** Path of the offending field, when there is one: `quantity`, `legs[2].price`. */
  field?: string;
  /** Machine-readable facts, e.g. `{ available: '12.5', asset: 'BTC' }`. */
  details?: Readonly<Record<string, string>>;
  /**
   * `invalid` maps to INVALID_ARGUMENT, `missing` to NOT_FOUND, `exists` to ALREADY_EXISTS, the rest to
   * FAILED_PRECONDITION.
   */
  reason: 'invalid' | 'missing' | 'exists' | 'precondition';
}>;

export const reject = <Code extends string>(
  code: Code,
  message: string,
  more: Partial<Pick<Rejection, 'field' | 'details' | 'reason'>> = {},
): Rejection<Code> => ({ kind: 'rejection', code, message, reason: 'precondition', ...more });

/**
 * The shape of every aggregate and every workflow: synchronous and pure. Time, ids and prices come in with
 * the command.
 * `decide` returns the new events (none is a valid answer: nothing to do) or a rejection; `evolve` never
 * refuses.
 */
export type Decider<
  State,
  Command,
  T extends EventType = EventType,
  Code extends string = string,
> = Readonly<{
  initialState: () => State;
  decide: (command: Command, state: State) => readonly NewEvent<T>[] | Rejection<Code>;
  evolve: (state: State, event: NewEvent<T>) => State;
  /**
   * For streams that grow long: how a snapshot keeps the state. Without it they are read from their start.
   */
  snapshot?: StateSnapshot<State>;
}>;

/** `load(dump(state))` is the state. What `dump` gives is plain, as in `state-text.ts`. */
export type StateSnapshot<State> = Readonly<{
  /** Raised when the meaning of the state changes, so that older ones are passed over. */
  revision: number;
  dump: (state: State) => unknown;
  load: (plain: never) => State;
}>;

/** Of a state that is plain itself. */
export const plainSnapshot = <State>(revision: number): StateSnapshot<State> => ({
  revision,
  dump: (state) => state,
  load: (plain) => plain,
});

/** A saga: the same three words. It evolves only on its own events, so its stream is its whole memory. */
export type Workflow<State, Input, T extends EventType = EventType> = Decider<State, Input, T, never>;

export const isRejection = (value: unknown): value is Rejection =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'rejection';

/** State of a decider after the events of its stream. */
export const foldStream = <S, C, T extends EventType>(
  decider: Decider<S, C, T>,
  events: readonly (Envelope<T> | NewEvent<T>)[],
): S => events.reduce<S>((state, event) => decider.evolve(state, event), decider.initialState());
