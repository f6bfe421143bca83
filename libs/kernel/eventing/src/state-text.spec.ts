import { describe, expect, it } from '@jest/globals';
import { decimalOf, formatDecimal, type Decimal } from '@plinth/money';
import fc from 'fast-check';
import { refill, stateOf, stateText, wholeStateText } from './state-text.ts';

const again = (state: unknown): unknown => stateOf(wholeStateText(state));

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(undefined, null),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);
const key = fc.string().filter((text) => !text.startsWith('$') && text !== '__proto__');
const { state } = fc.letrec((tie) => ({
  state: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('state'), { maxLength: 4 }),
    fc.dictionary(key, tie('state'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(leaf, tie('state')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('state'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
}));

describe('the text of a state', () => {
  it('gives the same state back, whatever plain data it is made of', () => {
    fc.assert(
      fc.property(state, (value) => {
        expect(again(value)).toStrictEqual(value);
        expect(wholeStateText(again(value))).toBe(wholeStateText(value));
      }),
    );
  });

  it('keeps decimals exact and the order of maps and sets', () => {
    const long = decimalOf('1'.repeat(18))
      .times(decimalOf('3.000000000000000007'))
      .times(decimalOf('7'.repeat(18)));
    const { sum, map, set } = again({
      sum: long,
      map: new Map([
        ['b', 1],
        ['a', 2],
      ]),
      set: new Set(['z', 'y']),
    }) as { sum: Decimal; map: Map<string, number>; set: Set<string> };
    expect(formatDecimal(sum)).toBe(formatDecimal(long));
    expect([[...map], [...set]]).toEqual([
      [
        ['b', 1],
        ['a', 2],
      ],
      ['z', 'y'],
    ]);
  });

  it('writes what is made on the way as a list', () => {
    const rows = function* () {
      yield ['a', 1n];
      yield ['b', 2n];
    };
    expect(again({ rows: rows() })).toEqual({
      rows: [
        ['a', 1n],
        ['b', 2n],
      ],
    });
  });

  it('comes in pieces that make up the whole', () => {
    const large = {
      table: new Map(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, { units: BigInt(i) }])),
    };
    expect([...stateText(large)].length).toBeGreaterThan(5);
    expect(again(large)).toEqual(large);
  });

  it('refuses what it could not give back', () => {
    class Book {}
    expect(() => wholeStateText({ book: new Book() })).toThrow('Expected plain state, was of class Book');
    expect(() => wholeStateText([() => 1])).toThrow('was a function');
    expect(() => wholeStateText(new Map([['a', { $n: '1' }]]))).toThrow('without a dollar sign');
    expect(() => stateOf('{"$x":1}')).toThrow('Expected a known tag');
  });

  it('refills maps and sets', () => {
    const [map, set] = [new Map([['old', 1]]), new Set(['old'])];
    refill(map, new Map([['new', 2]]));
    refill(set, new Set(['new']));
    expect([[...map], [...set]]).toEqual([[['new', 2]], ['new']]);
  });
});
