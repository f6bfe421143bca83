import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aggregate, type Vote } from './aggregate.ts';

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../../shared');
const file = resolve(shared, 'conformance/05-pyth-aggregation.json');
const isThere = existsSync(file);
const where = isThere ? '' : ' (skipped: no cases; set PLINTH_SHARED to the folder that holds conformance/)';

type Case = Readonly<{
  id: string;
  input: Readonly<{ quotes: readonly Readonly<{ price: number; conf: number; status: number }>[] }>;
  expected: Readonly<{ price: number; conf: number; status: string }>;
}>;

describe('aggregate', () => {
  (isThere ? it : it.skip)(`gives the published figures${where}`, () => {
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };
    expect(cases.length).toBeGreaterThanOrEqual(19);
    for (const { id, input, expected } of cases) {
      const live = input.quotes.filter(({ conf, status }) => status === 1 && conf > 0);
      const { price, confidence } = aggregate(
        live.map((quote) => ({ price: BigInt(quote.price), confidence: BigInt(quote.conf) })),
      );
      expect([id, price, confidence]).toEqual([id, BigInt(expected.price), BigInt(expected.conf)]);
    }
  });

  it('gives one vote back as it is', () => {
    expect(aggregate([{ price: 100n, confidence: 7n }])).toEqual({ price: 100n, confidence: 7n });
  });

  it('averages the middle two of an even number, rounded down', () => {
    const votes = [
      { price: 100n, confidence: 1n },
      { price: 103n, confidence: 1n },
    ];
    // 99 100 101 | 102 103 104: (101 + 102) / 2 = 101.5 → 101
    expect(aggregate(votes)).toEqual({ price: 101n, confidence: 2n });
    const below = [-1n, -2n].map((price) => ({ price, confidence: 0n }));
    expect(aggregate(below).price).toBe(-2n);
  });

  const vote = fc.record({
    price: fc.bigInt({ min: 1n, max: 10n ** 24n }),
    confidence: fc.bigInt({ min: 0n, max: 10n ** 22n }),
  });
  const low = (votes: readonly Vote[]): bigint =>
    votes.map((v) => v.price - v.confidence).reduce((a, b) => (a < b ? a : b));
  const high = (votes: readonly Vote[]): bigint =>
    votes.map((v) => v.price + v.confidence).reduce((a, b) => (a > b ? a : b));

  it('stays within [min p − c, max p + c]', () => {
    fc.assert(
      fc.property(fc.array(vote, { minLength: 1, maxLength: 30 }), (votes) => {
        const { price } = aggregate(votes);
        expect(price >= low(votes) && price <= high(votes)).toBe(true);
      }),
    );
  });

  it('does not depend on the order of the votes', () => {
    const shuffled = fc
      .array(vote, { minLength: 1, maxLength: 12 })
      .chain((votes) =>
        fc.tuple(fc.constant(votes), fc.shuffledSubarray(votes, { minLength: votes.length })),
      );
    fc.assert(
      fc.property(shuffled, ([votes, other]) => {
        expect(aggregate(other)).toEqual(aggregate(votes));
      }),
    );
  });

  it('cannot be moved outside the band of the others by one bad vote among three or more', () => {
    fc.assert(
      fc.property(fc.array(vote, { minLength: 2, maxLength: 12 }), vote, (good, bad) => {
        const { price } = aggregate([bad, ...good]);
        expect(price >= low(good) && price <= high(good)).toBe(true);
      }),
    );
  });
});
