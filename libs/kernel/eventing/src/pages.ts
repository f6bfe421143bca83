import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './limits.ts';
import { requireWhole } from './request-checks.ts';

export type Page<T> = Readonly<{ items: T[]; nextPageToken: string; total: number }>;

/**
 * One page of rows sorted by key. The token is the last key of the page before, so that new rows move
 * nothing.
 */
export const pageOf = <T>(
  rows: Iterable<T>,
  keyOf: (row: T) => string,
  request: Readonly<{ pageSize: number; pageToken: string }>,
): Page<T> => {
  const size = requireWhole(request.pageSize, 'page_size', 0, MAX_PAGE_SIZE) || DEFAULT_PAGE_SIZE;
  const sorted = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const after = sorted.filter((row) => keyOf(row) > request.pageToken);
  const items = after.slice(0, size);
  const last = items.at(-1);
  const nextPageToken = after.length > size && last !== undefined ? keyOf(last) : '';
  return { items, nextPageToken, total: sorted.length };
};
