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

/** Whose tokens are used up. */
export type Whose = 'key' | 'client';

/** What one key, and all keys of one client together, may ask for. */
export class RateLimits {
  readonly #keys: TokenBuckets;
  readonly #clients: TokenBuckets;

  constructor({ perKey, perClient }: RateLimitConfig) {
    this.#keys = new TokenBuckets(perKey, LIMITS.bucketsMax);
    this.#clients = new TokenBuckets(perClient, LIMITS.bucketsMax);
  }

  /** Throws RESOURCE_EXHAUSTED with the time to wait; `onWait` hears of it before. */
  charge(
    { keyId, tenant }: Pick<Caller, 'keyId' | 'tenant'>,
    cost: number,
    nowMs: number,
    onWait: (whose: Whose, waitMs: number) => void,
  ): void {
    const keyWaitMs = this.#keys.take(keyId, cost, nowMs);
    const clientWaitMs = keyWaitMs > 0 ? 0 : this.#clients.take(tenant, cost, nowMs);
    const waitMs = keyWaitMs + clientWaitMs;
    if (waitMs === 0) return;
    const whose = keyWaitMs > 0 ? 'key' : 'client';
    if (whose === 'client') this.#keys.giveBack(keyId, cost);
    onWait(whose, waitMs);
    throw rateLimited(whose, waitMs);
  }
}

export const rateLimited = (whose: Whose, retryAfterMs: number): GrpcError =>
  new GrpcError(
    grpc.RESOURCE_EXHAUSTED,
    'RATE_LIMITED',
    `Expected fewer calls of this ${whose}: wait ${retryAfterMs} ms`,
    { facts: { limit: whose }, retryAfterMs },
  );
