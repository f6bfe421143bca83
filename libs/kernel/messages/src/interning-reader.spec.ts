import { describe, expect, it } from '@jest/globals';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { decodeEvent, encodeEvent } from './codec.ts';
import { InterningReader, internAscii } from './interning-reader.ts';

const encoder = new TextEncoder();

describe('InterningReader', () => {
  it('reads every text as the library does, whatever was read before', () => {
    const reader = new InterningReader();
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
        const writer = new BinaryWriter();
        for (const one of texts) writer.string(one);
        reader.on(writer.finish());
        expect(texts.map(() => reader.string())).toEqual(texts);
      }),
    );
  });

  it('tells texts apart that fall into the same place', () => {
    const seen = Array.from({ length: 50_000 }, (_, i) => `key-${i}`);
    for (let round = 0; round < 2; round += 1) {
      for (const text of seen) {
        const bytes = encoder.encode(text);
        expect(internAscii(bytes, 0, bytes.length)).toBe(text);
      }
    }
  });

  it('tells a text from the same with zeros behind it', () => {
    for (let round = 0; round < 2; round += 1) {
      for (const text of ['', '\0', '\0\0', 'abc', 'abc\0', 'abc\0\0']) {
        const bytes = encoder.encode(text);
        expect(internAscii(bytes, 0, bytes.length)).toBe(text);
      }
    }
  });

  it('reads a text that other bytes stand behind', () => {
    const bytes = encoder.encode('abcdefghij');
    for (let end = 0; end <= 10; end += 1)
      expect(internAscii(bytes, 1, Math.max(end, 1))).toBe('abcdefghij'.slice(1, Math.max(end, 1)));
  });

  it('leaves long texts and other alphabets to the library', () => {
    const long = encoder.encode('x'.repeat(41));
    expect(internAscii(long, 0, long.length)).toBeUndefined();
    const accents = encoder.encode('Zoë');
    expect(internAscii(accents, 0, accents.length)).toBeUndefined();
  });

  it('reads numbers of a fixed width from every payload anew', () => {
    const reader = new InterningReader();
    for (const value of [0.5, -1e300, 7]) {
      const writer = new BinaryWriter().string('in front').double(value).fixed32(9).double(-value);
      reader.on(Uint8Array.from([1, 2, 3, ...writer.finish()]).subarray(3));
      expect([reader.string(), reader.double(), reader.fixed32(), reader.double()]).toEqual([
        ...['in front', value, 9, -value],
      ]);
    }
  });

  it('stops at a text that reaches beyond the payload', () => {
    const reader = new InterningReader().on(new Uint8Array([5, 65, 66]));
    expect(() => reader.string()).toThrow('premature EOF');
  });

  it('gives payloads that stay as they are when the memory they were read from is used again', () => {
    const { schema, bytes } = encodeEvent('TimerFired', { service: 'risk', dueAtMs: 7 });
    const memory = bytes.slice();
    const data = decodeEvent('TimerFired', schema, memory);
    memory.fill(0);
    expect(data).toEqual({ service: 'risk', dueAtMs: 7 });
    const raw = new InterningReader().on(new Uint8Array([2, 8, 9]));
    const kept = raw.bytes();
    raw.on(new Uint8Array([2, 1, 1]));
    expect([...kept]).toEqual([8, 9]);
  });
});
