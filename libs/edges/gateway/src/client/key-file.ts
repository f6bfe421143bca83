import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { ALGORITHMS, ed25519PublicKey, type Algorithm } from '../auth/signing.ts';

/** A key as its owner keeps it. `secret`: the 32-byte Ed25519 seed, or the shared secret. */
export type ClientKey = Readonly<{ keyId: string; algorithm: Algorithm; secret: Buffer }>;

/** The file cannot be used: says why and what to do. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

const SECRET_BYTES = 32;

export const makeKey = (keyId: string, algorithm: Algorithm = 'ed25519'): ClientKey => ({
  ...{ keyId, algorithm },
  secret: randomBytes(SECRET_BYTES),
});

/** What the broker gets to know of a key: the public key, or the secret that it seals. */
export const verifierOf = ({ algorithm, secret }: ClientKey): Buffer =>
  algorithm === 'ed25519' ? ed25519PublicKey(secret) : secret;

/** Writes a new file that only its owner can read; an existing one is not touched. */
export const writeKeyFile = (path: string, { keyId, algorithm, secret }: ClientKey): void => {
  const text = JSON.stringify({ keyId, algorithm, secret: secret.toString('base64') }, null, 2);
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' });
};

/** Rights of group and others; a group may read what somebody else has lent us (mounted secrets). */
const FORBIDDEN = { own: 0o077, lent: 0o037 } as const;

/** The text of a file that nobody but its owner, and those it was lent to, can read. */
const readSecretFile = (path: string): string => {
  try {
    const { mode, uid } = statSync(path);
    const forbidden = uid === process.getuid?.() ? FORBIDDEN.own : FORBIDDEN.lent;
    if (process.platform === 'win32' || (mode & forbidden) === 0) return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeyFileError(`Expected a key file at ${path}: ${(error as Error).message}`);
  }
  throw new KeyFileError(`Expected ${path} to be readable by its owner only: chmod 600 ${path}`);
};

export const readKeyFile = (path: string): ClientKey => parseKey(path, readSecretFile(path));

/** The key of a file; made when the file does not exist. */
export const openKeyFile = (path: string, keyId: string): ClientKey => {
  if (!existsSync(path)) writeKeyFile(path, makeKey(keyId));
  return readKeyFile(path);
};

/**
 * The gateway's sealing key, 32 bytes, of a file that holds it in base64; made when the file does not exist.
 */
export const openSealingKeyFile = (path: string): Buffer => {
  if (!existsSync(path)) {
    writeFileSync(path, `${randomBytes(SECRET_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  }
  const key = Buffer.from(readSecretFile(path).trim(), 'base64');
  if (key.length === SECRET_BYTES) return key;
  throw new KeyFileError(`Expected ${SECRET_BYTES} bytes in base64 in ${path}, was ${key.length}`);
};

const parseKey = (path: string, text: string): ClientKey => {
  let found: Partial<Record<string, unknown>>;
  try {
    found = Object(JSON.parse(text)) as Partial<Record<string, unknown>>;
  } catch {
    throw new KeyFileError(`Expected JSON in ${path}`);
  }
  const { keyId, secret } = found;
  const algorithm = ALGORITHMS.find((one) => one === found['algorithm']);
  const bytes = Buffer.from(typeof secret === 'string' ? secret : '', 'base64');
  const isLong = algorithm === 'ed25519' ? bytes.length === SECRET_BYTES : bytes.length >= SECRET_BYTES;
  if (typeof keyId !== 'string' || algorithm === undefined || !isLong) {
    const algorithms = ALGORITHMS.join(' or ');
    throw new KeyFileError(
      `Expected keyId, algorithm (${algorithms}) and secret (base64, ${SECRET_BYTES} bytes) in ${path}`,
    );
  }
  return { keyId, algorithm, secret: bytes };
};
