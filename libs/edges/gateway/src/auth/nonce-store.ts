import { LIMITS } from '../limits.ts';

/** `before`: older than what the store can remember, so that it may have been seen. */
export type Claim = 'fresh' | 'used' | 'full' | 'before';

export type Nonce = Readonly<{ keyId: string; nonce: string; timestampMs: number }>;

/** Remembers every nonce of a key until its timestamp has left the window. Several gateways may share one. */
export interface NonceStore {
  /** Takes a nonce by what this process remembers: at once, and nothing is written. */
  take(nonce: Nonce, nowMs: number): Claim;
  /**
   * Makes a nonce that was taken known to every gateway; false when another one had it. `isRead`: the call
   * changes nothing.
   */
  keep(nonce: Nonce, isRead: boolean, nowMs: number): Promise<boolean>;
}

/**
 * In this process only. Two generations, each as long as a nonce has to live: the older one is dropped whole.
 * Calls from before the store began are refused, since the process before may have taken them.
 */
export class MemoryNonceStore implements NonceStore {
  readonly #beganAtMs: number;
  #current = new Map<string, Set<string>>();
  #previous = new Map<string, Set<string>>();
  #currentCount = 0;
  #previousCount = 0;
  #turnedAtMs: number;

  /** `beganAtMs` is earlier than now when someone else remembers what came before. */
  constructor(nowMs: number, beganAtMs = nowMs) {
    this.#beganAtMs = beganAtMs;
    this.#turnedAtMs = nowMs;
  }

  take({ keyId, nonce, timestampMs }: Nonce, nowMs: number): Claim {
    if (timestampMs < this.#beganAtMs) return 'before';
    this.#turn(nowMs);
    const before = this.#previous.get(keyId);
    const now = this.#current.get(keyId) ?? new Set();
    if (now.has(nonce) || before?.has(nonce) === true) return 'used';
    const isKeyFull = now.size + (before?.size ?? 0) >= LIMITS.noncesPerKeyMax;
    if (isKeyFull || this.#currentCount + this.#previousCount >= LIMITS.noncesMax) return 'full';
    now.add(nonce);
    this.#current.set(keyId, now);
    this.#currentCount += 1;
    return 'fresh';
  }

  /** Nobody else is asked. */
  keep(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** A nonce is taken at most one window before its timestamp and needed until one window after it. */
  #turn(nowMs: number): void {
    const lifeMs = 2 * LIMITS.recvWindowMs;
    const turns = Math.floor((nowMs - this.#turnedAtMs) / (lifeMs + 1));
    if (turns < 1) return;
    this.#previous = turns === 1 ? this.#current : new Map<string, Set<string>>();
    this.#previousCount = turns === 1 ? this.#currentCount : 0;
    this.#current = new Map();
    this.#currentCount = 0;
    this.#turnedAtMs = nowMs;
  }
}
