import { BoundedMap } from '../bounded-map.ts';

/** `perSecond` tokens flow in, at most `burst` are kept. */
export type BucketRate = Readonly<{ perSecond: number; burst: number }>;

type Bucket = { tokens: number; atMs: number };

/** A token bucket per name. Buckets nobody used for long are forgotten: by then they are full again. */
export class TokenBuckets {
  readonly #rate: BucketRate;
  readonly #buckets: BoundedMap<string, Bucket>;

  constructor(rate: BucketRate, bucketsMax: number) {
    this.#rate = rate;
    this.#buckets = new BoundedMap(bucketsMax);
  }

  /** Takes `cost` tokens and gives 0, or takes nothing and gives the ms until they will be there. */
  take(name: string, cost: number, nowMs: number): number {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(burst, bucket.tokens + (passedMs * perSecond) / 1_000);
    bucket.atMs = nowMs;
    this.#buckets.set(name, bucket);
    const missing = cost - bucket.tokens;
    if (missing > 0) return Math.ceil((missing * 1_000) / perSecond);
    bucket.tokens -= cost;
    return 0;
  }

  /** Gives back what a call took that was then refused elsewhere. */
  giveBack(name: string, cost: number): void {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + cost);
  }
}
