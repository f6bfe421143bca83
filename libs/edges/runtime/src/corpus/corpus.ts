import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const CORPUS_FILE = fileURLToPath(
  new URL('../../../../kernel/messages/corpus/events.ndjson', import.meta.url),
);

/** A payload as it was stored under a schema, in base64, and its present form as JSON. */
export type CorpusLine = Readonly<{ type: string; schema: number; bytes: string; present: unknown }>;

/** One payload of every type and schema that was ever written. */
export const readCorpus = (): readonly CorpusLine[] =>
  existsSync(CORPUS_FILE)
    ? readFileSync(CORPUS_FILE, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as CorpusLine)
    : [];
