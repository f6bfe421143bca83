import { OutcomeUnknown, Retryable, type Envelope } from '@plinth/eventing';

/** The database is away or cut the connection: nothing is wrong with the service or with the event. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Retryable || error instanceof OutcomeUnknown;

/**
 * The service cannot go on at this position: a bug, or data that it must not interpret. It stays queryable
 * where it is.
 */
export class PoisonEvent extends Error {
  override readonly name = 'PoisonEvent';
  readonly position: bigint;
  constructor(service: string, event: Envelope, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${service} stopped at position ${event.position} (${event.type} on ${event.stream}): ${why}`, {
      cause,
    });
    this.position = event.position;
  }
}

/** Another process leads this service now; this one must stop reacting (its folds go on). */
export class Fenced extends Error {
  override readonly name = 'Fenced';
  constructor(service: string, expected: bigint, actual: bigint) {
    super(`${service}: expected checkpoint ${expected}, was ${actual}: another leader has taken over`);
  }
}
