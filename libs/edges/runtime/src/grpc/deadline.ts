import { status as grpc, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import { GrpcError } from './status.ts';

export type ServerCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

export type DeadlineLimits = Readonly<{ defaultMs: number; maxMs: number }>;

/** The life of one call: aborted when its time is over or its caller has gone. */
export type CallLife = Readonly<{
  signal: AbortSignal;
  /**
   * Throws when the call is over: nobody waits for the answer any more, so nothing may be appended for it.
   */
  check: () => void;
  end: () => void;
}>;

export const deadlineError = (): GrpcError =>
  new GrpcError(grpc.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED', 'the deadline of the call has passed');

const asTime = (deadline: Date | number): number =>
  deadline instanceof Date ? deadline.getTime() : deadline;

/** Every call gets a deadline: its own, cut to the longest allowed, or the default. */
export const callLife = (call: ServerCall, { defaultMs, maxMs }: DeadlineLimits): CallLife => {
  const now = Date.now();
  const asked = asTime(call.getDeadline());
  const endsAt = Number.isFinite(asked) ? Math.min(asked, now + maxMs) : now + defaultMs;
  const over = new AbortController();
  const abort = (): void => over.abort(deadlineError());
  const timer = setTimeout(abort, Math.max(0, endsAt - now));
  const cancelled = (): void => over.abort(new GrpcError(grpc.CANCELLED, 'CANCELLED', 'the caller has gone'));
  call.on('cancelled', cancelled);
  if (call.cancelled) cancelled();
  return {
    signal: over.signal,
    check: () => {
      if (Date.now() >= endsAt) abort();
      over.signal.throwIfAborted();
    },
    end: () => {
      clearTimeout(timer);
      call.off('cancelled', cancelled);
    },
  };
};
