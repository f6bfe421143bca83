import { describe, expect, it } from '@jest/globals';
import { setup, signal } from '../venues/simulated/simulated-venue.fixture.ts';
import { bookMidSource } from './book-mid.ts';

describe('the middle of a book', () => {
  it('quotes (bid + ask) / 2 with half the spread as confidence, at the time of the book', async () => {
    const { venue } = setup();
    const source = bookMidSource(venue, 'alpha', ['BTC/USD', 'BTC-PERP', 'NONE/USD']);
    expect(await source.quotes(signal())).toEqual({ status: 'quotes', quotes: [] });
    venue.setLiquidity(
      'BTC/USD',
      [{ price: '99.98', quantity: '1' }],
      [{ price: '100.01', quantity: '1' }],
      77,
    );
    venue.setLiquidity('BTC-PERP', [{ price: '99', quantity: '1' }], [], 77);
    expect(await source.quotes(signal())).toEqual({
      status: 'quotes',
      quotes: [
        {
          instrumentId: 'BTC/USD',
          price: '99.995',
          confidence: '0.015',
          sourceTimeMs: 77,
          bid: '99.98',
          ask: '100.01',
          volume: '',
        },
      ],
    });
    expect([source.name, source.group]).toEqual(['alpha-mid', 'alpha']);
  });

  it('is unavailable with its venue', async () => {
    const { venue } = setup();
    venue.setCondition('down');
    expect(await bookMidSource(venue, 'alpha', ['BTC/USD']).quotes(signal())).toMatchObject({
      status: 'unavailable',
    });
  });
});
