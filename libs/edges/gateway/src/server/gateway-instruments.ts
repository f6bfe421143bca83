import { status as grpc } from '@grpc/grpc-js';
import { counter, gauge, histogram } from '@plinth/runtime';
import type { GrpcError } from '@plinth/runtime/grpc';

const countRequest = counter({
  name: 'plinth_gateway_requests_total',
  about: 'calls that have ended, by method and gRPC code',
  labels: ['method', 'code'],
});

const recordRequest = histogram({
  name: 'plinth_gateway_request_duration_ms',
  about: 'calls with one answer, from their arrival to the answer',
  labels: ['method'],
});

const countAuthFailure = counter({
  name: 'plinth_gateway_auth_failures_total',
  about: 'calls that did not prove who sent them, or were not allowed what they asked',
  labels: ['reason'],
});

const countLimited = counter({
  name: 'plinth_gateway_limited_calls_total',
  about: 'calls that were sent away by a limit: of a key or a client, of calls at once, of readers',
  labels: ['reason'],
});

/** `protocol`: of gRPC-Web or JSON; `none` when the request has a content type of neither. */
export const countHttpRequest = counter({
  name: 'plinth_gateway_http_requests_total',
  about: 'calls that came by gRPC-Web or JSON and have been answered, by protocol and gRPC code',
  labels: ['protocol', 'code'],
});

export const observeOpenCalls = gauge({
  name: 'plinth_gateway_open_calls',
  about: 'calls with one answer that are under way',
  labels: [],
});

export const observeHeldAnswers = gauge({
  name: 'plinth_gateway_held_answers',
  about: 'refusals that are held back from callers who came again before the time they were told',
  labels: [],
});

export const observeOpenStreams = gauge({
  name: 'plinth_gateway_open_streams',
  about: 'streams that are open',
  labels: [],
});

/** A call has ended. Reasons are words of the code: no caller chooses them. */
export const measureEnd = (method: string, failure: GrpcError | undefined): void => {
  countRequest({ method, code: grpc[failure?.code ?? grpc.OK] });
  switch (failure?.code) {
    case grpc.UNAUTHENTICATED:
    case grpc.PERMISSION_DENIED:
      return countAuthFailure({ reason: failure.reason });
    case grpc.RESOURCE_EXHAUSTED:
      return countLimited({ reason: failure.reason });
    default:
      return;
  }
};

export const measureCall = (method: string, durationMs: number, failure: GrpcError | undefined): void => {
  measureEnd(method, failure);
  recordRequest({ method }, durationMs);
};
