import { describe, expect, it } from '@jest/globals';
import type { PriceSource, SourceQuote } from '@plinth/market';
import { ReferenceView } from '@plinth/views';
import { collectQuotes, QuoteBuffer } from './quote-buffer.ts';

const RULE = {
  minSources: 1,
  maxAgeMs: 1_000,
  maxConfidencePpm: 1_000,
  maxDeviationPpm: 1_000,
  maxMovePpmPerSecond: 1_000,
  maxTwapDeviationPpm: 0,
  floorPrice: '',
  capPrice: '',
};

const referenceOf = (...ids: readonly string[]): ReferenceView => {
  const reference = new ReferenceView();
  for (const id of ids) reference.priceRules.set(id, RULE);
  return reference;
};

const quote = (instrumentId: string, change: Partial<SourceQuote> = {}): SourceQuote => ({
  instrumentId,
  price: '100',
  confidence: '1',
  sourceTimeMs: 1_000,
  volume: '',
  ...change,
});

describe('QuoteBuffer', () => {
  const reference = referenceOf('BTC/USD', 'BTC/USDC', 'BTC-PERP');

  it('gives a quote to its own instrument and to the USD price of its base', () => {
    const buffer = new QuoteBuffer();
    buffer.offer('kraken', 'kraken', quote('BTC/USDC'), reference);
    buffer.offer('kraken', 'kraken', quote('BTC-PERP'), reference);
    expect(buffer.round().map((one) => [one.instrumentId, one.source])).toEqual([
      ['BTC-PERP', 'kraken:BTC-PERP'],
      ['BTC/USD', 'kraken:BTC/USDC'],
      ['BTC/USDC', 'kraken:BTC/USDC'],
    ]);
  });

  it('keeps the latest of each source and counts what it does not keep', () => {
    const buffer = new QuoteBuffer();
    buffer.offer('a', 'a', quote('BTC/USD', { price: '100', sourceTimeMs: 5 }), reference);
    expect(buffer.offer('a', 'a', quote('BTC/USD', { price: '90', sourceTimeMs: 4 }), reference)).toBe(
      'older',
    );
    buffer.offer('a', 'a', quote('BTC/USD', { price: '110', sourceTimeMs: 6 }), reference);
    expect(buffer.round().map(({ price }) => price)).toEqual(['110']);
    expect(buffer.offer('a', 'a', quote('ETH/USD'), reference)).toBe('unlisted');
    for (const bad of [
      { price: 'NaN' },
      { price: '1e9' },
      { confidence: '-1' },
      { bid: '1' },
      { sourceTimeMs: 0.5 },
    ]) {
      expect(buffer.offer('a', 'a', quote('BTC/USD', bad), reference)).toBe('malformed');
    }
    expect(buffer.offer('A b', 'a', quote('BTC/USD'), reference)).toBe('malformed');
    expect(buffer.counts).toEqual({ kept: 2, older: 1, malformed: 6, unlisted: 1, full: 0 });
  });

  it('is bounded per instrument and forgets what is too old', () => {
    const buffer = new QuoteBuffer();
    for (let n = 0; n < 64; n += 1) buffer.offer(`s${n}`, 's', quote('BTC/USD'), reference);
    expect(buffer.offer('more', 's', quote('BTC/USD'), reference)).toBe('full');
    buffer.forgetBefore(1_001);
    expect(buffer.size).toBe(0);
    expect(buffer.offer('more', 's', quote('BTC/USD'), reference)).toBe('kept');
  });

  it('collects from sources and names those that are unavailable', async () => {
    const buffer = new QuoteBuffer();
    const up: PriceSource = {
      name: 'up',
      group: 'one',
      quotes: () => Promise.resolve({ status: 'quotes', quotes: [quote('BTC/USD')] }),
    };
    const down: PriceSource = {
      name: 'down',
      group: 'two',
      quotes: () => Promise.resolve({ status: 'unavailable', message: 'maintenance' }),
    };
    expect(await collectQuotes(buffer, [up, down], reference, new AbortController().signal)).toEqual([
      'down',
    ]);
    expect(buffer.round()).toMatchObject([{ source: 'up:BTC/USD', group: 'one', instrumentId: 'BTC/USD' }]);
  });
});
