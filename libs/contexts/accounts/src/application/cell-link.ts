import type { CellLink } from '@plinth/eventing';
import type { AccountsViews } from './views.ts';

/**
 * What accounts takes over from the log of another cell: transfers on their way here, and its word on those
 * of this cell. One event, one command.
 */
export const transfersLink = (cell: string): CellLink<AccountsViews> => ({
  name: 'transfers',
  through: ({ transfers }, from) => transfers.through(from),
  commands: (events, fromCell) =>
    events.flatMap((event) => {
      const { position: sourcePosition } = event;
      const request = { fromCell, sourcePosition, sent: undefined, arrived: undefined, declined: undefined };
      const of = (what: object) => [
        { name: 'TakeTransfer', request: { ...request, ...what }, through: sourcePosition },
      ];
      switch (event.type) {
        case 'TransferSent':
          return event.data.toCell === cell ? of({ sent: event.data }) : [];
        case 'TransferArrived':
          return event.data.fromCell === cell ? of({ arrived: event.data }) : [];
        case 'TransferDeclined':
          return event.data.fromCell === cell ? of({ declined: event.data }) : [];
        default:
          return [];
      }
    }),
});
