import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalText,
  ed25519PublicKey,
  signText,
  verifyText,
  type Algorithm,
  type SignedCall,
} from './signing.ts';

// The key of the first test of RFC 8032 §7.1.
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const SECRET = Buffer.alloc(32, 'plinth');

const CALL: SignedCall = {
  method: '/plinth.gateway.v1.Accounts/GetAccount',
  body: Buffer.from('0a026131', 'hex'),
  keyId: 'alpha.desk',
  timestampMs: 1_700_000_000_000,
  nonce: 'n-0000000000000001',
  requestId: '',
  cell: '',
};

describe('the canonical text of a call', () => {
  it('is the one in the README', () => {
    expect(canonicalText(CALL)).toBe(
      [
        'plinth-v1',
        '/plinth.gateway.v1.Accounts/GetAccount',
        '5338e7569b8f7c0c5207114e8ad553a1a2454a4a7f73fa21941322dbd06b5e24',
        '1700000000000',
        'n-0000000000000001',
        'alpha.desk',
        '',
      ].join('\n'),
    );
  });

  it('says in its first line when the body is JSON', () => {
    const [first, ...rest] = canonicalText({ ...CALL, form: 'json' }).split('\n');
    expect(first).toBe('plinth-v1-json');
    expect(['plinth-v1', ...rest].join('\n')).toBe(canonicalText(CALL));
  });

  it('differs whenever anything in the call differs', () => {
    const line = fc.stringMatching(/^[!-~]{1,20}$/);
    const call = fc.record({
      ...{ method: line, keyId: line, nonce: line, requestId: line, timestampMs: fc.nat() },
      cell: fc.oneof(fc.constant(''), line),
      body: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(call, call, (a, b) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(canonicalText(a) === canonicalText(b)).toBe(isSame);
      }),
    );
  });
});

describe('a signature', () => {
  const text = canonicalText(CALL);

  it('by Ed25519 is the one in the README', () => {
    expect(ed25519PublicKey(SEED)).toEqual(PUBLIC);
    expect(signText('ed25519', SEED, text).toString('base64')).toBe(
      'Xx4gaHFJAwetIMvLntkiUuIs3+3I6pqXSudHVFjY4K0c2EnDNyW1X60hkB21578BMsjED1796PoV+OKrz1EnAQ==',
    );
  });

  it('by HMAC-SHA256 is the one in the README', () => {
    expect(signText('hmac-sha256', SECRET, text).toString('base64')).toBe(
      '2fz/2BJV6tDywUlVucuB5tjiqOQDEPXGlNRFxW37/dA=',
    );
  });

  it.each<[Algorithm, Buffer, Buffer]>([
    ['ed25519', SEED, PUBLIC],
    ['hmac-sha256', SECRET, SECRET],
  ])('by %s holds for its text alone', (algorithm, secret, verifier) => {
    const signature = signText(algorithm, secret, text);
    expect(verifyText(algorithm, verifier, text, signature)).toBe(true);
    expect(verifyText(algorithm, verifier, `${text} `, signature)).toBe(false);
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(signature);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(verifyText(algorithm, verifier, text, changed)).toBe(false);
      }),
      { numRuns: 50 },
    );
    for (const length of [0, 1, 31, 32, 63, 65, 200]) {
      if (length !== signature.length)
        expect(verifyText(algorithm, verifier, text, Buffer.alloc(length))).toBe(false);
    }
  });

  it('is no error for a public key that is no point of the curve', () => {
    const signature = signText('ed25519', SEED, text);
    expect(verifyText('ed25519', Buffer.alloc(32, 0xff), text, signature)).toBe(false);
  });
});
