import { Client, Metadata, status as grpc, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import type {
  BookOutcome,
  CancelOutcome,
  QueryOutcome,
  ReportsOutcome,
  SubmitOutcome,
  Unavailable,
  Unknown,
  VenueAdapter,
  VenueOrder,
} from '@plinth/market';
import { VenueTradingService as METHODS } from '@plinth/messages/venue';
import { bookOf, cancelOf, queryOf, reportsOf, submitOf } from './outcomes.ts';

export type RemoteVenueOptions = Readonly<{
  venueId: string;
  /** `host:port` of the process that runs the venue. */
  address: string;
  credentials: ChannelCredentials;
  /** Longest wait for an answer. */
  timeoutMs?: number;
  /** How long an order that was sent without an answer may still be on its way. */
  settleMs?: number;
  /** Of the span that calls, when there is one: the venue may go on with it. */
  traceparent?: () => string | undefined;
}>;

const TIMEOUT_MS = 5_000;
const SETTLE_MS = 5_000;

type Method<Request, Response> = Readonly<{
  path: string;
  requestSerialize: (value: Request) => Buffer;
  responseDeserialize: (bytes: Buffer) => Response;
}>;

/** A call that had no answer: whether it was sent decides what may be said of it. */
class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly isUnsent: boolean;
  constructor(message: string, isUnsent: boolean) {
    super(message);
    this.isUnsent = isUnsent;
  }
}

/** A venue in another process, over gRPC. Nothing is retried here: the router asks when it does not know. */
export class RemoteVenue implements VenueAdapter {
  readonly venueId: string;
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #settleMs: number;
  readonly #traceparent: () => string | undefined;
  /**
   * Until then an order that the venue does not have may still reach it: one that this process sent, or one
   * that it sent before it was started again.
   */
  #settledAt: number;

  constructor(options: RemoteVenueOptions) {
    const { venueId, address, credentials, timeoutMs = TIMEOUT_MS, settleMs = SETTLE_MS } = options;
    this.venueId = venueId;
    this.#timeoutMs = timeoutMs;
    this.#settleMs = settleMs;
    this.#traceparent = options.traceparent ?? (() => undefined);
    this.#settledAt = performance.now() + settleMs;
    this.#client = new Client(address, credentials, {
      'grpc.enable_retries': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
    });
  }

  async submit(order: VenueOrder, signal: AbortSignal): Promise<SubmitOutcome> {
    const { clientOrderId, instrumentId, side, quantity, type } = order;
    const limit =
      order.type === 'limit'
        ? { limitPrice: order.limitPrice, timeInForce: order.timeInForce }
        : { limitPrice: '', timeInForce: '' };
    const { venueId } = this;
    const request = { venueId, clientOrderId, instrumentId, side, quantity, type, ...limit };
    const outcome = await this.#call(METHODS.submit, request, signal).then(submitOf, unsure);
    if (outcome.status === 'unknown') this.#settledAt = performance.now() + this.#settleMs;
    return outcome;
  }

  async cancel(clientOrderId: string, signal: AbortSignal): Promise<CancelOutcome> {
    const { venueId } = this;
    return this.#call(METHODS.cancel, { venueId, clientOrderId }, signal).then(cancelOf, unsure);
  }

  async query(clientOrderId: string, signal: AbortSignal): Promise<QueryOutcome> {
    const { venueId } = this;
    const outcome = await this.#call(METHODS.find, { venueId, clientOrderId }, signal).then(queryOf, unsure);
    if (outcome.status !== 'not-found' || performance.now() >= this.#settledAt) return outcome;
    return { status: 'unknown', message: 'not there yet, but an order may still be on its way' };
  }

  async reports(after: number, limit: number, signal: AbortSignal): Promise<ReportsOutcome> {
    const { venueId } = this;
    return this.#call(METHODS.readReports, { venueId, after, limit }, signal).then(reportsOf, harmless);
  }

  async orderBook(instrumentId: string, depth: number, signal: AbortSignal): Promise<BookOutcome> {
    const request = { venueId: this.venueId, instrumentId, depth };
    return this.#call(METHODS.getOrderBook, request, signal).then(
      (answer) => bookOf(instrumentId, answer),
      harmless,
    );
  }

  close(): void {
    this.#client.close();
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    const traceparent = this.#traceparent();
    if (traceparent !== undefined) metadata.set('traceparent', traceparent);
    return metadata;
  }

  #call<Request, Response>(
    { path, requestSerialize, responseDeserialize }: Method<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    if (signal.aborted) return Promise.reject(new CallFailed('the caller had gone before it was sent', true));
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + this.#timeoutMs;
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata(),
        { deadline },
        (error, answer) => {
          signal.removeEventListener('abort', cancel);
          if (error === null) resolve(answer as Response);
          else reject(new CallFailed(error.details, isUnsent(error)));
        },
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
    });
  }
}

const isUnsent = ({ code, details }: ServiceError): boolean =>
  code === grpc.UNAVAILABLE && details.startsWith('No connection established');

/** Of a call that changes something: only one that was never sent certainly had no effect. */
const unsure = (error: unknown): Unavailable | Unknown => {
  if (!(error instanceof CallFailed)) throw error;
  return { status: error.isUnsent ? 'unavailable' : 'unknown', message: error.message };
};

/** Of a call that only reads. */
const harmless = (error: unknown): Unavailable => {
  if (!(error instanceof CallFailed)) throw error;
  return { status: 'unavailable', message: error.message };
};
