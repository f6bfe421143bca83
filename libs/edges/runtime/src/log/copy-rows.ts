import { CorruptLog } from '@plinth/eventing';
import type { StoredEvent } from '@plinth/eventing';
import { internAscii } from '@plinth/messages';
import { AssertionError } from '@plinth/money';
import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { readUuid } from './binary-arrays.ts';
import { takeCopyData } from './copy-frames.ts';
import * as limits from './limits.ts';

// Rows are read as COPY … (FORMAT binary): the driver's own rows would go through text, several times slower,
// and its binary rows are not binary-safe. The server sends one message per row; they are taken from the
// connection before the driver makes an object and an event of each.

/** Columns in the order in which `parseEvent` reads them. */
export const EVENT_COLUMNS = `position, occurred_at, version, schema, id, stream, type, data, correlation_id,
  causation_id,
  actor, traceparent`;

const EVENT_COLUMN_COUNT = 12;
const SIGNATURE_BYTES = 11;
const END_OF_DATA = -1;

type WireConnection = Readonly<{
  stream: Duplex;
  query(text: string): void;
  sendCopyFail(message: string): void;
}>;

/** Reads one row, which ends at `end`. */
export type RowParser<Row> = (bytes: Buffer, at: number, end: number) => Row;

/** A row came that is none of ours: the log is damaged, or its reader is wrong. */
export class DamagedRow extends AssertionError {
  /** From 0 in what was selected. */
  readonly row: number;

  constructor(row: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`Expected rows of the log that can be read, row ${row} cannot: ${why}`);
    this.row = row;
    this.cause = cause;
  }
}

/**
 * One COPY TO STDOUT as the driver runs its queries. What a row parser throws is kept until the server is
 * done.
 */
class CopyOut<Row> implements pg.Submittable {
  readonly #text: string;
  readonly #parse: RowParser<Row>;
  readonly rows: Row[] = [];
  #isHeaderRead = false;
  #failure: Error | undefined;
  callback: ((error: Error | undefined, rows: readonly Row[]) => void) | undefined;

  constructor(text: string, parse: RowParser<Row>) {
    this.#text = text;
    this.#parse = parse;
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as WireConnection;
    takeCopyData(wire.stream, (bytes, at, end) => this.#take(bytes, at, end));
    wire.query(this.#text);
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (this.#failure !== undefined) return;
    try {
      let at = start;
      if (!this.#isHeaderRead) {
        // Signature, then flags, then the length of an extension area and the area itself.
        at += SIGNATURE_BYTES + 8 + bytes.readInt32BE(at + SIGNATURE_BYTES + 4);
        this.#isHeaderRead = true;
      }
      if (at < end && bytes.readInt16BE(at) !== END_OF_DATA) this.rows.push(this.#parse(bytes, at, end));
    } catch (error) {
      this.#failure = error instanceof CorruptLog ? error : new DamagedRow(this.rows.length, error);
    }
  }

  handleError(error: Error): void {
    this.#failure ??= error;
    this.callback?.(this.#failure, this.rows);
    this.callback = undefined;
  }

  handleReadyForQuery(): void {
    this.callback?.(this.#failure, this.rows);
    this.callback = undefined;
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: pg.Connection): void {
    (connection as unknown as WireConnection).sendCopyFail('this statement was to read');
  }
}

/**
 * Runs `COPY (select) TO STDOUT` and parses its rows. The text must hold no foreign input that is not
 * escaped.
 */
export const copyRows = <Row>(
  client: pg.ClientBase,
  select: string,
  parse: RowParser<Row>,
): Promise<readonly Row[]> =>
  new Promise((resolve, reject) => {
    const copy = new CopyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`, parse);
    copy.callback = (error, rows) => (error === undefined ? resolve(rows) : reject(error));
    client.query(copy);
  });

const TYPES = new Map<string, string>();

/**
 * The same object for the same name of a type, as property names are kept by the engine: every fold compares
 * it with a dozen others, and of such objects a look at the address is enough.
 */
const oneObject = (name: string): string => {
  const known = TYPES.get(name);
  if (known !== undefined) return known;
  const [kept = name] = Object.keys({ [name]: true });
  if (TYPES.size < limits.TYPES_KEPT) TYPES.set(name, kept);
  return kept;
};

const TWO_POW_32 = 4_294_967_296;

/**
 * Reads one row that begins with `EVENT_COLUMNS`; every field is an int32 length and its bytes. `take` gets
 * the payload as a view that is only valid during the call: the driver moves later messages into the same
 * memory.
 */
export const eventParser =
  <Payload>(take: (stored: StoredEvent) => Payload, columnCount: number = EVENT_COLUMN_COUNT) =>
  (bytes: Buffer, start: number, end: number = bytes.length): Payload => {
    const columns = bytes.readInt16BE(start);
    if (columns !== columnCount) throw new Error(`Expected ${columnCount} columns, was ${columns}`);
    let at = start + 62;
    const next = (): number => {
      const length = bytes.readInt32BE(at);
      at += 4 + Math.max(length, 0);
      if (at > end) throw new Error(`Expected a whole row, was cut at ${end - start} bytes`);
      return length;
    };
    const text = (): string => {
      const length = next();
      if (length < 0) throw new Error('Expected a text in a row, was none');
      return internAscii(bytes, at - length, at) ?? bytes.toString('utf8', at - length, at);
    };
    const position = bytes.readBigInt64BE(start + 6);
    const occurredAt = bytes.readInt32BE(start + 18) * TWO_POW_32 + bytes.readUInt32BE(start + 22);
    const version = bytes.readInt32BE(start + 30);
    const schema = bytes.readInt32BE(start + 38);
    const id = readUuid(bytes, start + 46);
    const stream = text();
    const type = oneObject(text());
    const dataLength = next();
    const data = bytes.subarray(at - dataLength, at);
    const correlationId = text();
    const causationId = text();
    const actor = text();
    const traceLength = next();
    // prettier-ignore
    const stored = {
      position, stream, version, id, type, schema, bytes: data, occurredAt, correlationId, causationId, actor,
    };
    if (traceLength < 0) return take(stored);
    return take({ ...stored, traceparent: bytes.toString('utf8', at - traceLength, at) });
  };

/** Positions are gapless: whatever is not the next one means that the log was damaged. */
export const contiguous =
  <Payload>(after: bigint, take: (stored: StoredEvent) => Payload) =>
  (stored: StoredEvent): Payload => {
    after += 1n;
    if (stored.position !== after) {
      throw new CorruptLog(after, `Expected the next event of the log, was position ${stored.position}`);
    }
    return take(stored);
  };
