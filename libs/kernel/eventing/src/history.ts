import type { Rejection } from './decider.ts';
import type { Envelope, Instant } from './envelope.ts';

/** A place in the log: a position, or the last event at or before a time. */
export type LogPlace = Readonly<{ position: bigint } | { atMs: Instant }>;

/** The event that a place stands for. */
export type FoundPlace = Readonly<{ position: bigint; atMs: Instant }>;

/**
 * The log's past, as questions about it see it. Every method ends the question with an error of its own when
 * a bound of the history or the caller's deadline is reached.
 */
export interface LogHistory<Views> {
  /**
   * The event that a place stands for, up to the one that was folded last; that one when no place is given.
   * A refusal names the field when the log has no such place.
   */
  find(field: string, place: LogPlace | undefined): Promise<FoundPlace | Rejection>;
  /** What the service's views knew at an event. Others read it too: nothing may be applied to it. */
  at(place: FoundPlace): Promise<Views>;
  /** Events behind `from` up to `to`, in order. */
  between(from: FoundPlace, to: FoundPlace): AsyncIterable<Envelope>;
}

/** A question about earlier positions. A `Rejection` answers NOT_FOUND and the like, as in a query. */
export type HistoryQuery<Request, Views> = (request: Request, history: LogHistory<Views>) => Promise<unknown>;
