import type { Envelope } from './envelope.ts';
import type { Fold } from './fold.ts';

/** A command to a service of this cell that takes over events of another cell's log. */
export type LinkCommand = Readonly<{
  name: string;
  request: object;
  /** Place in the other cell's log up to which the command goes: with the cells its name for ever. */
  through: bigint;
}>;

/**
 * What one service takes over from the log of another cell: at least once, in order, and with one effect,
 * because the service's own streams know how far they have come. Pure: whatever drives it reads the log.
 */
export type CellLink<Views extends Readonly<Record<string, Fold>>> = Readonly<{
  name: string;
  /** Place in the other cell's log of what has been taken over last; 0n when nothing has. */
  through: (views: Views, from: string) => bigint;
  /** Of consecutive events of the other log. None when they do not concern this cell. */
  commands: (events: readonly Envelope[], from: string) => readonly LinkCommand[];
}>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- links of every view type
export type AnyCellLink = CellLink<any>;

/** A service has been there before: what the command brings is in the log. */
export const TAKEN_ALREADY = 'TAKEN_ALREADY';
