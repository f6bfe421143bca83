import type { Rejection, StateSnapshot } from './decider.ts';
import type { Cause, Envelope, Instant, NewEvent, StreamId } from './envelope.ts';
import type { Figure } from './figure.ts';
import type { Fold } from './fold.ts';
import type { HistoryQuery } from './history.ts';

/** A command as it arrives from outside, with all that a pure decision needs. */
export type CommandContext = Readonly<{ now: Instant; cause: Cause; tenant: string }>;

/* eslint-disable @typescript-eslint/no-explicit-any -- state and command types are private to each decider */
export type AnyDecider = Readonly<{
  initialState: () => any;
  decide: (command: any, state: any) => readonly NewEvent<any>[] | Rejection;
  evolve: (state: any, event: any) => any;
  snapshot?: StateSnapshot<any>;
}>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** One decision to take on one stream. */
export type Intent<C = unknown> = Readonly<{
  stream: StreamId;
  decider: AnyDecider;
  command: C;
  /**
   * What a refusal means when the intent comes from a reaction: `stop` (a bug: the service halts at this
   * position) or
   * `ignore` (a normal race, e.g. the order closed meanwhile). Outside commands always answer the sender.
   */
  onRejection?: 'stop' | 'ignore';
  /**
   * It begins its stream, so nothing is read of it before. Where the stream exists after all the append finds
   * out, and the decision is taken again on what is there; a decider answers a beginning with events.
   */
  begins?: true;
}>;

/**
 * Something to do outside the log. Its outcome comes back as intents. Must be idempotent by `key` on the
 * other side.
 */
export type Effect = Readonly<{ effect: string; key: string; input: unknown }>;

export type Reaction = Intent | Effect;

/**
 * A command type that a service takes from outside. `plan` is pure: it looks at the folds, refuses what
 * reference data refuses, and names the decisions, all appended together or not at all.
 */
export type CommandHandler<Request, Views> = (
  request: Request,
  views: Views,
  context: CommandContext,
) => readonly Intent[] | Rejection;

export type EffectHandler = (
  input: never,
  context: Readonly<{ now: Instant; signal: AbortSignal }>,
) => Promise<readonly Intent[]>;

/**
 * A service is a fold over one ordered log, plus questions about the fold, plus reactions to it.
 * `Views` is the record of its folds under the names that its queries and reactors use.
 */
export type ServiceDefinition<Views extends Readonly<Record<string, Fold>>> = Readonly<{
  name: string;
  /** Stream categories that only this service appends to. */
  owns: readonly string[];
  /** Fresh folds; called once per process (and again by `replay --check`). */
  views: () => Views;
  /**
   * Pure. Called on the leader for every event after the folds applied it; the outputs are appended with the
   * checkpoint.
   */
  react: (event: Envelope, views: Views) => readonly Reaction[];
  /** Commands by name, e.g. `RequestWithdrawal`. */
  commands: Readonly<Record<string, CommandHandler<never, Views>>>;
  /**
   * Questions by name, e.g. `GetMargin`: pure over the views. A `Rejection` answers NOT_FOUND and the like.
   */
  queries: Readonly<Record<string, (request: never, views: Views) => unknown>>;
  /** Questions about what the views knew at earlier positions, by name. */
  historyQueries?: Readonly<Record<string, HistoryQuery<never, Views>>>;
  effects?: Readonly<Record<string, EffectHandler>>;
  /**
   * Effects whose outcome the log does not know (asked at take-over, so that an unknown outcome is resolved,
   * never assumed).
   */
  unresolved?: (views: Views) => readonly Effect[];
  /**
   * When the next thing is due by the passing of time alone; the clock then appends `TimerFired` for this
   * service.
   */
  nextDue?: (views: Views) => Instant | undefined;
  /** What its folds know that those who run the cell watch. */
  figures?: readonly Figure<Views>[];
}>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- services of every view type
export type AnyService = ServiceDefinition<any>;

export const defineService = <V extends Readonly<Record<string, Fold>>>(
  definition: ServiceDefinition<V>,
): ServiceDefinition<V> => definition;
