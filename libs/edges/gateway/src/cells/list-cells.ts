import type { accountsMessages, gatewayMessages } from '@plinth/messages';
import type { Cell, Cells } from './cells.ts';

const FIRST: accountsMessages.ListTransfersRequest = {
  ...{ accountId: '', state: 'in-flight', pageSize: 1, pageToken: '', read: undefined },
};

const infoOf = async (
  cell: Cell,
  { home }: Cells,
  signal: AbortSignal,
): Promise<gatewayMessages.CellInfo> => {
  const { id, client, feed } = cell;
  const info = {
    ...{ cell: id, isHome: cell === home, position: feed.last },
    placedClients: home.feed.placements.countIn(id),
  };
  try {
    const answer = await client.query('ListTransfers', FIRST, signal);
    if (answer.status === 'answered') {
      const { transfers, total } = answer.response as accountsMessages.ListTransfersResponse;
      const oldestInFlightAtMs = transfers[0]?.sentAtMs ?? 0;
      return { ...info, answers: true, transfersInFlight: total, oldestInFlightAtMs };
    }
  } catch {
    // A cell that does not answer is what the question is about.
    signal.throwIfAborted();
  }
  return { ...info, answers: false, transfersInFlight: 0, oldestInFlightAtMs: 0 };
};

/** Every cell, whether it answers, and what is on its way from it. */
export const listCells = async (
  cells: Cells,
  signal: AbortSignal,
): Promise<gatewayMessages.ListCellsResponse> => ({
  cells: await Promise.all(cells.all.map((cell) => infoOf(cell, cells, signal))),
});
