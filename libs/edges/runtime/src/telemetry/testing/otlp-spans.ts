import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A span as a collector gets it. Ids in hex; `parent` is empty for the first of a trace. */
export type ReceivedSpan = Readonly<{
  trace: string;
  id: string;
  parent: string;
  name: string;
  /** `service.name` of the process. */
  process: string;
  attributes: Readonly<Record<string, string>>;
  /** Ids of the spans that it is linked to. */
  links: readonly string[];
}>;

type Fields = ReadonlyMap<number, readonly Uint8Array[]>;

/** The length-delimited fields of a message; numbers are passed over. */
const fieldsOf = (bytes: Uint8Array): Fields => {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.set(field, [...(fields.get(field) ?? []), reader.bytes()]);
    else reader.skip(type);
  }
  return fields;
};

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

/** Text attributes: key = 1, value = 2 { string_value = 1 }. */
const attributesOf = (pairs: readonly Uint8Array[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const { 0: key, 1: value } = [1, 2].map((field) => fieldsOf(pair).get(field)?.[0]);
      return [text(key), text(fieldsOf(value ?? new Uint8Array()).get(1)?.[0])];
    }),
  );

const all = (fields: Fields, field: number): readonly Uint8Array[] => fields.get(field) ?? [];
const one = (fields: Fields, field: number): Uint8Array | undefined => all(fields, field)[0];

/** Spans of an ExportTraceServiceRequest (opentelemetry/proto/trace/v1/trace.proto). */
export const spansOfExport = (bytes: Uint8Array): readonly ReceivedSpan[] =>
  all(fieldsOf(bytes), 1).flatMap((resourceSpans) => {
    const resource = fieldsOf(one(fieldsOf(resourceSpans), 1) ?? new Uint8Array());
    const process = attributesOf(all(resource, 1))['service.name'] ?? '';
    return all(fieldsOf(resourceSpans), 2)
      .flatMap((scopeSpans) => all(fieldsOf(scopeSpans), 2))
      .map(fieldsOf)
      .map((span) => ({
        ...{ trace: hex(one(span, 1)), id: hex(one(span, 2)), parent: hex(one(span, 4)) },
        ...{ name: text(one(span, 5)), process, attributes: attributesOf(all(span, 9)) },
        links: all(span, 13).map((link) => hex(one(fieldsOf(link), 2))),
      }));
  });
