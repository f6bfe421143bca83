import { EVENT_CATALOGUE, isEventType, type EventData, type EventKind, type EventType } from './catalogue.ts';
import { InterningReader } from './interning-reader.ts';
import { upcast } from './upcasters.ts';

export type EncodedEvent = Readonly<{ schema: number; bytes: Uint8Array }>;

const kindOf = <K extends EventType>(type: K): EventKind<EventData<K>> =>
  EVENT_CATALOGUE[type] as unknown as EventKind<EventData<K>>;

/** Canonical protobuf bytes (fields in number order, defaults left out): what is stored and hashed. */
export const encodeEvent = <K extends EventType>(type: K, data: EventData<K>): EncodedEvent => {
  const { schema, codec } = kindOf(type);
  return { schema, bytes: codec.encode(data).finish() };
};

/** Decoding is synchronous, so one reader serves all; each payload starts it over. */
const reader = new InterningReader();

/**
 * Present form of a stored payload. Throws on an unknown type, a newer schema or broken bytes: the reader
 * must stop.
 */
export const decodeEvent = (type: string, schema: number, bytes: Uint8Array): EventData<EventType> => {
  if (!isEventType(type)) throw new Error(`Expected a known event type, was ${type}`);
  const { schema: present, codec } = kindOf(type);
  if (schema > present || schema < 1) {
    throw new Error(`Expected schema 1 to ${present} of ${type}, was ${schema}: upgrade this program first`);
  }
  return schema === present
    ? codec.decode(reader.on(bytes))
    : (upcast(type, schema, bytes.slice()) as EventData<EventType>);
};

export const eventToJson = <K extends EventType>(type: K, data: EventData<K>): unknown =>
  kindOf(type).codec.toJSON(data);

export const eventFromJson = <K extends EventType>(type: K, json: unknown): EventData<K> =>
  kindOf(type).codec.fromJSON(json);
