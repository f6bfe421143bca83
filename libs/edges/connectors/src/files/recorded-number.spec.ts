import { describe, expect, it } from '@jest/globals';
import { InvalidNumber } from '@plinth/money';
import fc from 'fast-check';
import { recordedNumber } from './recorded-number.ts';

describe('numbers of recordings', () => {
  it.each([
    ['6.24e-05', '0.0000624'],
    ['1e3', '1000'],
    ['1.5E+2', '150'],
    ['12.345e1', '123.45'],
    ['-4.7e-05', '-0.000047'],
    ['0.', '0'],
    ['0.0', '0'],
    ['-0.0e-5', '0'],
    ['007.50', '7.5'],
    ['12e-1', '1.2'],
  ])('reads %s as %s', (text, plain) => {
    expect(recordedNumber(text, 'volume_base')).toBe(plain);
  });

  it.each([
    '',
    '.',
    '.5',
    'e5',
    '1e',
    '1e100',
    '+1',
    'NaN',
    'inf',
    '1,5',
    ' 1',
    '1 ',
    '"1"',
    '1e99',
    '9'.repeat(99),
  ])('refuses %j as it was written', (text) => {
    expect(() => recordedNumber(text, 'volume_base')).toThrow(InvalidNumber);
    expect(() => recordedNumber(text, 'volume_base')).toThrow(JSON.stringify(text).slice(0, 40));
  });

  it('reads every float as JavaScript writes it', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (x) => {
        const text = Math.abs(x) < 1e-30 ? '0' : `${x}`;
        fc.pre(text.length < 40);
        expect(Number(recordedNumber(text, 'x'))).toBe(Number(text) + 0);
      }),
    );
  });
});
