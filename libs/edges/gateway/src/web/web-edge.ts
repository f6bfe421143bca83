import { status as grpc } from '@grpc/grpc-js';
import { errorOf, GrpcError, statusOf, type ReportBug } from '@plinth/runtime/grpc';
import type { GatewayMethod } from '../server/methods.ts';
import type { Answered, UnaryCall } from '../server/unary.ts';
import type { StreamCall } from '../streams/stream-session.ts';
import { Answer, refuse, refusePlainly, reply, type Exchange } from './answer.ts';
import { BodyRoom, CallerGone, readBody } from './body.ts';
import { answerHeaders, checkCompression, deadlineOf, metadataOf, PREFLIGHT } from './headers.ts';
import { CONTENT_TYPES, protocolOf, type Form, type Protocol } from './protocols.ts';
import { WebCall } from './web-call.ts';
import type { Incoming, Outgoing } from './web-server.ts';

/** The handlers of a method: those that grpc-js calls, and the same for requests in JSON. */
export type WebMethod = Readonly<{
  method: GatewayMethod;
  handlers: Readonly<Record<Form, (call: UnaryCall & StreamCall, answered: Answered) => void>>;
}>;

export type WebPorts = Readonly<{
  /** By path: `/plinth.gateway.v1.Trading/PlaceOrder`. */
  methods: ReadonlyMap<string, WebMethod>;
  /** Origins whose pages may call: `https://desk.example.com`. */
  origins: ReadonlySet<string>;
  reportBug: ReportBug;
}>;

const wrongVerb = (verb: string): GrpcError =>
  new GrpcError(grpc.UNIMPLEMENTED, 'HTTP_METHOD_UNKNOWN', `Expected POST, was ${verb}`);

const unsupported = (contentType: string | undefined): GrpcError =>
  new GrpcError(
    grpc.INVALID_ARGUMENT,
    'CONTENT_TYPE_UNKNOWN',
    `Expected content-type ${CONTENT_TYPES.join(', ')} in UTF-8, the enveloped one for streams only; ` +
      `was ${JSON.stringify(contentType ?? '')}`,
    { field: 'content-type' },
  );

const unknownMethod = (path: string): GrpcError =>
  new GrpcError(
    grpc.UNIMPLEMENTED,
    'METHOD_UNKNOWN',
    `Expected a method like /plinth.gateway.v1.Trading/ListMarks, was ${path}`,
  );

/** gRPC-Web and JSON: every call goes to the handler that the same call of gRPC goes to. */
export class WebEdge {
  readonly #ports: WebPorts;
  readonly #room = new BodyRoom();

  constructor(ports: WebPorts) {
    this.#ports = ports;
  }

  async serve(request: Incoming, response: Outgoing, ending: Exchange['ending']): Promise<void> {
    const { origins, methods, reportBug } = this.#ports;
    const { origin, 'content-type': contentType } = request.headers;
    const exchange = { request, response, headers: answerHeaders(origin, origins), ending };
    const { method: verb = '', url = '' } = request;
    if (verb === 'OPTIONS') {
      // A browser asks whether a page may call at all.
      const isAllowed = origin !== undefined && origins.has(origin);
      return reply(exchange, isAllowed ? 204 : 403, isAllowed ? PREFLIGHT : []);
    }
    if (verb !== 'POST')
      return refusePlainly(exchange, 405, statusOf(wrongVerb(verb)), [['allow', 'POST, OPTIONS']]);
    const found = methods.get(url);
    const protocol = protocolOf(contentType ?? '', found?.method.responseStream ?? false);
    if (protocol === undefined) {
      const accepted = ['accept-post', CONTENT_TYPES.join(', ')] as const;
      return refusePlainly(exchange, 415, statusOf(unsupported(contentType)), [accepted]);
    }
    try {
      if (found === undefined) throw unknownMethod(url);
      await this.#call(exchange, protocol, found);
    } catch (error) {
      if (error instanceof CallerGone) return;
      // What is still to come of the request is not read: the connection ends with the answer.
      refuse(exchange, protocol, statusOf(errorOf(error, reportBug)), false);
    }
  }

  /** Rejects with what is wrong before a handler has the call; after that the handler answers. */
  async #call(exchange: Exchange, protocol: Protocol, { method, handlers }: WebMethod): Promise<void> {
    const { request, response } = exchange;
    const { headers } = request;
    const metadata = metadataOf(headers);
    checkCompression(headers);
    const deadline = deadlineOf(headers, protocol);
    const body = await readBody(request, headers['content-length'], protocol.bodyBytesMax, this.#room);
    const answer = new Answer(exchange, protocol, method.responseStream);
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    const peer = `${remoteAddress}:${remotePort}`;
    const call = new WebCall({ request: protocol.unwrap(body), metadata, peer, deadline }, answer);
    response.on('close', () => call.cancel());
    response.on('drain', () => call.emit('drain'));
    handlers[protocol.form](call, (failure, bytes) => {
      if (bytes !== undefined) call.write(bytes);
      call.end(failure ?? undefined);
    });
  }
}
