import { describe, expect, it } from '@jest/globals';
import { MadeMarket } from '../market/made-market.ts';
import { CRASH, stretched } from '../market/scenario.ts';
import { BookFileError, readBook } from './book-file.ts';

const feed = new MadeMarket(stretched(CRASH, 40), 1);
const order = { tick: 3, instrumentId: 'BTC-PERP', side: 'buy', quantity: '2.5', venue: 'alpha' };
const account = {
  accountId: 'a1',
  clientId: 'c1',
  style: 'basis',
  deposits: [{ asset: 'USDC', amount: '10', location: 'vault:ethereum' }],
  orders: [order],
  topUp: 0.5,
  activity: 0.1,
};

const read = (...accounts: readonly unknown[]) => readBook(JSON.stringify({ accounts }), feed);

describe('A book file', () => {
  it('is read as it stands', () => {
    const { venue, ...rest } = order;
    expect(read(account)).toEqual([{ ...account, orders: [{ ...rest, venues: [venue] }] }]);
  });

  it('may leave out what has a usual value', () => {
    const bare = { accountId: 'a1', clientId: 'c1', deposits: [{ asset: 'USD', amount: '1' }] };
    expect(read({ ...bare, orders: [{ instrumentId: 'BTC/USD', side: 'sell', quantity: '1' }] })).toEqual([
      {
        ...bare,
        style: 'holder',
        deposits: [{ asset: 'USD', amount: '1', location: 'vault:ethereum' }],
        orders: [{ tick: 0, instrumentId: 'BTC/USD', side: 'sell', quantity: '1', venues: [] }],
        topUp: 0,
        activity: 0,
      },
    ]);
    expect(readBook('{}', feed)).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 'book: Expected JSON'],
    ['a list', '[]', 'book: Expected an object'],
    ['nothing', 'null', 'book: Expected an object'],
    ['no list', '{"accounts": {}}', 'book.accounts: Expected a list of at most 10000'],
  ])('that is %s is refused', (_what, text, message) => {
    expect(() => readBook(text, feed)).toThrow(BookFileError);
    expect(() => readBook(text, feed)).toThrow(message);
  });

  it.each([
    [{ accountId: 'A-1' }, 'book.accounts[0].accountId: Expected lower-case letters and digits, was "A-1"'],
    [{ clientId: 7 }, 'book.accounts[0].clientId: Expected lower-case letters and digits, was 7'],
    [{ style: 'gambler' }, 'book.accounts[0].style: Expected one of basis,'],
    [{ topUp: 1.5 }, 'book.accounts[0].topUp: Expected a number from 0 to 1, was 1.5'],
    [{ activity: '1' }, 'book.accounts[0].activity: Expected a number from 0 to 1, was "1"'],
    [{ deposits: [{ asset: 'DOGE', amount: '1' }] }, 'deposits[0].asset: Expected an asset of the data'],
    [{ deposits: [{ asset: 'USD', amount: '1e3' }] }, 'deposits[0].amount: Expected a positive decimal'],
    [{ deposits: [{ asset: 'USD', amount: 5 }] }, 'deposits[0].amount: Expected a positive decimal'],
    [{ deposits: [{ asset: 'USD', amount: '-5' }] }, 'deposits[0].amount: Expected a positive decimal'],
    [{ deposits: [{ asset: 'USD', amount: '0' }] }, 'deposits[0].amount: Expected a positive decimal'],
    [{ deposits: [{ asset: 'USD', amount: 'NaN' }] }, 'deposits[0].amount: Expected a positive decimal'],
    [
      { deposits: [{ asset: 'USD', amount: '1', location: 'bank' }] },
      'deposits[0].location: Expected vault:',
    ],
    [{ orders: [{ ...order, tick: 40 }] }, 'orders[0].tick: Expected a number from 0 to 39, was 40'],
    [{ orders: [order, { ...order, instrumentId: 'X' }] }, 'orders[1].instrumentId: Expected an instrument'],
    [{ orders: [{ ...order, side: 'hold' }] }, 'orders[0].side: Expected buy or sell, was "hold"'],
    [{ orders: [{ ...order, venue: 'nasdaq' }] }, 'orders[0].venue: Expected a venue of the data'],
    [{ orders: ['buy'] }, 'orders[0]: Expected an object'],
  ])('with %j is refused by its path', (change, message) => {
    expect(() => read({ ...account, ...change })).toThrow(BookFileError);
    expect(() => read({ ...account, ...change })).toThrow(message);
  });

  it('with more accounts than a book may have is refused', () => {
    expect(() => read(...Array.from({ length: 10_001 }, () => account))).toThrow('at most 10000');
  });
});
