import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hash,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';

export const ALGORITHMS = ['ed25519', 'hmac-sha256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Names of the metadata that every call carries. */
export const METADATA = {
  key: 'plinth-key',
  timestamp: 'plinth-timestamp',
  nonce: 'plinth-nonce',
  signature: 'plinth-signature',
  requestId: 'plinth-request-id',
  /** In calls of operators: the cell that is meant. In answers: the cell that the position is of. */
  cell: 'plinth-cell',
  /** In answers: the position that the answer rests on, and the newest signed tree head. */
  position: 'plinth-position',
  head: 'plinth-head-bin',
} as const;

/** What a signature is over. */
export type SignedCall = Readonly<{
  /** What the body is: its bytes mean something else in each form. */
  form?: SignedForm;
  /** `/plinth.gateway.v1.Trading/PlaceOrder`. */
  method: string;
  /** The request exactly as it is on the wire: protobuf's bytes, or JSON's. */
  body: Uint8Array;
  keyId: string;
  timestampMs: number;
  nonce: string;
  /** Empty for queries. */
  requestId: string;
  /** Empty when none is named. */
  cell: string;
}>;

/** First line of the canonical text, by the form of the body: nobody can pass one off as the other. */
export const SIGNATURE_VERSIONS = { proto: 'plinth-v1', json: 'plinth-v1-json' } as const;
export type SignedForm = keyof typeof SIGNATURE_VERSIONS;

/**
 * The canonical text: seven lines, eight when a cell is named, without a newline at the end. No part can hold
 * a newline, so no two calls share one.
 */
export const canonicalText = (call: SignedCall): string => {
  const { form = 'proto', method, body, keyId, timestampMs, nonce, requestId, cell } = call;
  const lines: readonly string[] = [
    SIGNATURE_VERSIONS[form],
    method,
    hash('sha256', body, 'hex'),
    String(timestampMs),
    nonce,
    keyId,
    requestId,
  ];
  return [...lines, ...(cell === '' ? [] : [cell])].join('\n');
};

/** DER of a PKCS #8 Ed25519 key up to its 32 bytes of seed (RFC 8410). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

export type Signer = (text: string) => Buffer;

/**
 * `secret`: the 32-byte seed of an Ed25519 key, or the shared secret. To be kept: making the engine's key of
 * it costs as much as a signature.
 */
export const signerOf = (algorithm: Algorithm, secret: Uint8Array): Signer => {
  switch (algorithm) {
    case 'ed25519': {
      const der = Buffer.concat([PKCS8_ED25519, secret]);
      const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      return (text) => sign(null, Buffer.from(text), key);
    }
    case 'hmac-sha256': {
      const key = createSecretKey(secret);
      return (text) => createHmac('sha256', key).update(text).digest();
    }
  }
};

export const signText = (algorithm: Algorithm, secret: Uint8Array, text: string): Buffer =>
  signerOf(algorithm, secret)(text);

/** Public half of an Ed25519 seed, 32 bytes. */
export const ed25519PublicKey = (seed: Uint8Array): Buffer => {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
};

export type Verifier = (text: string, signature: Uint8Array) => boolean;

/** `verifier`: the 32-byte Ed25519 public key, or the shared secret. To be kept, like a signer. */
export const verifierBy = (algorithm: Algorithm, verifier: Uint8Array): Verifier => {
  switch (algorithm) {
    case 'ed25519': {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(verifier).toString('base64url') };
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      return (text, signature) => verify(null, Buffer.from(text), key, signature);
    }
    case 'hmac-sha256': {
      const key = createSecretKey(verifier);
      return (text, signature) => {
        const expected = createHmac('sha256', key).update(text).digest();
        return signature.length === expected.length && timingSafeEqual(expected, signature);
      };
    }
  }
};

export const verifyText = (
  algorithm: Algorithm,
  verifier: Uint8Array,
  text: string,
  signature: Uint8Array,
): boolean => verifierBy(algorithm, verifier)(text, signature);
