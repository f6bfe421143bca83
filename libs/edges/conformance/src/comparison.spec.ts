import { describe, expect, it } from '@jest/globals';
import { compare, EXACT, OneOf } from './comparison.ts';

const near = { relative: 1e-6, absolute: 1e-9 };
const paths = (expected: unknown, got: unknown, tolerance = EXACT): readonly string[] =>
  compare(expected, got, tolerance).differences.map(({ path }) => path);

describe('comparison', () => {
  it.each([
    ['equal numbers', 5, 5, []],
    ['numbers that differ', { a: 5 }, { a: 5.1 }, ['a']],
    ['a NaN', { a: 5 }, { a: NaN }, ['a']],
    ['an infinity', { a: 5 }, { a: Infinity }, ['a']],
    ['integers beyond 2^53', 9007199254740993n, 9007199254740992n, ['']],
    ['the same integer as text', '9007199254740993', 9007199254740993n, []],
    ['a number as text', { a: 12 }, { a: '12' }, []],
    ['text', { a: 'live' }, { a: 'halted' }, ['a']],
    ['nothing against a number', { a: null }, { a: 0 }, ['a']],
    ['nothing', { a: null }, { a: null }, []],
    ['a flag', [true], [false], ['[0]']],
    ['lists of other lengths', { a: [1, 2] }, { a: [1] }, ['a']],
    ['typed arrays', { a: [1, 2.5] }, { a: Float64Array.of(1, 2) }, ['a[1]']],
    ['one of two', { a: 3 }, { a: new OneOf(2, 3) }, []],
    ['none of two', { a: 4 }, { a: new OneOf(2, 3) }, ['a']],
  ])('%s', (_, expected, got, different) => {
    expect(paths(expected, got)).toEqual(different);
  });

  it('takes the wider of both tolerances', () => {
    expect(paths({ a: 1e6, b: 1e-12 }, { a: 1e6 + 0.9, b: 9e-10 }, near)).toEqual([]);
    expect(paths({ a: 1e6, b: 1e-12 }, { a: 1e6 + 1.1, b: 1.1e-9 }, near)).toEqual(['a', 'b']);
  });

  it('counts, names what it has nothing for, and leaves out how to compare', () => {
    const result = compare({ a: 1, b: { c: 2 }, abs_tol: 3 }, { a: 1.0000005 }, near);
    expect(result).toMatchObject({ compared: 1, differences: [], notCompared: ['b'], worstPath: 'a' });
    expect(result.worstRelativeError).toBeCloseTo(5e-7, 12);
  });

  it('refuses to follow values without end', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 40; i++) deep = [deep];
    expect(compare(deep, deep, EXACT).differences).toHaveLength(1);
  });
});
