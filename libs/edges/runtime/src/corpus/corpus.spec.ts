import { describe, expect, it } from '@jest/globals';
import {
  decodeEvent,
  encodeEvent,
  EVENT_CATALOGUE,
  eventToJson,
  UPCASTERS,
  WRITTEN_AS,
  type EventKind,
  type EventType,
} from '@plinth/messages';
import { readCorpus, type CorpusLine } from './corpus.ts';

const catalogue = Object.entries(EVENT_CATALOGUE as Readonly<Record<string, EventKind<unknown>>>);
const corpus = readCorpus();
const bytesOf = (line: CorpusLine): Uint8Array => new Uint8Array(Buffer.from(line.bytes, 'base64'));

describe('the corpus of every event that was ever written', () => {
  it('has a line for every schema of every type', () => {
    const there = new Set(corpus.map(({ type, schema }) => `${type} ${schema}`));
    const wanted = catalogue.flatMap(([type, { schema }]) =>
      Array.from({ length: schema }, (_, i) => `${type} ${i + 1}`),
    );
    // `npm run corpus:add` adds what is missing.
    expect(wanted.filter((one) => !there.has(one))).toEqual([]);
    expect(corpus).toHaveLength(there.size);
  });

  it('is read by this program to what it meant when it was written', () => {
    for (const line of corpus) {
      const data = decodeEvent(line.type, line.schema, bytesOf(line));
      expect({ [line.type]: eventToJson(line.type as EventType, data as never) }).toEqual({
        [line.type]: line.present,
      });
    }
  });

  it('is written again byte for byte where the schema is the present one', () => {
    for (const line of corpus) {
      const type = line.type as EventType;
      if (line.schema !== EVENT_CATALOGUE[type].schema || WRITTEN_AS[type] !== undefined) continue;
      const data = decodeEvent(line.type, line.schema, bytesOf(line));
      const bytes = Buffer.from(encodeEvent(type, data as never).bytes).toString('base64');
      expect({ [line.type]: bytes }).toEqual({ [line.type]: line.bytes });
    }
  });

  it('has an upcaster for every schema before the present one', () => {
    const missing = catalogue.flatMap(([type, { schema }]) =>
      Array.from({ length: schema - 1 }, (_, i) => i + 1)
        .filter((old) => UPCASTERS[type as EventType]?.[old] === undefined)
        .map((old) => `${type} ${old}`),
    );
    expect(missing).toEqual([]);
  });
});
