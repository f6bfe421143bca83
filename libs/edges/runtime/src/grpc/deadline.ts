import { status as grpc, type Metadata } from '@grpc/grpc-js';
import { GrpcError } from './status.ts';

/** What is asked of any call, of grpc-js or of another transport. */
export type ServerCall = Readonly<{
  metadata: Metadata;
  cancelled: boolean;
  /** Address and port at the other end of the connection. */
  getPeer: () => string;
  getDeadline: () => Date | number;
  on: (event: 'cancelled', listener: () => void) => unknown;
  off: (event: 'cancelled', listener: () => void) => unknown;
}>;

export type DeadlineLimits = Readonly<{ defaultMs: number; maxMs: number }>;

/** The life of one call: aborted when its time is over or its caller has gone. */
export type CallLife = Readonly<{
  signal: AbortSignal;
  /** The answer, or the reason why the call is over, whichever is first. */
  within: <T>(work: Promise<T>) => Promise<T>;
  /**
   * Throws when the call is over: nobody waits for the answer any more, so nothing may be appended for it.
   */
  check: () => void;
  end: () => void;
}>;

export const deadlineError = (): GrpcError =>
  new GrpcError(grpc.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED', 'the deadline of the call has passed');

/** What a caller has written lies ahead of what has been folded here, or of all that there is. */
export const positionError = (wanted: bigint, reached: bigint): GrpcError =>
  new GrpcError(
    grpc.DEADLINE_EXCEEDED,
    'DEADLINE_EXCEEDED',
    `Expected position ${wanted} to be reached before the deadline, was at ${reached}: ` +
      'ask again, or for a position that an answer of this cell has named',
    {
      field: 'read.min_position',
      facts: { min_position: wanted.toString(), position: reached.toString() },
    },
  );

/** When the calls end that signals belong to. */
const ENDS = new WeakMap<AbortSignal, number>();

/** A wait ends this much before its call, so that the reason is there before the caller has gone. */
const ANSWER_MS = 100;
const ANSWER_PART = 0.1;

/** When an answer has to be on its way that the call of this signal waits for; undefined: nobody knows. */
export const answerBy = (signal: AbortSignal, now = Date.now()): number | undefined => {
  const endsAt = ENDS.get(signal);
  return endsAt === undefined ? undefined : endsAt - Math.min(ANSWER_MS, (endsAt - now) * ANSWER_PART);
};

const asTime = (deadline: Date | number): number =>
  deadline instanceof Date ? deadline.getTime() : deadline;

/** Every call gets a deadline: its own, cut to the longest allowed, or the default. */
export const callLife = (call: ServerCall, { defaultMs, maxMs }: DeadlineLimits): CallLife => {
  const now = Date.now();
  const asked = asTime(call.getDeadline());
  return new Life(call, Number.isFinite(asked) ? Math.min(asked, now + maxMs) : now + defaultMs);
};

/** Many calls are answered at once: what watches over a wait is made for who first asks for the signal. */
class Life implements CallLife {
  readonly #call: ServerCall;
  readonly #endsAt: number;
  #over: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Rejects when the call is over; made for the first piece of work. */
  #ended: PromiseWithResolvers<never> | undefined;

  constructor(call: ServerCall, endsAt: number) {
    this.#call = call;
    this.#endsAt = endsAt;
  }

  get signal(): AbortSignal {
    return (this.#over ?? this.#watch()).signal;
  }

  within<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    if (this.#ended === undefined) {
      const ended = Promise.withResolvers<never>();
      ended.promise.catch(() => undefined);
      this.#ended = ended;
      if (signal.aborted) ended.reject(signal.reason);
      else signal.addEventListener('abort', () => ended.reject(signal.reason), { once: true });
    }
    return Promise.race([this.#ended.promise, work]);
  }

  check(): void {
    const isLate = Date.now() >= this.#endsAt;
    if (this.#over === undefined && !isLate && !this.#call.cancelled) return;
    const over = this.#over ?? this.#watch();
    if (isLate) over.abort(deadlineError());
    over.signal.throwIfAborted();
  }

  end(): void {
    if (this.#over === undefined) return;
    clearTimeout(this.#timer);
    this.#call.off('cancelled', this.#cancelled);
  }

  #watch(): AbortController {
    const over = new AbortController();
    this.#over = over;
    ENDS.set(over.signal, this.#endsAt);
    const late = (): void => over.abort(deadlineError());
    const leftMs = this.#endsAt - Date.now();
    if (leftMs > 0) this.#timer = setTimeout(late, leftMs);
    else late();
    this.#call.on('cancelled', this.#cancelled);
    if (this.#call.cancelled) this.#cancelled();
    return over;
  }

  readonly #cancelled = (): void =>
    this.#over?.abort(new GrpcError(grpc.CANCELLED, 'CANCELLED', 'the caller has gone'));
}
