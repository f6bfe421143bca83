import { status as grpc } from '@grpc/grpc-js';
import type { accountsMessages } from '@plinth/messages';
import { GrpcError } from '@plinth/runtime/grpc';
import type { SecretSeal } from '../auth/secret-seal.ts';
import { LIMITS } from '../limits.ts';

/** A shared secret is sealed before it goes anywhere; a public key goes as it is. */
export const sealSecret = (
  request: accountsMessages.IssueApiKeyRequest,
  seal: SecretSeal | undefined,
): accountsMessages.IssueApiKeyRequest => {
  if (request.algorithm !== 'hmac-sha256') return request;
  const { length } = request.verifier;
  if (length < LIMITS.secretMinBytes || length > LIMITS.secretMaxBytes) {
    throw new GrpcError(
      grpc.INVALID_ARGUMENT,
      'INVALID_FIELD',
      `Expected verifier to be a secret of ${LIMITS.secretMinBytes} to ${LIMITS.secretMaxBytes} random bytes`,
      { field: 'verifier' },
    );
  }
  if (seal === undefined) {
    throw new GrpcError(
      grpc.FAILED_PRECONDITION,
      'SEALING_KEY_MISSING',
      'Expected a gateway with a sealing key: configure one, or issue an Ed25519 key',
      { field: 'algorithm' },
    );
  }
  return { ...request, verifier: seal.seal(request.keyId, request.verifier) };
};

/** Public keys may be shown; secrets are not, sealed or not. */
export const hideSecrets = (client: accountsMessages.ClientInfo): accountsMessages.ClientInfo => ({
  ...client,
  keys: client.keys.map((key) => (key.algorithm === 'ed25519' ? key : { ...key, verifier: Buffer.alloc(0) })),
});
