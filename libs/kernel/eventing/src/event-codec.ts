import { decodeEvent, encodeEvent } from '@plinth/messages';
import type { EventData, EventType } from '@plinth/messages';

/**
 * Turns payloads into the bytes that are stored and hashed, and back into the present form of the payload.
 */
export type EventCodec = Readonly<{
  encode(type: string, data: unknown): Readonly<{ schema: number; bytes: Uint8Array }>;
  /**
   * Throws on an unknown type, a schema from the future or broken bytes. The bytes are only valid during the
   * call: what the payload keeps of them must be copied.
   */
  decode(type: string, schema: number, bytes: Uint8Array): unknown;
}>;

/** The codec of every log in production: the protobuf catalogue. */
export const catalogueCodec: EventCodec = {
  encode: (type, data) => encodeEvent(type as EventType, data as EventData<EventType>),
  decode: decodeEvent,
};
