import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidNumber, unitsOf } from './number-text.ts';

/** The same by the definition: digits before and after the point, filled up with zeros. */
const byDefinition = (text: string, scale: number): bigint | undefined => {
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > scale) return undefined;
  const units = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -units : units;
};

const attempt = (text: string, scale: number): bigint | undefined => {
  try {
    return unitsOf(text, scale, 'amount');
  } catch (error) {
    if (error instanceof InvalidNumber) return undefined;
    throw error;
  }
};

const symbols = fc.constantFrom('0', '1', '9', '5', '.', '-', '+', 'e', ' ', '\n', '٣');

describe('unitsOf', () => {
  it('is what the definition says for any text of digits, points and signs', () => {
    const texts = fc.array(symbols, { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 18 }), (text, scale) => {
        expect(attempt(text, scale)).toBe(byDefinition(text, scale));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is what the definition says for amounts of any length', () => {
    const amounts = fc.tuple(
      fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
      fc.stringMatching(/^[0-9]{0,10}$/),
    );
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 12 }), ([whole, fraction], scale) => {
        const text = fraction === '' ? `${whole}` : `${whole}.${fraction}`;
        expect(attempt(text, scale)).toBe(byDefinition(text, scale));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    '',
    '-',
    '.',
    '00',
    '01',
    '-01',
    '1.',
    '.5',
    '-.5',
    '1e5',
    '1 ',
    '1\n',
    '1..2',
    '+1',
    'NaN',
    '1_0',
    '٣',
  ])('refuses %j', (text) => {
    expect(() => unitsOf(text, 6, 'amount')).toThrow(InvalidNumber);
  });

  it('takes both zeros, and refuses more decimals than the scale has', () => {
    expect([unitsOf('0', 6, 'x'), unitsOf('-0', 6, 'x'), unitsOf('-0.000000', 6, 'x')]).toEqual([0n, 0n, 0n]);
    expect(() => unitsOf('0.0000000', 6, 'amount')).toThrow('at most 6 decimals');
  });
});
