import { Metadata, status as grpc, type StatusObject } from '@grpc/grpc-js';
import { errorFromStatus } from '@plinth/runtime/grpc';
import { countHttpRequest } from '../server/gateway-instruments.ts';
import type { Headers } from './headers.ts';
import { refuseInJson, type Protocol, type Refusal } from './protocols.ts';
import type { AnswerSink } from './web-call.ts';
import type { Incoming, Outgoing } from './web-server.ts';

export type Exchange = Readonly<{
  request: Incoming;
  response: Outgoing;
  /** Of every answer. */
  headers: Headers;
  /** Said before an answer begins: whether the connection is kept for another request. */
  ending: (isKept: boolean) => void;
}>;

/** How long the end of a stream may take to go out to a reader that takes nothing. */
const LAST_WORDS_MS = 5_000;

const begin = (
  { response, headers, ending }: Exchange,
  status: number,
  more: Headers,
  isKept: boolean,
): void => {
  response.statusCode = status;
  for (const [name, value] of [...headers, ...more]) response.setHeader(name, value);
  ending(isKept);
};

/** A whole answer that no method gives. */
export const reply = (exchange: Exchange, status: number, more: Headers): void => {
  begin(exchange, status, more, true);
  exchange.response.end();
};

/** A request that no protocol fits, said to a person. */
export const refusePlainly = (
  exchange: Exchange,
  httpStatus: number,
  failure: StatusObject,
  more: Headers,
): void => {
  count('none', failure);
  send(exchange, { ...refuseInJson(failure), status: httpStatus }, more, false);
};

/** A call that failed before its first message. `isKept`: its request has been read to the end. */
export const refuse = (
  exchange: Exchange,
  protocol: Protocol,
  failure: StatusObject,
  isKept: boolean,
): void => {
  count(protocol.name, failure);
  const { retryAfterMs } = errorFromStatus(failure);
  const seconds = retryAfterMs === undefined ? undefined : String(Math.ceil(retryAfterMs / 1_000));
  const wait: Headers = seconds === undefined ? [] : [['retry-after', seconds]];
  send(exchange, protocol.refuse(failure), wait, isKept);
};

const send = (
  exchange: Exchange,
  { status, contentType, body }: Refusal,
  more: Headers,
  isKept: boolean,
): void => {
  const about: Headers = [
    ['content-type', contentType],
    ['content-length', String(body.length)],
  ];
  begin(exchange, status, [...about, ...more], isKept);
  exchange.response.end(body);
};

const count = (protocol: string, failure: StatusObject | undefined): void =>
  countHttpRequest({ protocol, code: grpc[failure?.code ?? grpc.OK] });

/** The answer of a call, in the bytes of its protocol. */
export class Answer implements AnswerSink {
  readonly #exchange: Exchange;
  readonly #protocol: Protocol;
  readonly #isStream: boolean;
  #metadata = new Metadata();
  /** Of a method with one answer: it goes out together with its length. */
  #only: Buffer | undefined;

  constructor(exchange: Exchange, protocol: Protocol, isStream: boolean) {
    this.#exchange = exchange;
    this.#protocol = protocol;
    this.#isStream = isStream;
  }

  head(metadata: Metadata): void {
    this.#metadata = metadata;
  }

  message(bytes: Buffer): boolean {
    const wrapped = this.#protocol.wrap(bytes);
    if (this.#isStream) {
      this.#begin([]);
      return this.#exchange.response.write(wrapped);
    }
    this.#only = wrapped;
    return true;
  }

  end(failure: StatusObject | undefined): void {
    const { response } = this.#exchange;
    if (failure !== undefined && !response.headersSent)
      return refuse(this.#exchange, this.#protocol, failure, true);
    count(this.#protocol.name, failure);
    const end = this.#protocol.end(failure);
    const rest = this.#only === undefined ? end : Buffer.concat([this.#only, end]);
    this.#begin(this.#isStream ? [] : [['content-length', String(rest.length)]]);
    response.end(rest);
    if (!this.#isStream) return;
    const timer = setTimeout(() => response.destroy(), LAST_WORDS_MS);
    response.once('close', () => clearTimeout(timer));
  }

  #begin(more: Headers): void {
    if (this.#exchange.response.headersSent) return;
    const said = Object.entries(this.#metadata.toHttp2Headers()).map(
      ([name, value]) => [name, String(value)] as const,
    );
    begin(this.#exchange, 200, [['content-type', this.#protocol.contentType], ...said, ...more], true);
  }
}
