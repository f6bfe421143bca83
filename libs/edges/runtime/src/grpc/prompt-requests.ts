import {
  ServerInterceptingCall,
  status as grpc,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { GRPC_LIMITS } from './limits.ts';
import { GrpcError, statusOf } from './status.ts';

const late = (): GrpcError =>
  new GrpcError(
    grpc.DEADLINE_EXCEEDED,
    'REQUEST_TOO_SLOW',
    'Expected the whole request by now: send it at once',
  );

/** Why a call may not go on to its method; undefined when it may. */
export type Refusal = (path: string, call: ServerInterceptingCallInterface) => GrpcError | undefined;

/**
 * A request has to be there soon after its headers: a caller that opens calls and sends nothing, or a byte
 * now and then, would hold them for ever, since no handler and no deadline of ours has seen them yet. Streams
 * of requests have as long as the longest call. Who may not call at all is sent away by the headers.
 */
export const promptRequests =
  (refusal?: Refusal): ServerInterceptor =>
  ({ path, requestStream }, call) => {
    const waitMs = requestStream ? GRPC_LIMITS.deadlineMaxMs : GRPC_LIMITS.requestMaxMs;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => clearTimeout(timer);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        timer = setTimeout(() => call.sendStatus(statusOf(late())), waitMs);
        next({
          onReceiveMetadata: (metadata, take) => {
            const refused = refusal?.(path, call);
            if (refused === undefined) return take(metadata);
            stop();
            call.sendStatus(statusOf(refused));
          },
          onReceiveHalfClose: (take) => {
            if (!requestStream) stop();
            take();
          },
          onCancel: stop,
        });
      },
      sendStatus: (status, send) => {
        stop();
        send(status);
      },
    });
  };
