import type { EventType } from './catalogue.ts';

/**
 * Lifts the payload bytes of one old schema version to the present form. Pure and total; stored bytes never
 * change.
 */
export type Upcaster = (bytes: Uint8Array) => unknown;

/**
 * By event type, then by the schema version of the stored payload. Every version ever shipped stays here for
 * good.
 */
export const UPCASTERS: Partial<Record<EventType, Readonly<Record<number, Upcaster>>>> = {};
