import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import type { EventKind } from './catalogue.ts';
import { decodeEvent, encodeEvent, eventForms, type EventForms } from './codec.ts';

/** A payload of one text field; form 1 called it a name, form 2 says it in capitals. */
type Named = Readonly<{ name: string }>;

const write = (name: string): BinaryWriter => new BinaryWriter().uint32(10).string(name);

const read = (input: BinaryReader | Uint8Array): string => {
  const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
  reader.uint32();
  return reader.string();
};

const kind = (schema: number): EventKind<unknown> => ({
  owner: 'test',
  schema,
  codec: {
    encode: (data) => write((data as Named).name),
    decode: (input): Named => ({ name: read(input) }),
    toJSON: (data) => data,
    fromJSON: (data) => data,
  },
});

const upcasters: EventForms['upcasters'] = {
  Named: { 1: (bytes): Named => ({ name: read(bytes).toUpperCase() }) },
};
const oldForm = {
  schema: 1,
  encode: (data: unknown) => write((data as Named).name.toLowerCase()).finish(),
};

/** Three releases of one program, as they follow each other. */
const before = eventForms({ catalogue: { Named: kind(1) }, upcasters: {}, writtenAs: {} });
const between = eventForms({ catalogue: { Named: kind(2) }, upcasters, writtenAs: { Named: oldForm } });
const after = eventForms({ catalogue: { Named: kind(2) }, upcasters, writtenAs: {} });

describe('events while programs are exchanged one by one', () => {
  it('what the release between writes is read by the ones before and after, to the same meaning', () => {
    const { schema, bytes } = between.encode('Named', { name: 'ADA' });
    expect(schema).toBe(1);
    expect(before.decode('Named', schema, bytes)).toEqual({ name: 'ada' });
    expect(between.decode('Named', schema, bytes)).toEqual({ name: 'ADA' });
    expect(after.decode('Named', schema, bytes)).toEqual({ name: 'ADA' });
  });

  it('what the release before has written is read by both later ones', () => {
    const { schema, bytes } = before.encode('Named', { name: 'ada' });
    for (const program of [between, after])
      expect(program.decode('Named', schema, bytes)).toEqual({ name: 'ADA' });
  });

  it('what the release after writes is read by the one between; the one before stops and says why', () => {
    const { schema, bytes } = after.encode('Named', { name: 'ADA' });
    expect(schema).toBe(2);
    expect(between.decode('Named', schema, bytes)).toEqual({ name: 'ADA' });
    expect(() => before.decode('Named', schema, bytes)).toThrow(
      'Expected schema 1 to 1 of Named, was 2: upgrade this program first',
    );
  });

  it('an old form without an upcaster stops the reader', () => {
    const forgetful = eventForms({ catalogue: { Named: kind(2) }, upcasters: {}, writtenAs: {} });
    const { schema, bytes } = before.encode('Named', { name: 'ada' });
    expect(() => forgetful.decode('Named', schema, bytes)).toThrow(
      'Expected an upcaster for Named schema 1, was none',
    );
  });
});

describe('the codec of the catalogue', () => {
  it('refuses what it does not know', () => {
    const { bytes } = encodeEvent('TimerFired', { service: 'risk', dueAtMs: 5 });
    expect(decodeEvent('TimerFired', 1, bytes)).toEqual({ service: 'risk', dueAtMs: 5 });
    expect(() => decodeEvent('Unheard', 1, bytes)).toThrow('Expected a known event type, was Unheard');
    expect(() => decodeEvent('toString', 1, bytes)).toThrow('Expected a known event type, was toString');
    expect(() => decodeEvent('TimerFired', 9, bytes)).toThrow('upgrade this program first');
    expect(() => decodeEvent('TimerFired', 0, bytes)).toThrow('Expected schema 1 to 1');
  });
});
