import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  sign,
  type KeyObject,
} from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** A promise about the whole log up to a size, signed by a key that is not the database's. */
export type TreeHead = Readonly<{
  logId: string;
  epoch: number;
  /** Events covered. */
  size: number;
  /** Hex. */
  root: string;
  timeMs: number;
  keyId: string;
  /** Base64, Ed25519 over `headText`. */
  signature: string;
}>;

export type UnsignedHead = Omit<TreeHead, 'signature'>;

/** What the signature covers: one field a line, so that nothing is ambiguous. */
const headText = (head: UnsignedHead): string =>
  `plinth-head-v1\n${head.logId}\n${head.epoch}\n${head.size}\n${head.root}\n${head.timeMs}\n${head.keyId}\n`;

/** A signing key; `keyId` is the start of the SHA-256 of the public key. */
export type SigningKey = Readonly<{
  keyId: string;
  publicKey: Uint8Array;
  sign: (head: UnsignedHead) => TreeHead;
}>;

const RAW_KEY_BYTES = 32;

const signingKey = (key: KeyObject): SigningKey => {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const publicKey = new Uint8Array(spki.subarray(spki.length - RAW_KEY_BYTES));
  const keyId = hash('sha256', publicKey, 'hex').slice(0, 16);
  const signHead = (head: UnsignedHead): TreeHead => ({
    ...head,
    signature: sign(null, Buffer.from(headText(head)), key).toString('base64'),
  });
  return { keyId, publicKey, sign: signHead };
};

/** The key of a file (PKCS #8, PEM); made, readable by its owner alone, when the file does not exist. */
export const loadSigningKey = (path: string): SigningKey => {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
    chmodSync(path, 0o600);
  }
  return signingKey(createPrivateKey(readFileSync(path)));
};

export const freshSigningKey = (): SigningKey => signingKey(generateKeyPairSync('ed25519').privateKey);
