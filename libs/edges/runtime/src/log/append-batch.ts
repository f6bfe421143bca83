import { AssertionError, assert } from '@plinth/money';
import type { AppendRequest, AppendResult, EventCodec } from '@plinth/eventing';
import { assertAppendRequest, assertPayload, MAX_APPEND_BYTES } from '@plinth/eventing';
import { VERDICTS } from './judge-function.ts';
import { byteaArray, int4Array, int8Array, textArray, uuidArray } from './binary-arrays.ts';

/** A request that is checked and encoded: nothing about it can fail any more but the log's own judgement. */
export type PreparedAppend = Readonly<{
  request: AppendRequest;
  payloads: readonly Readonly<{ schema: number; bytes: Uint8Array }>[];
  /** Payload and answer bytes, for the limits of queue and batch. */
  bytes: number;
  /** Names that two requests of one batch must not share: streams, ids, command key, consumer. */
  claims: readonly string[];
}>;

export const prepareAppend = (request: AppendRequest, codec: EventCodec): PreparedAppend => {
  assertAppendRequest(request);
  const payloads: { schema: number; bytes: Uint8Array }[] = [];
  const claims: string[] = [];
  let bytes = request.command?.answer.length ?? 0;
  for (const { stream, events } of request.appends) {
    claims.push(stream);
    for (const { id, type, data } of events) {
      const payload = codec.encode(type, data);
      assertPayload(type, payload.bytes);
      bytes += payload.bytes.length;
      payloads.push(payload);
      claims.push(id);
    }
  }
  assert(
    bytes <= MAX_APPEND_BYTES,
    () => `Expected at most ${MAX_APPEND_BYTES} payload bytes in one append, was ${bytes}`,
  );
  const { command, checkpoint } = request;
  // A blank and a line feed stand in no stream and no id, so these names meet no other.
  if (command !== undefined) claims.push(`key ${command.tenant}\n${command.key}`);
  if (checkpoint !== undefined) claims.push(`consumer ${checkpoint.consumer}`);
  return { request, payloads, bytes, claims };
};

class Columns {
  readonly requestEvents: number[] = [];
  readonly request: number[] = [];
  readonly stream: string[] = [];
  readonly version: number[] = [];
  readonly id: string[] = [];
  readonly type: string[] = [];
  readonly schema: number[] = [];
  readonly data: Uint8Array[] = [];
  readonly occurred: bigint[] = [];
  readonly correlation: string[] = [];
  readonly causation: string[] = [];
  readonly actor: string[] = [];
  readonly traceparent: (string | undefined)[] = [];
}

const eventColumns = (batch: readonly PreparedAppend[]): Columns => {
  const to = new Columns();
  batch.forEach(({ request, payloads }, r) => {
    let n = 0;
    for (const { stream, expectedVersion, events, because = request } of request.appends) {
      const { cause, occurredAt } = because;
      const occurred = BigInt(occurredAt);
      let version = expectedVersion;
      for (const { id, type } of events) {
        const payload = payloads[n];
        assert(payload !== undefined, 'Expected a payload for each event');
        n += 1;
        version += 1;
        to.request.push(r + 1);
        to.stream.push(stream);
        to.version.push(version);
        to.id.push(id);
        to.type.push(type);
        to.schema.push(payload.schema);
        to.data.push(payload.bytes);
        to.occurred.push(occurred);
        to.correlation.push(cause.correlationId);
        to.causation.push(cause.causationId);
        to.actor.push(cause.actor);
        to.traceparent.push(cause.traceparent);
      }
    }
    to.requestEvents.push(n);
  });
  return to;
};

/** Values for the parameters of the append function, in their order. */
export const appendValues = (epoch: number, batch: readonly PreparedAppend[]): readonly unknown[] => {
  const events = eventColumns(batch);
  const numbered = batch.map(({ request }, i) => ({ ...request, number: i + 1 }));
  const streams = numbered.flatMap(({ appends, number }) => appends.map((append) => ({ ...append, number })));
  let total = 0;
  const ends = events.requestEvents.map((count) => (total += count));
  const commands = numbered.flatMap(({ command, number }) =>
    command === undefined ? [] : { ...command, number },
  );
  const checkpoints = numbered.flatMap(({ checkpoint, number }) =>
    checkpoint === undefined ? [] : { ...checkpoint, number },
  );
  return [
    epoch,
    int4Array(events.requestEvents),
    int4Array(events.request),
    textArray(events.stream),
    int4Array(events.version),
    uuidArray(events.id),
    textArray(events.type),
    int4Array(events.schema),
    byteaArray(events.data),
    int8Array(events.occurred),
    textArray(events.correlation),
    textArray(events.causation),
    textArray(events.actor),
    textArray(events.traceparent),
    int4Array(streams.map(({ number }) => number)),
    textArray(streams.map(({ stream }) => stream)),
    int4Array(streams.map(({ expectedVersion }) => expectedVersion)),
    int4Array(commands.map(({ number }) => number)),
    int4Array(commands.map(({ number }) => ends[number - 1] ?? 0)),
    textArray(commands.map(({ tenant }) => tenant)),
    textArray(commands.map(({ key }) => key)),
    byteaArray(commands.map(({ bodyHash }) => bodyHash)),
    byteaArray(commands.map(({ answer }) => answer)),
    int4Array(checkpoints.map(({ number }) => number)),
    textArray(checkpoints.map(({ consumer }) => consumer)),
    int8Array(checkpoints.map(({ expected }) => expected)),
    int8Array(checkpoints.map(({ position }) => position)),
  ];
};

/** A row of the append function, as the driver gives it. */
export type VerdictRow = Readonly<{
  req: number;
  verdict: number;
  place: string | null;
  stream: string | null;
  answer: Uint8Array | null;
}>;

/**
 * Results of a batch in the order of its requests; an error stands where a request was a bug of its caller.
 */
export const appendResults = (
  batch: readonly PreparedAppend[],
  rows: readonly VerdictRow[],
): readonly (AppendResult | Error)[] => {
  const base = rows.find(({ verdict }) => verdict === VERDICTS.base);
  assert(base !== undefined, 'Expected the head of the log in the answer of the append function');
  const refused = new Map(rows.filter((row) => row !== base).map((row) => [row.req, row]));
  let last = placeOf(base);
  return batch.map((prepared, i) => {
    const row = refused.get(i + 1);
    if (row !== undefined) return refusalOf(prepared, row);
    const first = last + 1n;
    last += BigInt(prepared.payloads.length);
    return { status: 'appended', first, last };
  });
};

/** Milliseconds that the append function took; the rest of a call is the commit and the way. */
export const workMs = (rows: readonly VerdictRow[]): number =>
  Number(rows.find(({ verdict }) => verdict === VERDICTS.base)?.stream ?? 0) / 1_000;

const placeOf = ({ place }: VerdictRow): bigint => BigInt(place ?? 0);

const refusalOf = ({ request }: PreparedAppend, row: VerdictRow): AppendResult | Error => {
  const place = placeOf(row);
  if (row.verdict === VERDICTS.duplicateKey) {
    return { status: 'duplicate', last: place, answer: new Uint8Array(row.answer ?? []) };
  }
  if (row.verdict === VERDICTS.keyReused) return { status: 'key-reused' };
  if (row.verdict === VERDICTS.duplicateIds) return { status: 'duplicate', last: place };
  if (row.verdict === VERDICTS.fenced) return { status: 'fenced', actual: place };
  if (row.verdict === VERDICTS.someIdsKnown) {
    return new AssertionError(
      'Expected new event ids, was an append of which some events are already appended',
    );
  }
  const stream = row.stream ?? '';
  const expected = request.appends.find((append) => append.stream === stream)?.expectedVersion ?? 0;
  return { status: 'conflict', stream, expected, actual: Number(place) };
};
