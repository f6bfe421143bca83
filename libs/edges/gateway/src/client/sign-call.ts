import { randomUUID } from 'node:crypto';
import { canonicalText, METADATA, signerOf, type SignedCall, type Signer } from '../auth/signing.ts';
import type { ClientKey } from './key-file.ts';

/** What is signed, but for what every call has anew. */
export type CallToSign = Pick<SignedCall, 'method' | 'body'> &
  Partial<Pick<SignedCall, 'form' | 'requestId' | 'cell' | 'timestampMs' | 'nonce'>>;

export type SignCall = (call: CallToSign) => readonly (readonly [string, string])[];

/** Signs calls with a key: gives the headers that prove who sends these bytes there, now and once. */
export const callSigner = (
  { keyId, algorithm, secret }: ClientKey,
  now: () => number = Date.now,
): SignCall => {
  const signer: Signer = signerOf(algorithm, secret);
  return ({ method, body, form = 'proto', requestId = '', cell = '', ...given }) => {
    const { timestampMs = now(), nonce = randomUUID() } = given;
    const text = canonicalText({ form, method, body, keyId, timestampMs, nonce, requestId, cell });
    return [
      [METADATA.key, keyId],
      [METADATA.timestamp, String(timestampMs)],
      [METADATA.nonce, nonce],
      [METADATA.signature, signer(text).toString('base64')],
      ...(requestId === '' ? [] : [[METADATA.requestId, requestId] as const]),
      ...(cell === '' ? [] : [[METADATA.cell, cell] as const]),
    ];
  };
};
