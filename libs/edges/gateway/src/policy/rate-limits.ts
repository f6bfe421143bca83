import { status as grpc } from '@grpc/grpc-js';
import { GrpcError } from '@plinth/runtime/grpc';
import type { Caller } from '../auth/authenticator.ts';
import { LIMITS } from '../limits.ts';
import { TokenBuckets, type BucketRate } from './token-buckets.ts';

/** A plain query costs 1. */
export type RateLimitConfig = Readonly<{ perKey: BucketRate; perClient: BucketRate }>;

/** Twice the rate at once: a desk that opens asks more than one that runs. */
const rateOf = (perSecond: number): BucketRate => ({ perSecond, burst: 2 * perSecond });

export const ratesOf = (perKey: number, perClient: number): RateLimitConfig => ({
  perKey: rateOf(perKey),
  perClient: rateOf(perClient),
});

export const DEFAULT_RATES = ratesOf(200, 600);

/** What one key, and all keys of one client together, may ask for. */
export class RateLimits {
  readonly #keys: TokenBuckets;
  readonly #clients: TokenBuckets;

  constructor({ perKey, perClient }: RateLimitConfig) {
    this.#keys = new TokenBuckets(perKey, LIMITS.bucketsMax);
    this.#clients = new TokenBuckets(perClient, LIMITS.bucketsMax);
  }

  /** Throws RESOURCE_EXHAUSTED with the time to wait. */
  charge({ keyId, tenant }: Pick<Caller, 'keyId' | 'tenant'>, cost: number, nowMs: number): void {
    const keyWaitMs = this.#keys.take(keyId, cost, nowMs);
    if (keyWaitMs > 0) throw exhausted('key', keyWaitMs);
    const clientWaitMs = this.#clients.take(tenant, cost, nowMs);
    if (clientWaitMs === 0) return;
    this.#keys.giveBack(keyId, cost);
    throw exhausted('client', clientWaitMs);
  }
}

const exhausted = (whose: string, retryAfterMs: number): GrpcError =>
  new GrpcError(
    grpc.RESOURCE_EXHAUSTED,
    'RATE_LIMITED',
    `Expected fewer calls of this ${whose}: wait ${retryAfterMs} ms`,
    { facts: { limit: whose }, retryAfterMs },
  );
