import { AssertionError } from '@plinth/money';
import { OutcomeUnknown, Retryable } from '@plinth/eventing';
import pg from 'pg';

/** SQLSTATEs after which the server has certainly rolled back and the same request may succeed later. */
const PASSING: readonly RegExp[] = [
  /^40/, // serialization failure, deadlock
  /^53/, // out of disk, memory, connections
  /^55P03$/, // lock timeout
  /^57014$/, // statement timeout
  /^57P03$/, // starting up or shutting down
  /^25006$/, // a standby that is read-only
];

/** The server is going down or the backend is terminated: a commit may or may not have happened before. */
const CUT = /^57P0[12]$/;

/** Reason of a refusal while the database has no room for more. */
export const STORAGE_FULL = 'STORAGE_FULL';
const DISK_FULL = /^53100$/;
export const READ_ONLY_STATE = '25006';

const EPOCH_CHANGED = 'PLN01';

/** The log was promoted to a new epoch while this process was working in the old one: it must start again. */
export class EpochChanged extends Error {
  override readonly name = 'EpochChanged';
}

export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/**
 * True when the statement itself is at fault, so that its neighbours in a batch deserve to be tried without
 * it.
 */
export const isDataError = (error: unknown): boolean => /^(22|23)/.test(sqlStateOf(error) ?? '');

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What an append that was sent and did not come back well means to its caller. */
export const appendFailure = (error: unknown): Error => {
  if (error instanceof Retryable || error instanceof OutcomeUnknown) return error;
  const state = sqlStateOf(error);
  if (state === undefined || CUT.test(state) || isFatal(error)) {
    return new OutcomeUnknown(`the connection was lost during an append: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (state === EPOCH_CHANGED) return new EpochChanged(messageOf(error), { cause: error });
  return definiteFailure(state, error);
};

/**
 * More than the statement has failed, whatever the state says: a server that panics because it cannot write
 * its log may have written the commit before.
 */
const isFatal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.severity !== undefined && error.severity !== 'ERROR';

export const storageFull = (cause: unknown): Retryable =>
  new Retryable('the disk of the database is full: nothing is recorded until there is room again', {
    ...{ cause, reason: STORAGE_FULL },
  });

/** A read or a connection attempt changes nothing: every lost connection is a passing fault. */
export const readFailure = (error: unknown): Error => {
  const state = sqlStateOf(error);
  if (state === undefined && error instanceof AssertionError) return error;
  if (state === undefined || CUT.test(state) || state.startsWith('08')) {
    return new Retryable(`the database cannot be reached: ${messageOf(error)}`, { cause: error });
  }
  return definiteFailure(state, error);
};

const definiteFailure = (state: string, error: unknown): Error => {
  if (DISK_FULL.test(state)) return storageFull(error);
  return PASSING.some((pattern) => pattern.test(state))
    ? new Retryable(`the database asks to try again (${state}): ${messageOf(error)}`, { cause: error })
    : new Error(`the database refused (${state}): ${messageOf(error)}`, { cause: error });
};
