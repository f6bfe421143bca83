import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AssertionError,
  InvalidNumber,
  ONE,
  ROUNDINGS,
  ZERO,
  addDecimal,
  asIndex,
  compareDecimal,
  decimalOf,
  decimalOfUnits,
  divide,
  formatDecimal,
  lendingIndexOf,
  multiply,
  negateDecimal,
  priceOf,
  rateOf,
  roundDecimal,
  roundToStep,
  subtractDecimal,
  unitsOfDecimal,
} from './index.ts';
import type { Decimal } from './index.ts';

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 18 }))
  .map(([units, scale]): Decimal => decimalOfUnits(units, scale));

describe('decimals', () => {
  it.each([
    '',
    '+1',
    '1e5',
    'NaN',
    'Infinity',
    ' 1',
    '1 ',
    '.5',
    '1.',
    '01',
    '１',
    '9'.repeat(39),
    `0.${'1'.repeat(37)}`,
  ])('refuses %j and names the field', (text) => {
    expect(() => priceOf(text)).toThrow(InvalidNumber);
    expect(() => rateOf(text, 'fees.maker')).toThrow(/Expected fees\.maker to be/);
    expect(() => decimalOf(text)).toThrow(InvalidNumber);
  });

  it('refuses more decimals than asked for', () => {
    expect(formatDecimal(decimalOf('1.25', 'tick', 2))).toBe('1.25');
    expect(() => decimalOf('1.255', 'tick', 2)).toThrow('at most 2 decimals');
  });

  it('refuses JavaScript numbers, even inside arithmetic', () => {
    expect(() => addDecimal(ONE, 0.1 as unknown as Decimal)).toThrow();
    expect(() => ONE.times(2)).toThrow();
  });

  it('reads a lending index of at least 1 and at most 27 decimals', () => {
    expect(formatDecimal(lendingIndexOf('1.000000000000000000000000001'))).toBe(
      '1.000000000000000000000000001',
    );
    expect(() => lendingIndexOf('0.999')).toThrow('at least 1');
    expect(() => lendingIndexOf('1.0000000000000000000000000001')).toThrow('27');
    expect(() => asIndex(decimalOf('0.5'))).toThrow(AssertionError);
  });

  it('is exact: sums and products lose nothing', () => {
    expect(formatDecimal(addDecimal(decimalOf('0.1'), decimalOf('0.2')))).toBe('0.3');
    fc.assert(
      fc.property(decimal, decimal, decimal, (a, b, c) => {
        expect(formatDecimal(subtractDecimal(addDecimal(a, b), b))).toBe(formatDecimal(a));
        expect(formatDecimal(multiply(a, addDecimal(b, c)))).toBe(
          formatDecimal(addDecimal(multiply(a, b), multiply(a, c))),
        );
        expect(formatDecimal(addDecimal(a, negateDecimal(a)))).toBe('0');
      }),
    );
  });

  it('writes canonical text that reads back as itself', () => {
    fc.assert(
      fc.property(decimal, (a) => {
        const text = formatDecimal(a);
        expect(text).toMatch(/^(0|-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?)$/);
        expect(compareDecimal(decimalOf(text), a)).toBe(0);
        expect(decimalOfUnits(unitsOfDecimal(a, 18), 18)).toEqual(a);
      }),
    );
    expect(() => unitsOfDecimal(decimalOf('0.15'), 1)).toThrow(AssertionError);
  });
});

describe('division', () => {
  it.each([
    ['1', '3', 4, 'down', '0.3333', '0.0001'],
    ['1', '3', 4, 'up', '0.3334', '-0.0002'],
    ['-1', '3', 4, 'floor', '-0.3334', '0.0002'],
    ['-1', '3', 4, 'ceil', '-0.3333', '-0.0001'],
    ['2.5', '1', 0, 'half-even', '2', '0.5'],
    ['2.5', '1', 0, 'half-away', '3', '-0.5'],
    ['0.000001', '7', 2, 'up', '0.01', '-0.069999'],
  ] as const)('%s / %s to %d digits, %s', (a, b, digits, rounding, quotient, remainder) => {
    const result = divide(decimalOf(a), decimalOf(b), digits, rounding);
    expect(formatDecimal(result.quotient)).toBe(quotient);
    expect(formatDecimal(result.remainder)).toBe(remainder);
  });

  it('gives back a = quotient · b + remainder, exactly', () => {
    fc.assert(
      fc.property(
        decimal,
        decimal.filter((b) => compareDecimal(b, ZERO) !== 0),
        fc.integer({ min: 0, max: 27 }),
        fc.constantFrom(...ROUNDINGS),
        (a, b, digits, rounding) => {
          const { quotient, remainder } = divide(a, b, digits, rounding);
          expect(formatDecimal(addDecimal(multiply(quotient, b), remainder))).toBe(formatDecimal(a));
        },
      ),
    );
    expect(() => divide(ONE, ZERO, 2, 'down')).toThrow(AssertionError);
  });

  it('rounds to digits and to ticks', () => {
    expect(formatDecimal(roundDecimal(decimalOf('1.005'), 2, 'half-away').rounded)).toBe('1.01');
    expect(formatDecimal(roundDecimal(decimalOf('1.005'), 2, 'half-away').remainder)).toBe('-0.005');
    expect(formatDecimal(roundToStep(decimalOf('100.26'), decimalOf('0.5'), 'down'))).toBe('100');
    expect(formatDecimal(roundToStep(decimalOf('100.26'), decimalOf('0.5'), 'up'))).toBe('100.5');
    expect(() => roundToStep(ONE, ZERO, 'up')).toThrow(AssertionError);
  });
});
