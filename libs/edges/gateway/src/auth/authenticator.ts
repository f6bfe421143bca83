import { status as grpc, type Metadata } from '@grpc/grpc-js';
import type { Clock } from '@plinth/eventing';
import { GrpcError } from '@plinth/runtime/grpc';
import { BoundedMap } from '../bounded-map.ts';
import { LIMITS } from '../limits.ts';
import type { ApiKey, KeyDirectory, Scope } from './key-directory.ts';
import type { Claim, NonceStore } from './nonce-store.ts';
import type { SecretSeal } from './secret-seal.ts';
import {
  canonicalText,
  METADATA,
  verifierBy,
  type Algorithm,
  type SignedCall,
  type SignedForm,
  type Verifier,
} from './signing.ts';

export const OPERATOR = 'operator';

/** Who calls, proven. */
export type Caller = Readonly<{
  keyId: string;
  /** Client id, or `operator`: whose ids the call may name. */
  tenant: string;
  actor: string;
  scopes: ReadonlySet<Scope>;
  kycState: string;
  /** As the call names it; empty when it names none. */
  cell: string;
}>;

/** What a call is signed for: where it goes, and what its body is. */
export type Signable = Readonly<{ path: string; form: SignedForm }>;

export type Proven = Readonly<{
  caller: Caller;
  /**
   * Makes sure that no other gateway has had this call: it is written down, so only for a call that nothing
   * else refuses. `isRead`: it changes nothing.
   */
  keep: (isRead: boolean) => Promise<void>;
}>;

type Credentials = Readonly<{
  keyId: string;
  timestampMs: number;
  nonce: string;
  signature: Buffer;
  requestId: string;
  cell: string;
}>;

const unauthenticated = (
  reason: string,
  message: string,
  facts?: Readonly<Record<string, string>>,
): GrpcError => new GrpcError(grpc.UNAUTHENTICATED, reason, message, facts === undefined ? {} : { facts });

const PATTERNS = {
  key: new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${LIMITS.keyIdMaxLength - 1}}$`),
  timestamp: /^[1-9]\d{0,14}$/,
  nonce: new RegExp(`^[A-Za-z0-9_-]{${LIMITS.nonceMinLength},${LIMITS.nonceMaxLength}}$`),
  signature: new RegExp(`^[A-Za-z0-9+/]{1,${LIMITS.signatureMaxLength}}={0,2}$`),
} as const;

/** The only value of a metadata key; undefined when there is none, several, or a binary one. */
export const single = (metadata: Metadata, name: string): string | undefined => {
  const values = metadata.get(name);
  const [value] = values;
  return values.length === 1 && typeof value === 'string' ? value : undefined;
};

const part = (metadata: Metadata, name: keyof typeof PATTERNS): string => {
  const text = single(metadata, METADATA[name]);
  if (text !== undefined && PATTERNS[name].test(text)) return text;
  const was = text === undefined ? 'missing or there more than once' : 'in another form';
  throw unauthenticated(
    'CREDENTIALS_INVALID',
    `Expected metadata ${METADATA[name]} like ${PATTERNS[name].source}, was ${was}`,
    { metadata: METADATA[name] },
  );
};

const credentialsOf = (metadata: Metadata): Credentials => ({
  keyId: part(metadata, 'key'),
  timestampMs: Number(part(metadata, 'timestamp')),
  nonce: part(metadata, 'nonce'),
  signature: Buffer.from(part(metadata, 'signature'), 'base64'),
  requestId: single(metadata, METADATA.requestId) ?? '',
  cell: single(metadata, METADATA.cell) ?? '',
});

/** Stands in for a key that does not exist, so that the answer takes as long. */
const NO_KEY = verifierBy(
  'ed25519',
  Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex'),
);

type KeptVerifier = Readonly<{ algorithm: Algorithm; verifier: Uint8Array; check: Verifier }>;

export type AuthenticatorPorts = Readonly<{
  keys: KeyDirectory;
  nonces: NonceStore;
  /** Absent: keys with shared secrets cannot be used. */
  seal: SecretSeal | undefined;
  clock: Clock;
}>;

/** Proves who sent a call: signature, time, and that it was not sent before. */
export class Authenticator {
  readonly #ports: AuthenticatorPorts;
  /** By key id, ready to use. What a key is verified with is asked for at every call all the same. */
  readonly #verifiers = new BoundedMap<string, KeptVerifier>(LIMITS.cachedKeysMax);

  constructor(ports: AuthenticatorPorts) {
    this.#ports = ports;
  }

  /** By signature, time, and what this gateway remembers. The call goes on once `keep` has resolved, too. */
  async authenticate(
    { path: method, form }: Signable,
    body: Uint8Array,
    metadata: Metadata,
    signal: AbortSignal,
  ): Promise<Proven> {
    const credentials = credentialsOf(metadata);
    const nowMs = this.#ports.clock.now();
    this.#checkTime(credentials.timestampMs, nowMs);
    const key = await this.#ports.keys.find(credentials.keyId, signal);
    if (!this.#isSigned({ method, form, body, ...credentials }, key) || key === undefined) {
      // One answer for unknown, revoked and wrongly signed: nobody learns which keys exist.
      throw unauthenticated(
        'SIGNATURE_INVALID',
        'Expected a signature by a key in force over the canonical text of this call',
      );
    }
    const { nonces } = this.#ports;
    const { keyId, nonce, timestampMs } = credentials;
    const taken = { keyId, nonce, timestampMs };
    checkClaim(nonces.take(taken, nowMs));
    return {
      caller: { ...callerOf(key), cell: credentials.cell },
      keep: async (isRead) => checkClaim((await nonces.keep(taken, isRead, nowMs)) ? 'fresh' : 'used'),
    };
  }

  #checkTime(timestampMs: number, nowMs: number): void {
    if (Math.abs(nowMs - timestampMs) <= LIMITS.recvWindowMs) return;
    throw unauthenticated(
      'TIMESTAMP_OUTSIDE_WINDOW',
      `Expected a timestamp within ${LIMITS.recvWindowMs} ms of ${nowMs}, was ${timestampMs}: set the clock`,
      { now_ms: String(nowMs), window_ms: String(LIMITS.recvWindowMs) },
    );
  }

  #isSigned(call: SignedCall & Pick<Credentials, 'signature'>, key: ApiKey | undefined): boolean {
    const check = key === undefined ? undefined : this.#verifierOf(key);
    const isSigned = (check ?? NO_KEY)(canonicalText(call), call.signature);
    return check !== undefined && isSigned;
  }

  #verifierOf({ algorithm, keyId, verifier }: ApiKey): Verifier | undefined {
    const kept = this.#verifiers.get(keyId);
    if (kept?.algorithm === algorithm && Buffer.compare(kept.verifier, verifier) === 0) return kept.check;
    const opened = algorithm === 'ed25519' ? verifier : this.#ports.seal?.open(keyId, verifier);
    if (opened === undefined) return undefined;
    const check = verifierBy(algorithm, opened);
    this.#verifiers.set(keyId, { algorithm, verifier, check });
    return check;
  }
}

const checkClaim = (claim: Claim): void => {
  switch (claim) {
    case 'fresh':
      return;
    case 'used':
      throw unauthenticated('NONCE_USED', 'Expected a nonce that this key has not used: make a new one');
    case 'before':
      throw unauthenticated(
        'TIMESTAMP_BEFORE_START',
        'Expected a timestamp after the start of this gateway: sign again',
      );
    case 'full':
      throw new GrpcError(
        grpc.RESOURCE_EXHAUSTED,
        'TOO_MANY_NONCES',
        'Expected fewer calls within the window of timestamps: wait',
        { retryAfterMs: LIMITS.recvWindowMs },
      );
  }
};

export const callerOf = ({ keyId, clientId, scopes, kycState }: ApiKey): Omit<Caller, 'cell'> => {
  const isOperator = clientId === OPERATOR || scopes.has('operate');
  return {
    ...{ keyId, scopes, kycState },
    tenant: isOperator ? OPERATOR : clientId,
    actor: `${isOperator ? 'operator' : 'client'}:${keyId}`,
  };
};
