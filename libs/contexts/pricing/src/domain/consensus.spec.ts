import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consensus, groupVotes, type GroupedVote } from './consensus.ts';

const RULE = {
  minSources: 3,
  maxAgeMs: 1_000,
  maxConfidencePpm: 10_000,
  maxDeviationPpm: 20_000,
  maxMovePpmPerSecond: 10_000,
  maxTwapDeviationPpm: 0,
  floorPrice: '',
  capPrice: '',
};

const quote = (group: string, price: number, confidence = 1): GroupedVote => ({
  group,
  price: BigInt(price),
  confidence: BigInt(confidence),
});

describe('consensus', () => {
  it('excludes what is far from the centre and makes the centre again', () => {
    const quotes = [quote('a', 10_000), quote('b', 10_010), quote('c', 10_020), quote('d', 15_000)];
    const centre = consensus(quotes, RULE);
    expect(centre.outliers).toEqual([false, false, false, true]);
    expect(centre).toMatchObject({ price: 10_010n, standing: 'agreed' });
    expect(centre.votes.map(({ group }) => group)).toEqual(['a', 'b', 'c']);
  });

  it('counts sources of one group as one vote', () => {
    const copies = [quote('copy', 12_000), quote('copy', 12_000), quote('copy', 12_000)];
    const centre = consensus([...copies, quote('a', 10_000), quote('b', 10_010), quote('c', 10_005)], RULE);
    expect(centre.price).toBe(10_005n);
    expect(centre.outliers.slice(0, 3)).toEqual([true, true, true]);
    expect(groupVotes(copies)).toEqual([{ group: 'copy', price: 12_000n, confidence: 1n, quotes: 3 }]);
  });

  it('keeps a group whose one odd pair is excluded', () => {
    const quotes = [quote('a', 10_000), quote('a', 14_000), quote('b', 10_010), quote('c', 10_005)];
    const centre = consensus(quotes, RULE);
    expect(centre.outliers).toEqual([false, true, false, false]);
    expect(centre.votes.map(({ quotes: count }) => count)).toEqual([1, 1, 1]);
    expect(centre.standing).toBe('agreed');
  });

  it('does not follow two of three: the centre of all stands, and its confidence shows the dispute', () => {
    const centre = consensus([quote('good', 10_000), quote('x', 13_000), quote('y', 13_000)], RULE);
    expect(centre.standing).toBe('disputed');
    expect(centre.confidence).toBeGreaterThan(2_900n);
  });

  it('stays on the median of three when two sources are enough and one is excluded', () => {
    const rule = { ...RULE, minSources: 2 };
    const centre = consensus([quote('a', 10_000), quote('b', 10_100), quote('c', 20_000)], rule);
    expect(centre).toMatchObject({ price: 10_100n, standing: 'agreed' });
    // The two that agree: 10,050 ± 50; their distance to the median is added.
    expect(centre.confidence).toBe(100n);
  });

  it('lets no single group among three or more move the price outside the band of the others', () => {
    const price = fc.integer({ min: 9_000, max: 11_000 });
    const good = fc.array(fc.tuple(price, fc.integer({ min: 0, max: 50 })), { minLength: 2, maxLength: 6 });
    const wild = fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 0, max: 1_000 }));
    const deviation = fc.integer({ min: 1, max: 200_000 });
    fc.assert(
      fc.property(good, wild, deviation, fc.integer({ min: 1, max: 3 }), (others, bad, dev, minSources) => {
        const quotes = others.map(([p, c], n) => quote(`g${n}`, p, c));
        const rule = { ...RULE, maxDeviationPpm: dev, minSources };
        const centre = consensus([quote('bad', ...bad), ...quotes], rule);
        const low = Math.min(...others.map(([p, c]) => p - c));
        const high = Math.max(...others.map(([p, c]) => p + c));
        expect(centre.price >= BigInt(low) && centre.price <= BigInt(high)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
