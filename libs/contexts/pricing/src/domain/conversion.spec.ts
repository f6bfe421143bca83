import { describe, expect, it } from '@jest/globals';
import { convert } from './conversion.ts';
import { conversionAsset, parseSource, type Listed } from './pairs.ts';
import { priceText, priceUnits } from './price-units.ts';

const units = (text: string): bigint => priceUnits(text, 'price');

describe('conversion into USD', () => {
  it('multiplies prices and covers the worst corner of both bands', () => {
    const { price, confidence } = convert(
      { price: units('24000'), confidence: units('10') },
      { price: units('0.88'), confidence: units('0.01') },
    );
    expect(priceText(price)).toBe('21120');
    // (24,010 · 0.89) − 21,120
    expect(priceText(confidence)).toBe('248.9');
  });

  it('rounds the price to the nearest unit and the confidence up', () => {
    const tiny = { price: 1n, confidence: 1n };
    expect(convert(tiny, { price: units('0.4'), confidence: 0n })).toEqual({ price: 0n, confidence: 1n });
  });

  it('reads more decimals than a unit has, rounded', () => {
    expect(priceUnits('0.00000000000049', 'price')).toBe(0n);
    expect(priceUnits('0.0000000000006', 'price')).toBe(1n);
    expect(priceUnits('0.0000000000001', 'confidence', 'up')).toBe(1n);
  });
});

describe('sources', () => {
  const rule = {
    minSources: 1,
    maxAgeMs: 1,
    maxConfidencePpm: 1,
    maxDeviationPpm: 1,
    maxMovePpmPerSecond: 1,
    maxTwapDeviationPpm: 0,
    floorPrice: '',
    capPrice: '',
  };
  const spot: Listed = {
    instrumentId: 'BTC/USD',
    kind: 'spot',
    underlying: 'BTC',
    quoteAsset: 'USD',
    stable: false,
    rule,
  };
  const perpetual: Listed = { ...spot, instrumentId: 'BTC-PERP', kind: 'perpetual', quoteAsset: 'USDT' };

  it('are read as name and pair', () => {
    expect(parseSource('kraken:BTC/USDC')).toEqual({ name: 'kraken', pair: 'BTC/USDC' });
    for (const bad of [
      'BTC/USDC',
      'Kraken:BTC/USDC',
      'kraken:',
      'kraken:btc',
      `k:${'A'.repeat(80)}`,
      ':BTC/USD',
    ]) {
      expect(parseSource(bad)).toBeUndefined();
    }
  });

  it('price an instrument by its own id, and spot in USD by other pairs of its base', () => {
    expect(conversionAsset(spot, 'BTC/USD')).toBe('');
    expect(conversionAsset(spot, 'BTC/USDC')).toBe('USDC');
    expect(conversionAsset(spot, 'ETH/USDC')).toBeUndefined();
    expect(conversionAsset(perpetual, 'BTC-PERP')).toBe('');
    expect(conversionAsset(perpetual, 'BTC/USDT')).toBeUndefined();
  });
});
