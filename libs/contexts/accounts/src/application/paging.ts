import { LIMITS } from '../domain/limits.ts';
import { refuse } from './request-checks.ts';

export const pageSizeOf = (asked: number, most: number = LIMITS.pageSizeMax): number => {
  if (asked > most) {
    refuse('INVALID_FIELD', `Expected page_size from 1 to ${most}, or 0 for ${LIMITS.pageSizeDefault}`, {
      field: 'page_size',
      reason: 'invalid',
    });
  }
  return asked === 0 ? LIMITS.pageSizeDefault : asked;
};

const TOKEN_MAX_LENGTH = 256;

/**
 * One page of what comes after `token` in the order of `keyOf`. Items come sorted; a token is the key of the
 * last item given, so that pages neither repeat nor skip what is there all the time.
 */
export const page = <T>(
  sorted: readonly T[],
  keyOf: (item: T) => string,
  token: string,
  size: number,
): Readonly<{ items: readonly T[]; nextPageToken: string }> => {
  if (token.length > TOKEN_MAX_LENGTH) {
    refuse('INVALID_FIELD', 'Expected page_token as an earlier answer gave it', {
      field: 'page_token',
      reason: 'invalid',
    });
  }
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(sorted[middle] as T) <= token) low = middle + 1;
    else high = middle;
  }
  const items = sorted.slice(low, low + size);
  const last = items.at(-1);
  return { items, nextPageToken: last !== undefined && low + size < sorted.length ? keyOf(last) : '' };
};

export const byKey =
  <T>(keyOf: (item: T) => string) =>
  (a: T, b: T): number =>
    keyOf(a) < keyOf(b) ? -1 : 1;
