import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { assert } from '@plinth/money';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

const derive = (key: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `plinth-gateway-seal-v1 ${purpose}`, KEY_BYTES));

/**
 * Seals the shared secrets of HMAC keys with the gateway's own key (AES-256-GCM), so that the log holds
 * nothing that signs. The nonce is a MAC of key id and secret: sealing the same secret again gives the same
 * bytes, so that a repeated command is the same command, and different secrets never meet under one nonce.
 */
export class SecretSeal {
  readonly #encryption: Buffer;
  readonly #nonces: Buffer;

  /** `key`: 32 bytes from the configuration. */
  constructor(key: Uint8Array) {
    assert(key.length === KEY_BYTES, () => `Expected a sealing key of ${KEY_BYTES} bytes, was ${key.length}`);
    this.#encryption = derive(key, 'encryption');
    this.#nonces = derive(key, 'nonces');
  }

  /** version ‖ nonce ‖ ciphertext ‖ tag, bound to the key id. */
  seal(keyId: string, secret: Uint8Array): Buffer {
    const mac = createHmac('sha256', this.#nonces).update(keyId).update('\0').update(secret).digest();
    const nonce = mac.subarray(0, NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#encryption, nonce).setAAD(Buffer.from(keyId));
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, sealed, cipher.getAuthTag()]);
  }

  /** Undefined when it was sealed with another key, for another key id, or was changed. */
  open(keyId: string, sealed: Uint8Array): Buffer | undefined {
    if (sealed[0] !== VERSION || sealed.length <= 1 + NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const body = sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES);
    const cipher = createDecipheriv('aes-256-gcm', this.#encryption, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(keyId))
      .setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      return Buffer.concat([cipher.update(body), cipher.final()]);
    } catch {
      return undefined;
    }
  }
}
