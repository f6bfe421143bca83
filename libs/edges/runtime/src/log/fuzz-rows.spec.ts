import { describe, expect, it } from '@jest/globals';
import { catalogueCodec, CorruptLog, toEnvelope, type Envelope } from '@plinth/eventing';
import { eventSample, mutated, Seeded } from '@plinth/messages/testing';
import { contiguous, eventParser } from './copy-rows.ts';

const INPUTS = Number(process.env['PLINTH_FUZZ_INPUTS'] ?? 10_000);
const SEED = Number(process.env['PLINTH_FUZZ_SEED'] ?? 20_200_312);

const random = new Seeded(SEED);

const sized = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return sized(bytes);
};

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return sized(bytes);
};

const COLUMNS = Buffer.of(0, 12);
const NULL = Buffer.from('ffffffff', 'hex');

/** A row of the log as the server's binary COPY has it. */
const rowOf = (type: string, schema: number, data: Uint8Array): Buffer =>
  Buffer.concat([
    COLUMNS,
    int64(1n),
    int64(1_800_000_000_000n),
    int32(1),
    int32(schema),
    sized(Buffer.from('00000000000070008000000000000001', 'hex')),
    ...['account-a1', type].map((text) => sized(Buffer.from(text))),
    sized(data),
    ...['correlation', 'causation', 'spec'].map((text) => sized(Buffer.from(text))),
    NULL,
  ]);

const read = (row: Buffer): Envelope =>
  eventParser(contiguous(0n, (stored) => toEnvelope(stored, catalogueCodec)))(row, 0);

/** A row that is too short for what it says, one of other columns, or bytes that are no event. */
const isClear = (error: unknown): boolean =>
  error instanceof CorruptLog ||
  /Expected (12 columns|a whole row|a text in a row)|ERR_OUT_OF_RANGE|ERR_BUFFER_OUT_OF_BOUNDS/.test(
    String(error),
  );

const outcomes = (
  row: () => Buffer,
): Readonly<{ read: number; refused: number; unclear: readonly string[] }> => {
  let [taken, refused] = [0, 0];
  const unclear: string[] = [];
  for (let n = 0; n < INPUTS; n += 1) {
    const bytes = row();
    try {
      read(bytes);
      taken += 1;
    } catch (error) {
      refused += 1;
      if (!isClear(error)) unclear.push(`${bytes.toString('hex').slice(0, 300)}: ${String(error)}`);
    }
  }
  return { read: taken, refused, unclear: unclear.slice(0, 5) };
};

describe(`rows of the log under changed bytes (seed ${SEED})`, () => {
  it('are read when nothing was changed, whatever the event', () => {
    const found = outcomes(() => {
      const { type, schema, bytes } = eventSample(random);
      return rowOf(type, schema, bytes);
    });
    expect(found).toEqual({ read: INPUTS, refused: 0, unclear: [] });
  });

  it('whose payload was changed are read or stop the reader, and say where', () => {
    const found = outcomes(() => {
      const { type, schema, bytes } = eventSample(random);
      return rowOf(type, schema, mutated(bytes, random));
    });
    expect(found.unclear).toEqual([]);
    expect(found.refused).toBeGreaterThan(INPUTS / 20);
  });

  it('of another type or a schema from the future stop the reader', () => {
    const { type, schema, bytes } = eventSample(random);
    for (const wrong of [
      rowOf('NoSuchEvent', 1, bytes),
      rowOf(type, schema + 1, bytes),
      rowOf(type, 0, bytes),
    ])
      expect(() => read(wrong)).toThrow(CorruptLog);
    for (const name of ['__proto__', 'constructor', 'toString', ''])
      expect(() => read(rowOf(name, 1, bytes))).toThrow(CorruptLog);
  });

  it('that were changed anywhere are read or refused, and nothing else happens', () => {
    const found = outcomes(() => {
      const { type, schema, bytes } = eventSample(random);
      return mutated(rowOf(type, schema, bytes), random);
    });
    expect(found.unclear).toEqual([]);
    expect(found.refused).toBeGreaterThan(INPUTS / 20);
  });
});
