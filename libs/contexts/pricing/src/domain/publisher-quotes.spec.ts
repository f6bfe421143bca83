import { describe, expect, it } from '@jest/globals';
import { aggregateQuotes, type PublisherQuote } from './publisher-quotes.ts';

const quote = (over: Partial<PublisherQuote> = {}): PublisherQuote => ({
  price: 100n,
  confidence: 2n,
  isTrading: true,
  ageSlots: 1n,
  ...over,
});

describe('aggregateQuotes', () => {
  it('counts quotes up to 25 slots old and none that is older', () => {
    expect(aggregateQuotes([quote({ ageSlots: 25n })])).toEqual({ price: 100n, confidence: 2n });
    expect(aggregateQuotes([quote({ ageSlots: 26n })])).toBeUndefined();
  });

  it('counts no quote that does not trade, has no confidence or does not fit 64 bits', () => {
    const bad = [
      quote({ isTrading: false }),
      quote({ confidence: 0n }),
      quote({ price: (1n << 63n) - 2n }),
      quote({ price: -(1n << 63n) + 1n }),
    ];
    for (const one of bad) expect(aggregateQuotes([one, quote()])).toEqual({ price: 100n, confidence: 2n });
  });

  it('gives no price below the least number of sources', () => {
    const terms = { ageSlotsMax: 25n, sourcesMin: 2 };
    expect(aggregateQuotes([quote()], terms)).toBeUndefined();
    expect(aggregateQuotes([quote(), quote()], terms)?.price).toBe(100n);
    expect(aggregateQuotes([])).toBeUndefined();
  });
});
