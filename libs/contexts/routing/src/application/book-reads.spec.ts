import { describe, expect, it } from '@jest/globals';
import type { BookOutcome, VenueAdapter } from '@plinth/market';
import { LIMITS } from '../domain/limits.ts';
import { BookReads } from './book-reads.ts';
import { DEFAULT_CONTROLS } from './config.ts';

const BOOK: BookOutcome = { status: 'book', book: { bids: [], asks: [], atMs: 1 } as never };
const AWAY: BookOutcome = { status: 'unavailable', message: 'away' };

const reading = () => {
  const asked: string[] = [];
  const answers: ((outcome: BookOutcome) => void)[] = [];
  const adapter = {
    orderBook: (instrumentId: string) => {
      asked.push(instrumentId);
      return new Promise<BookOutcome>((resolve) => answers.push(resolve));
    },
  } as unknown as VenueAdapter;
  const adapters = new Map([['alpha', adapter]]);
  const reads = new BookReads({ adapters, venueTimeoutMs: 1_000, controls: DEFAULT_CONTROLS });
  const { signal } = new AbortController();
  const read = (instrumentId = 'BTC-PERP', venueId = 'alpha') => reads.read(venueId, instrumentId, signal);
  const answer = async (outcome: BookOutcome): Promise<void> => {
    for (const one of answers.splice(0)) one(outcome);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, read, answer };
};

describe('reads of the books of venues', () => {
  it('ask once for all who want a book at the same moment, and again for who comes later', async () => {
    const { asked, read, answer } = reading();
    const both = [read(), read(), read('ETH-PERP')];
    expect(asked).toEqual(['BTC-PERP', 'ETH-PERP']);
    await answer(BOOK);
    expect(await Promise.all(both)).toEqual([BOOK, BOOK, BOOK]);
    const later = read();
    expect(asked).toEqual(['BTC-PERP', 'ETH-PERP', 'BTC-PERP']);
    await answer(BOOK);
    expect(await later).toEqual(BOOK);
  });

  it('ask again after an answer that is none, so many times and no more', async () => {
    const { asked, read, answer } = reading();
    const all = Promise.all([read(), read()]);
    for (let n = 0; n < LIMITS.bookReadsMax; n += 1) await answer(AWAY);
    expect(await all).toEqual([AWAY, AWAY]);
    expect(asked).toHaveLength(LIMITS.bookReadsMax);
  });

  it('of a venue without an adapter have no answer', async () => {
    const { asked, read } = reading();
    expect(await read('BTC-PERP', 'bravo')).toMatchObject({ status: 'unavailable' });
    expect(asked).toEqual([]);
  });
});
