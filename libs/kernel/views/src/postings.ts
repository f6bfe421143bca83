import type { Envelope } from '@plinth/eventing';
import { EVENT_CATALOGUE, type Posting } from '@plinth/messages';

/**
 * Types of events that are entries of the journal. Looked up once and not at each event: to ask an object for
 * a field that most of its kind do not have is dear, and every event of a log comes by here several times.
 */
const ENTRY_TYPES: ReadonlySet<string> = new Set(
  Object.entries(EVENT_CATALOGUE).flatMap(([type, { codec }]) =>
    'postings' in (codec.fromJSON({}) as object) ? [type] : [],
  ),
);

/** What an event moves between accounts of the ledger; undefined when it is no entry of the journal. */
export const postingsOf = ({ type, data }: Envelope): readonly Posting[] | undefined =>
  ENTRY_TYPES.has(type)
    ? (data as unknown as Readonly<{ postings: readonly Posting[] }>).postings
    : undefined;
