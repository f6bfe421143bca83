import type { Clock } from '@plinth/eventing';
import type { accountsMessages } from '@plinth/messages';
import { BoundedMap } from '../bounded-map.ts';
import type { Cells } from '../cells/cells.ts';
import { LIMITS } from '../limits.ts';
import { ALGORITHMS, type Algorithm } from './signing.ts';

/** `guard`: may close the gate of a cell, and nothing else. */
export const SCOPES = ['read', 'trade', 'transfer', 'withdraw', 'guard', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key in force, as the gateway needs it. */
export type ApiKey = Readonly<{
  keyId: string;
  /** The client whose key it is; `operator` for a key of the configuration. */
  clientId: string;
  algorithm: Algorithm;
  /** Ed25519 public key, or the sealed secret. */
  verifier: Uint8Array;
  scopes: ReadonlySet<Scope>;
  /** pending | approved | suspended */
  kycState: string;
}>;

/** A key that is known without the log, so that a fresh cell can be operated: for all scopes or for these. */
export type OperatorKey = Readonly<{ keyId: string; publicKey: Uint8Array; scopes?: readonly Scope[] }>;

const isAlgorithm = (text: string): text is Algorithm => ALGORITHMS.some((one) => one === text);

const keyOf = (info: accountsMessages.ApiKeyInfo): ApiKey | undefined => {
  const { keyId, clientId, algorithm, verifier, clientKycState: kycState } = info;
  if (info.revoked || !isAlgorithm(algorithm)) return undefined;
  // Guards are known from the configuration: no client has such a key.
  const scopes = new Set(SCOPES.filter((scope) => scope !== 'guard' && info.scopes.includes(scope)));
  return { keyId, clientId, algorithm, verifier, scopes, kycState };
};

type Entry = Readonly<{ key: ApiKey | undefined; askedAtMs: number }>;

/**
 * Keys of the configuration, and those that accounts has issued: asked for, kept for a moment, forgotten on a
 * hint.
 */
export class KeyDirectory {
  readonly #cells: Cells;
  readonly #clock: Clock;
  readonly #operators: ReadonlyMap<string, ApiKey>;
  readonly #kept = new BoundedMap<string, Entry>(LIMITS.cachedKeysMax);

  constructor(cells: Cells, clock: Clock, operators: readonly OperatorKey[]) {
    this.#cells = cells;
    this.#clock = clock;
    this.#operators = new Map(
      operators.map(({ keyId, publicKey, scopes = SCOPES }) => [
        keyId,
        {
          ...{ keyId, clientId: 'operator', algorithm: 'ed25519', verifier: publicKey },
          ...{ scopes: new Set(scopes), kycState: 'approved' },
        },
      ]),
    );
  }

  /** The key when it is in force; undefined when it was never issued or is revoked. */
  async find(keyId: string, signal: AbortSignal): Promise<ApiKey | undefined> {
    const operator = this.#operators.get(keyId);
    if (operator !== undefined) return operator;
    const kept = this.#kept.get(keyId);
    const askedAtMs = this.#clock.now();
    if (kept !== undefined && Math.abs(askedAtMs - kept.askedAtMs) < LIMITS.cachedKeyTtlMs) return kept.key;
    const answer = await this.#cells
      .ofOwnName(keyId)
      .client.query('GetApiKey', { keyId, read: undefined }, signal);
    const key =
      answer.status === 'answered' ? keyOf(answer.response as accountsMessages.ApiKeyInfo) : undefined;
    this.#kept.set(keyId, { key, askedAtMs });
    return key;
  }

  /** Something about keys has changed: the next call asks again. */
  forget(keyId?: string): void {
    if (keyId === undefined) this.#kept.clear();
    else this.#kept.delete(keyId);
  }
}
