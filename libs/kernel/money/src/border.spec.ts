import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AssertionError,
  InvalidNumber,
  addDecimal,
  asPrice,
  compareDecimal,
  decimalOf,
  decimalOfMoney,
  decimalOfUnits,
  decimalToFloat,
  floatToText,
  floatToUnits,
  formatDecimal,
  formatMoney,
  formatQuantity,
  fromFloat,
  integerOf,
  moneyFromFloat,
  moneyOf,
  moneyOfDecimal,
  moneyOfUnits,
  multiply,
  priceOf,
  quantityFor,
  quantityOf,
  quantityOfUnits,
  rateOf,
  share,
  textToFloat,
  toFloat,
  toSafeInteger,
  valueOf,
  ROUNDINGS,
} from './index.ts';

const USD = { asset: 'USD', scale: 6 };
const price = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 14n }), fc.integer({ min: 0, max: 10 }))
  .map(([units, scale]) => asPrice(decimalOfUnits(units, scale)));

describe('exact to float64', () => {
  it('gives the nearest double, as parsing the text does', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }),
        fc.integer({ min: 0, max: 36 }),
        fc.integer({ min: 0, max: 37 }),
        (n, scale, cut) => {
          const money = moneyOfUnits('X', scale, n / 10n ** BigInt(cut));
          expect(toFloat(money)).toBe(Number(formatMoney(money)));
          expect(decimalToFloat(decimalOfMoney(money))).toBe(toFloat(money));
        },
      ),
      { numRuns: 1_000 },
    );
    expect(textToFloat('0.1')).toBe(0.1);
    expect(() => textToFloat('1e3', 'spot')).toThrow(InvalidNumber);
    expect(() => textToFloat('NaN', 'spot')).toThrow('spot');
  });
});

describe('float64 to exact', () => {
  it.each([
    [0.1, '0.1'],
    [-0, '0'],
    [0.5e-8, '0.00000001'],
    [-0.5e-8, '-0.00000001'],
    [2 ** -9, '0.00195313'],
    [-(2 ** -9), '-0.00195313'],
    [1e21, '1000000000000000000000'],
    [5e-324, '0'],
    [123456.789012345, '123456.78901235'],
  ])('records %p as %s', (x, text) => {
    expect(floatToText(x)).toBe(text);
    expect(formatDecimal(fromFloat(x))).toBe(text);
  });

  it.each([NaN, Infinity, -Infinity])('refuses %p', (x) => {
    expect(() => fromFloat(x)).toThrow(AssertionError);
    expect(() => floatToText(x)).toThrow(AssertionError);
    expect(() => moneyFromFloat('USD', 6, x, 'down')).toThrow(AssertionError);
  });

  it('rounds the exact binary value in every direction', () => {
    // 0.1 is a little more than a tenth in binary.
    expect(floatToUnits(0.1, 1, 'ceil')).toBe(2n);
    expect(floatToUnits(0.1, 1, 'floor')).toBe(1n);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (x) => {
        const [low, high] = [floatToUnits(x, 8, 'floor'), floatToUnits(x, 8, 'ceil')];
        expect(high - low === 0n || high - low === 1n).toBe(true);
        // toFixed(100) writes the exact binary value, to within one digit at the hundredth decimal.
        const exact = BigInt(x.toFixed(100).replace('.', ''));
        expect(low * 10n ** 92n <= exact + 1n && exact - 1n <= high * 10n ** 92n).toBe(true);
        expect(floatToUnits(-x, 8, 'half-away')).toBe(-floatToUnits(x, 8, 'half-away'));
      }),
    );
  });

  it('returns amounts of up to 15 digits unchanged from a round trip', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (n) => {
        const money = moneyOfUnits('BTC', 8, n);
        expect(formatDecimal(fromFloat(toFloat(money)))).toBe(formatMoney(money));
        expect(moneyFromFloat('BTC', 8, toFloat(money), 'half-away')).toEqual(money);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('quantity times price', () => {
  it.each([
    ['0.001', '61800.3', 'down', '61.8003', '0'],
    ['0.00000001', '0.99', 'down', '0', '0.0000000099'],
    ['0.00000001', '0.99', 'up', '0.000001', '-0.0000009901'],
    ['-0.00000001', '0.99', 'down', '0', '-0.0000000099'],
    ['-0.00000001', '0.99', 'floor', '-0.000001', '0.0000009901'],
    ['1', '-37.63', 'down', '-37.63', '0'],
  ] as const)('%s at %s rounded %s is %s', (quantity, at, rounding, amount, remainder) => {
    const value = valueOf(quantityOf(8, quantity), priceOf(at), USD, rounding);
    expect(formatMoney(value.amount)).toBe(amount);
    expect(formatDecimal(value.remainder)).toBe(remainder);
  });

  it('is exact with its remainder, in every direction', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        price,
        fc.constantFrom(...ROUNDINGS),
        (n, at, rounding) => {
          const quantity = quantityOfUnits(8, n);
          const { amount, remainder } = valueOf(quantity, at, USD, rounding);
          const exact = multiply(decimalOfMoney(quantity), at);
          expect(formatDecimal(addDecimal(decimalOfMoney(amount), remainder))).toBe(formatDecimal(exact));
          const again = moneyOfDecimal(exact, USD, rounding);
          expect(again.amount).toEqual(amount);
          if (rounding === 'ceil') expect(compareDecimal(decimalOfMoney(amount), exact)).not.toBe(-1);
          if (rounding === 'floor') expect(compareDecimal(decimalOfMoney(amount), exact)).not.toBe(1);
        },
      ),
    );
  });

  it('never pays for going round in circles at tiny sizes', () => {
    // The trader pays rounded up and is paid rounded down, buys rounded down: after any sequence of round
    // trips the trader has no more than before, and the difference is what the roundings kept.
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 10n }), { minLength: 1, maxLength: 100 }),
        price,
        (sizes, at) => {
          let gain = 0n;
          for (const size of sizes) {
            const quantity = quantityOfUnits(8, size);
            gain -= valueOf(quantity, at, USD, 'up').amount.units;
            gain += valueOf(quantity, at, USD, 'down').amount.units;
            const spent = moneyOfUnits('USD', 6, size);
            const bought = quantityFor(spent, at, 8, 'down').quantity;
            gain += valueOf(bought, at, USD, 'down').amount.units - spent.units;
          }
          expect(gain <= 0n).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('shares and purchases', () => {
  it('charges a fee', () => {
    const fee = share(moneyOf('USD', 6, '100.01'), rateOf('0.00055'), 'up');
    expect(formatMoney(fee.amount)).toBe('0.055006');
    expect(formatDecimal(fee.remainder)).toBe('-0.0000005');
  });

  it('says how much an amount buys and what is left', () => {
    const { quantity, remainder } = quantityFor(moneyOf('USD', 6, '100'), priceOf('61800.3'), 5, 'down');
    expect(formatQuantity(quantity)).toBe('0.00161');
    expect(formatDecimal(remainder)).toBe('0.501517');
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 16n }),
        price,
        fc.integer({ min: 0, max: 12 }),
        (n, at, scale) => {
          const bought = quantityFor(moneyOfUnits('USD', 6, n), at, scale, 'down');
          const spent = multiply(decimalOfMoney(bought.quantity), at);
          expect(formatDecimal(addDecimal(spent, bought.remainder))).toBe(
            formatDecimal(decimalOfUnits(n, 6)),
          );
          expect(compareDecimal(bought.remainder, decimalOf('0'))).not.toBe(-1);
        },
      ),
    );
    expect(() => quantityFor(moneyOf('USD', 6, '1'), priceOf('0'), 2, 'down')).toThrow(AssertionError);
  });
});

describe('integers', () => {
  it('reads integers within bounds', () => {
    expect(integerOf('42', 'port')).toBe(42);
    expect(Object.is(integerOf('-0', 'n'), 0)).toBe(true);
    for (const text of ['', '1.0', '1e3', ' 1', '01', '9007199254740993', '99999999999999999999', 'NaN']) {
      expect(() => integerOf(text, 'port')).toThrow(InvalidNumber);
    }
    expect(() => integerOf('70000', 'port', 1, 65_535)).toThrow('an integer from 1 to 65535');
  });

  it('refuses bigints that a float cannot hold', () => {
    expect(toSafeInteger(2n ** 53n)).toBe(2 ** 53);
    expect(() => toSafeInteger(2n ** 53n + 1n)).toThrow(AssertionError);
  });
});
