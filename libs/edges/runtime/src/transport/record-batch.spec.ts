import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { crc32c, encodeRecordBatch } from './record-batch.ts';

/** The client library's own reader of batches, as an independent judge. */
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;
const readBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: unknown,
) => Promise<Readonly<{ records: readonly Read[] }>>;

type Read = Readonly<{
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, Buffer>>;
  timestamp: string;
}>;

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const records = fc.array(
  fc.record({
    key: fc.oneof(fc.constant(null), bytes, fc.string()),
    value: fc.oneof(fc.constant(null), bytes),
    headers: fc.dictionary(
      fc.constantFrom('position', 'previous', 'hash', 'ce_id', 'ce_sequence', 'content-type'),
      fc.oneof(bytes, fc.string({ unit: 'grapheme' })),
    ),
  }),
  { minLength: 1, maxLength: 150 },
);

const asBuffer = (text: Buffer | string | null): Buffer | null =>
  typeof text === 'string' ? Buffer.from(text, 'utf8') : text;

describe('a batch of records', () => {
  it('is read back as it was written, by another reader', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (written) => {
        const batch = encodeRecordBatch(written, 1_700_000_000_000);
        const { records: read } = await readBatch(new Decoder(batch));
        expect(read.map(({ offset }) => offset)).toEqual(written.map((_, i) => String(i)));
        for (const [i, { key, value, headers, timestamp }] of read.entries()) {
          expect(timestamp).toBe('1700000000000');
          expect([key, value]).toEqual([
            asBuffer(written[i]?.key ?? null),
            asBuffer(written[i]?.value ?? null),
          ]);
          const expected = Object.entries(written[i]?.headers ?? {});
          expect(Object.entries(headers)).toEqual(expected.map(([name, text]) => [name, asBuffer(text)]));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('carries the CRC-32C of what follows it', () => {
    // RFC 3720, appendix B.4.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8_ab43);
    const batch = encodeRecordBatch([{ key: null, value: Buffer.from('x'), headers: {} }], 1);
    expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)));
  });
});
