import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SecretSeal } from './secret-seal.ts';

const seal = new SecretSeal(Buffer.alloc(32, 1));
const bytes = fc.uint8Array({ minLength: 32, maxLength: 128 }).map((one) => Buffer.from(one));

describe('a sealed secret', () => {
  it('opens with its key and its key id, and is the same every time it is sealed', () => {
    fc.assert(
      fc.property(bytes, fc.string({ minLength: 1 }), (secret, keyId) => {
        const sealed = seal.seal(keyId, secret);
        expect(seal.open(keyId, sealed)).toEqual(secret);
        expect(seal.seal(keyId, secret)).toEqual(sealed);
        expect(sealed.includes(secret)).toBe(false);
      }),
    );
  });

  it('opens with no other key, for no other key id, and not when a bit of it was changed', () => {
    const sealed = seal.seal('alpha.desk', Buffer.alloc(32, 9));
    expect(new SecretSeal(Buffer.alloc(32, 2)).open('alpha.desk', sealed)).toBeUndefined();
    expect(seal.open('alpha.other', sealed)).toBeUndefined();
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(seal.open('alpha.desk', changed)).toBeUndefined();
      expect(seal.open('alpha.desk', sealed.subarray(0, i))).toBeUndefined();
    }
  });

  it('never uses a nonce for two secrets', () => {
    const nonce = (keyId: string, fill: number): string =>
      seal.seal(keyId, Buffer.alloc(32, fill)).subarray(1, 13).toString('hex');
    expect(new Set([nonce('a', 1), nonce('a', 2), nonce('b', 1)]).size).toBe(3);
  });

  it('needs a key of 32 bytes', () => {
    expect(() => new SecretSeal(Buffer.alloc(31))).toThrow(/32 bytes, was 31/);
  });
});
