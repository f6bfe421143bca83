import type { Rejection } from '@plinth/eventing';
import { integerOf } from '@plinth/money';
import { LIMITS } from '../../domain/limits.ts';
import { invalid, isRejection, reading } from './account-of.ts';

type Page = Readonly<{ from: number; to: number }>;

/** Which rows of a ranked list a page has; a token is the place of its first row. */
export const pageOf = (pageSize: number, pageToken: string): Page | Rejection => {
  if (pageSize > LIMITS.pageSizeMax) return invalid('pageSize', `Expected 0 to ${LIMITS.pageSizeMax}`);
  const from = reading(() => (pageToken === '' ? 0 : integerOf(pageToken, 'pageToken', 0)));
  if (isRejection(from)) return from;
  return { from, to: from + (pageSize === 0 ? LIMITS.pageSizeDefault : pageSize) };
};
