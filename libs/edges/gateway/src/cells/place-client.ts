import { createHash } from 'node:crypto';
import { assert } from '@plinth/money';
import type { accountsMessages } from '@plinth/messages';
import type { Sender } from '@plinth/runtime';
import { rejectionError } from '@plinth/runtime/grpc';
import type { Cell, Cells } from './cells.ts';

/** The placing has an id of its own, made of that of the opening: sent again it is the same placing. */
const placingId = (requestId: string): string =>
  `place.${createHash('sha256').update(requestId).digest('hex').slice(0, 40)}`;

/**
 * Before a client is opened the home cell says where, once and for ever; a named cell is where it will be, or
 * the opening is refused. When what follows fails the client is placed and not open: sent again it is opened
 * there.
 */
export const placeClient = async (
  cells: Cells,
  { clientId }: Pick<accountsMessages.OpenClientRequest, 'clientId'>,
  wanted: string,
  sender: Sender,
  signal: AbortSignal,
): Promise<Cell> => {
  const { home, all } = cells;
  const candidates = all.filter(({ takesClients, id }) => takesClients || id === wanted);
  const request: accountsMessages.PlaceClientRequest = {
    ...{ clientId, cell: wanted, cells: candidates.map(({ id }) => id) },
  };
  const placing = { ...sender, requestId: placingId(`${sender.requestId} ${wanted}`) };
  const answer = await home.client.command('PlaceClient', request, placing);
  if (answer.status === 'rejected') throw rejectionError(answer.rejection);
  const read = { minPosition: answer.position };
  const placement = await home.client.query('GetPlacement', { clientId, read }, signal);
  if (placement.status === 'rejected') throw rejectionError(placement.rejection);
  const { cell: id } = placement.response as accountsMessages.PlacementInfo;
  const cell = cells.named(id);
  assert(cell !== undefined, () => `Expected a cell of this gateway, was ${id}`);
  // The caller's next call may be of this client already.
  await home.feed.reach(answer.position, signal);
  return cell;
};
