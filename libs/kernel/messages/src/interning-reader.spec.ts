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

  it('leaves long texts and other alphabets to the library', () => {
    const long = encoder.encode('x'.repeat(41));
    expect(internAscii(long, 0, long.length)).toBeUndefined();
    const accents = encoder.encode('Zoë');
    expect(internAscii(accents, 0, accents.length)).toBeUndefined();
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
