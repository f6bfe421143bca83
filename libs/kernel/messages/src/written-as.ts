import type { EventType } from './catalogue.ts';

/** An old schema version of a payload, and how the present form is written down in it. */
export type OldForm = Readonly<{ schema: number; encode: (data: unknown) => Uint8Array }>;

/**
 * Event types that this program reads in a newer schema than it writes. While programs are exchanged one by
 * one, those of the release before still read the log, and they stop at a schema that they do not know. So a
 * new schema ships twice: first read only, its old form listed here; with the next release the line goes.
 */
export const WRITTEN_AS: Partial<Record<EventType, OldForm>> = {};
