import type { Server } from '@grpc/grpc-js';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

/** Takes a stream of HTTP/2 that is no call of gRPC. */
export type TakeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** `application/grpc`, also with `+proto` or parameters; not `application/grpc-web`. */
const GRPC = /^application\/grpc(?!-web)/;

type ContentCheck = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/**
 * Streams that are not gRPC's on the connections of a server. grpc-js answers them with 415, and takes those
 * of gRPC-Web for its own; it has no public way in between, so this stands in front of the one question that
 * it asks of every stream. A grpc-js without that question stops the program at its start.
 */
export const takeOtherStreams = (server: Server, take: TakeStream): void => {
  const inner = server as unknown as { _verifyContentType?: ContentCheck };
  if (typeof inner._verifyContentType !== 'function') {
    throw new Error('Expected grpc-js to ask for the content type of streams: see docs/adr/0028');
  }
  inner._verifyContentType = (stream, headers) => {
    if (GRPC.test(headers['content-type'] ?? '')) return true;
    take(stream, headers);
    return false;
  };
};
