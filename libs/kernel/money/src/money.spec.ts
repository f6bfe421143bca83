import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AssertionError,
  InvalidNumber,
  abs,
  add,
  allocate,
  canonicalText,
  compare,
  formatMoney,
  isNegative,
  isPositive,
  isZero,
  max,
  min,
  moneyOf,
  moneyOfUnits,
  negate,
  subtract,
  sum,
  zero,
} from './index.ts';
import type { Money } from './index.ts';

const LIMIT = 10n ** 37n;
const units = fc.bigInt({ min: -LIMIT, max: LIMIT });
const amount = units.map((n): Money => moneyOfUnits('BTC', 8, n));

describe('reading an amount', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['-0.00', 0n],
    ['1', 100_000_000n],
    ['1.50', 150_000_000n],
    ['0.00000001', 1n],
    ['-0.00000001', -1n],
    ['21000000', 2_100_000_000_000_000n],
    ['999999999999999999999999999999.99999999', 10n ** 38n - 1n],
  ])('reads %s', (text, expected) => {
    expect(moneyOf('BTC', 8, text).units).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '+1',
    ' 1',
    '1 ',
    '1\n',
    '1.',
    '.5',
    '-',
    '-.5',
    '--1',
    '01',
    '00',
    '-01',
    '1e5',
    '1E5',
    'NaN',
    'Infinity',
    '-Infinity',
    '0x10',
    '1_000',
    '1,000',
    '1,5',
    '١',
    '１',
    '1\u00a0',
    '−1',
    '0.123456789',
    '0.100000000',
    '1000000000000000000000000000000',
    '1'.repeat(200),
    `0.${'0'.repeat(1_000_000)}`,
  ])('refuses %j and names the field', (text) => {
    const read = (): Money => moneyOf('BTC', 8, text, 'legs[2].amount');
    expect(read).toThrow(InvalidNumber);
    expect(read).toThrow(/^Expected legs\[2\]\.amount to be .*, was /);
    expect(() => moneyOf('BTC', 8, text)).toThrow(expect.objectContaining({ field: 'amount' }));
  });

  it.each([null, undefined, 1, 1n, {}, ['1'], true])('refuses %p, which is not text', (value) => {
    expect(() => moneyOf('BTC', 8, value as string)).toThrow(InvalidNumber);
  });

  it('keeps the message short whatever was sent', () => {
    const read = (): Money => moneyOf('USD', 6, 'x'.repeat(100_000));
    expect(read).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,200}$/) }));
  });

  it('refuses a scale that no asset has', () => {
    expect(() => moneyOf('BTC', -1, '1')).toThrow(AssertionError);
    expect(() => moneyOf('BTC', 1.5, '1')).toThrow(AssertionError);
    expect(() => zero('BTC', 37)).toThrow(AssertionError);
  });

  it('is the inverse of writing, and what is written is canonical', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 36 }), (n, scale) => {
        const text = formatMoney(moneyOfUnits('X', scale, n));
        expect(text).toMatch(/^(0|-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?)$/);
        expect(moneyOf('X', scale, text).units).toBe(n);
      }),
    );
  });
});

describe('writing an amount', () => {
  it.each([
    [0n, 8, '0'],
    [1n, 8, '0.00000001'],
    [-150_000_000n, 8, '-1.5'],
    [100_000_000n, 8, '1'],
    [1_000n, 0, '1000'],
    [-7n, 0, '-7'],
    [10n ** 37n, 18, '10000000000000000000'],
  ])('writes %s at scale %d as %s', (n, scale, expected) => {
    expect(formatMoney(moneyOfUnits('X', scale, n))).toBe(expected);
  });
});

describe('canonical text', () => {
  it('is what reading and writing again would give', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 36 }), fc.nat(5), (n, scale, zeros) => {
        const text = formatMoney(moneyOfUnits('X', scale, n));
        const longer = text.includes('.') ? text + '0'.repeat(zeros) : `${text}.${'0'.repeat(zeros + 1)}`;
        expect(canonicalText(text, 'price')).toBe(text);
        expect(canonicalText(longer, 'price')).toBe(text);
      }),
    );
    expect(canonicalText('-0.00', 'price')).toBe('0');
    expect(() => canonicalText('1e5', 'price')).toThrow('price');
  });
});

describe('the algebra of amounts', () => {
  const property = (check: (a: Money, b: Money, c: Money) => void): void =>
    fc.assert(
      fc.property(
        amount.map((m) => moneyOfUnits('BTC', 8, m.units / 4n)),
        amount.map((m) => moneyOfUnits('BTC', 8, m.units / 4n)),
        amount.map((m) => moneyOfUnits('BTC', 8, m.units / 4n)),
        check,
      ),
    );

  it('adds commutatively and associatively; subtraction undoes addition', () =>
    property((a, b, c) => {
      expect(add(a, b)).toEqual(add(b, a));
      expect(add(add(a, b), c)).toEqual(add(a, add(b, c)));
      expect(subtract(add(a, b), b)).toEqual(a);
      expect(add(a, zero('BTC', 8))).toEqual(a);
      expect(isZero(add(a, negate(a)))).toBe(true);
    }));

  it('orders amounts totally and in step with subtraction', () =>
    property((a, b) => {
      expect(compare(a, b)).toBe(-compare(b, a) + 0);
      expect(compare(a, b) < 0).toBe(isNegative(subtract(a, b)));
      expect(compare(a, b) > 0).toBe(isPositive(subtract(a, b)));
      expect(add(min(a, b), max(a, b))).toEqual(add(a, b));
      expect(isNegative(abs(a))).toBe(false);
    }));

  it('does not drift over many postings', () => {
    const tenth = moneyOf('USD', 6, '0.1');
    let balance = zero('USD', 6);
    for (let n = 0; n < 100_000; n++) balance = add(balance, tenth);
    expect(formatMoney(balance)).toBe('10000');
    expect(sum(balance, [negate(balance)])).toEqual(zero('USD', 6));
  });

  it('never mixes assets or scales', () => {
    const usd = moneyOf('USD', 6, '1');
    for (const other of [moneyOf('BTC', 6, '1'), moneyOf('USD', 8, '1')]) {
      for (const operation of [add, subtract, compare, min, max]) {
        expect(() => operation(usd, other)).toThrow(AssertionError);
      }
      expect(() => sum(usd, [other])).toThrow(AssertionError);
    }
  });

  it('stops at 10^38 units instead of growing without bound', () => {
    const most = moneyOfUnits('X', 0, 10n ** 38n - 1n);
    expect(() => add(most, moneyOfUnits('X', 0, 1n))).toThrow(AssertionError);
    expect(() => subtract(negate(most), moneyOfUnits('X', 0, 1n))).toThrow(AssertionError);
    expect(() => moneyOfUnits('X', 0, 10n ** 38n)).toThrow(AssertionError);
  });
});

describe('allocating an amount', () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 30n }), { minLength: 1, maxLength: 50 })
    .filter((list) => list.some((weight) => weight > 0n));

  it('gives parts that sum to the amount and are within one unit of the exact share', () => {
    fc.assert(
      fc.property(amount, weights, (money, list) => {
        const parts = allocate(money, list);
        const total = list.reduce((a, b) => a + b);
        expect(sum(zero('BTC', 8), parts)).toEqual(money);
        parts.forEach((part, i) => {
          const error = part.units * total - money.units * (list[i] ?? 0n);
          expect(error < total && error > -total).toBe(true);
          if (list[i] === 0n) expect(part.units).toBe(0n);
        });
      }),
    );
  });

  it('splits 100 three ways', () => {
    const parts = allocate(moneyOf('USD', 2, '100'), [1n, 1n, 1n]);
    expect(parts.map(formatMoney)).toEqual(['33.33', '33.33', '33.34']);
  });

  it('needs a weight over 0 and none below', () => {
    expect(() => allocate(zero('USD', 6), [])).toThrow(AssertionError);
    expect(() => allocate(zero('USD', 6), [0n])).toThrow(AssertionError);
    expect(() => allocate(zero('USD', 6), [2n, -1n])).toThrow(AssertionError);
  });
});
