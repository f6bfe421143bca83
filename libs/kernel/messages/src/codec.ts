import { EVENT_CATALOGUE, type EventData, type EventKind, type EventType } from './catalogue.ts';
import { InterningReader } from './interning-reader.ts';
import { UPCASTERS, type Upcaster } from './upcasters.ts';
import { WRITTEN_AS, type OldForm } from './written-as.ts';

export type EncodedEvent = Readonly<{ schema: number; bytes: Uint8Array }>;

/** What a program knows of events: each type's present form, the old forms it reads, and those it writes. */
export type EventForms = Readonly<{
  catalogue: Readonly<Record<string, EventKind<unknown>>>;
  upcasters: Readonly<Record<string, Readonly<Record<number, Upcaster>> | undefined>>;
  writtenAs: Readonly<Record<string, OldForm | undefined>>;
}>;

/** Decoding is synchronous, so one reader serves all; each payload starts it over. */
const reader = new InterningReader();

/**
 * Turns the present form of a payload into what is stored, and what is stored into the present form. `decode`
 * throws on an unknown type, a newer schema or broken bytes: the reader must stop.
 */
export const eventForms = ({ catalogue, upcasters, writtenAs }: EventForms) => {
  const kindOf = (type: string): EventKind<unknown> => {
    const kind = Object.hasOwn(catalogue, type) ? catalogue[type] : undefined;
    if (kind === undefined) throw new Error(`Expected a known event type, was ${type}`);
    return kind;
  };
  const encode = (type: string, data: unknown): EncodedEvent => {
    const old = writtenAs[type];
    if (old !== undefined) return { schema: old.schema, bytes: old.encode(data) };
    const { schema, codec } = kindOf(type);
    return { schema, bytes: codec.encode(data).finish() };
  };
  const decode = (type: string, schema: number, bytes: Uint8Array): unknown => {
    const { schema: present, codec } = kindOf(type);
    if (schema > present || schema < 1) {
      throw new Error(
        `Expected schema 1 to ${present} of ${type}, was ${schema}: upgrade this program first`,
      );
    }
    if (schema === present) return codec.decode(reader.on(bytes));
    const lift = upcasters[type]?.[schema];
    if (lift === undefined) throw new Error(`Expected an upcaster for ${type} schema ${schema}, was none`);
    return lift(bytes.slice());
  };
  return { encode, decode };
};

const present = eventForms({
  catalogue: EVENT_CATALOGUE,
  upcasters: UPCASTERS,
  writtenAs: WRITTEN_AS,
});

/** Canonical protobuf bytes (fields in number order, defaults left out): what is stored and hashed. */
export const encodeEvent = <K extends EventType>(type: K, data: EventData<K>): EncodedEvent =>
  present.encode(type, data);

/**
 * Present form of a stored payload. Throws on an unknown type, a newer schema or broken bytes: the reader
 * must stop.
 */
export const decodeEvent = (type: string, schema: number, bytes: Uint8Array): EventData<EventType> =>
  present.decode(type, schema, bytes) as EventData<EventType>;

const kindOf = <K extends EventType>(type: K): EventKind<EventData<K>> =>
  EVENT_CATALOGUE[type] as unknown as EventKind<EventData<K>>;

export const eventToJson = <K extends EventType>(type: K, data: EventData<K>): unknown =>
  kindOf(type).codec.toJSON(data);

export const eventFromJson = <K extends EventType>(type: K, json: unknown): EventData<K> =>
  kindOf(type).codec.fromJSON(json);
