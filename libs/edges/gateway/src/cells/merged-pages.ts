import { status as grpc } from '@grpc/grpc-js';
import { GrpcError } from '@plinth/runtime/grpc';
import type { Answer } from '../server/unary.ts';
import type { Cell } from './cells.ts';

type Request = Readonly<Record<string, unknown>>;
type Page = Readonly<Record<string, unknown> & { nextPageToken: string }>;

const TOKEN = /^([a-z0-9]{1,16})!(.*)$/s;

const startOf = (token: string, cells: readonly Cell[]): Readonly<{ place: number; inner: string }> => {
  if (token === '') return { place: 0, inner: '' };
  const [, id = '', inner = ''] = TOKEN.exec(token) ?? [];
  const place = cells.findIndex((cell) => cell.id === id);
  if (place >= 0) return { place, inner };
  throw new GrpcError(
    grpc.INVALID_ARGUMENT,
    'INVALID_FIELD',
    'Expected page_token as an earlier answer gave it',
    { field: 'page_token' },
  );
};

const hasRows = (page: Page): boolean =>
  Object.values(page).some((value) => Array.isArray(value) && value.length > 0);

/**
 * One page of a list over all cells, one cell after the other: each page is of one cell, and its token names
 * the cell that the next one is of. So pages neither repeat nor skip what is there all the time, whatever
 * happens in another cell in between.
 */
export const mergedPage = async (
  cells: readonly Cell[],
  request: Request,
  ask: (cell: Cell, request: Request) => Promise<Answer>,
): Promise<Readonly<{ answer: Answer; cell: Cell }>> => {
  const token = request['pageToken'];
  const { place, inner } = startOf(typeof token === 'string' ? token : '', cells);
  for (let i = place; ; i += 1) {
    const cell = cells[i] as Cell;
    const answer = await ask(cell, { ...request, pageToken: i === place ? inner : '' });
    const page = answer.response as Page;
    const next = cells[i + 1];
    if (page.nextPageToken === '' && next !== undefined && !hasRows(page)) continue;
    const after = next === undefined ? '' : `${next.id}!`;
    const nextPageToken = page.nextPageToken === '' ? after : `${cell.id}!${page.nextPageToken}`;
    return { answer: { ...answer, response: { ...page, nextPageToken } }, cell };
  }
};
