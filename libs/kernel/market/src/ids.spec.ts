import { describe, expect, it } from '@jest/globals';
import { ID_PATTERNS, isId, venueLocation, venueOfLocation, type IdKind } from './ids.ts';

const GOOD: Readonly<Record<IdKind, readonly string[]>> = {
  account: ['a', '7f3a', 'a'.repeat(32)],
  client: ['acme', '0'],
  subAccount: ['desk1'],
  asset: ['BTC', '1INCH', 'A'.repeat(12)],
  instrument: ['BTC/USD', 'BTC-PERP', 'BTC-20260327', 'BTC-20260327-70000-C'],
  product: ['BTC-CS-70-80', 'ETH-COLLAR'],
  venue: ['alpha', 'a1', 'a'.repeat(24)],
  reference: ['w-1', 'acme.1', 'A:b_c.d', 'x'.repeat(64)],
  location: ['vault:ethereum', 'venue:alpha'],
};

const BAD: Readonly<Record<IdKind, readonly string[]>> = {
  account: ['', 'A', '-a', 'a b', 'a/b', 'a:b', 'a'.repeat(33), 'ä', 'a\n'],
  client: ['', 'Acme', 'a.b', 'a'.repeat(33)],
  subAccount: ['', 'a:b'],
  asset: ['', 'B', 'btc', 'BTC ', 'A'.repeat(13), 'BTC\n'],
  instrument: ['', 'BTC', 'BTC/', 'btc/usd', 'BTC-1-2-3-4', 'BTC/USD/EUR', ' BTC/USD'],
  product: ['', 'BTC', 'btc-cs', 'BTC/USD', 'BTC-1-2-3-4-5-6'],
  venue: ['', '1alpha', 'Alpha', 'a-b', 'a'.repeat(25)],
  reference: ['', '-x', '.x', 'a b', 'a/b', 'x'.repeat(65), 'a\n'],
  location: ['', 'alpha', 'venue:', 'venue:Alpha', 'bank:x', 'venue:a:b'],
};

const kinds = Object.keys(ID_PATTERNS) as readonly IdKind[];

describe('ids', () => {
  it.each(kinds)('of kind %s are what they look like', (kind) => {
    expect(GOOD[kind].filter((id) => !isId(kind, id))).toEqual([]);
    expect(BAD[kind].filter((id) => isId(kind, id))).toEqual([]);
  });

  it('say where collateral stands', () => {
    expect(venueOfLocation(venueLocation('alpha'))).toBe('alpha');
    expect(venueOfLocation('vault:ethereum')).toBeUndefined();
    expect(isId('location', venueLocation('alpha'))).toBe(true);
  });
});
