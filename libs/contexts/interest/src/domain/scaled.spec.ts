import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accrued, asIndex, decimalOfUnits, INDEX_DIGITS, powerOfTen, type Index } from '@plinth/money';
import { scaledOf, totalOf } from './scaled.ts';

const ONE = powerOfTen(INDEX_DIGITS);
const indexOf = (units: bigint): Index => asIndex(decimalOfUnits(units, INDEX_DIGITS));

describe('scaled totals', () => {
  const amount = fc.bigInt({ min: 1n, max: 10n ** 24n });
  const then = fc.bigInt({ min: ONE, max: 2n * ONE });
  const now = fc.bigInt({ min: 2n * ONE, max: 5n * ONE });

  it('stay as close to the sum over accounts as the rounding says', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, then), { maxLength: 40 }), now, (accounts, index) => {
        const debts = accounts.reduce((sum, [units, at]) => sum + scaledOf('debts', units, indexOf(at)), 0n);
        const claims = accounts.reduce(
          (sum, [units, at]) => sum + scaledOf('supplied', units, indexOf(at)),
          0n,
        );
        const up = accounts.reduce(
          (s, [u, at]) => s + accrued(u, indexOf(at), indexOf(index), 'up').units,
          0n,
        );
        const down = accounts.reduce(
          (s, [u, at]) => s + accrued(u, indexOf(at), indexOf(index), 'down').units,
          0n,
        );
        const n = BigInt(accounts.length);
        const debt = totalOf('debts', debts, indexOf(index));
        const claim = totalOf('supplied', claims, indexOf(index));
        // exact ≤ debt < exact + 1 + n·5/10^9, and every account's own rounding is below one unit.
        expect(debt >= down && debt <= up + 1n && debt >= up - n).toBe(true);
        expect(claim <= up && claim >= down - 1n && claim <= down + n).toBe(true);
      }),
    );
  });

  it('come back to nothing when the last account repays', () => {
    const at = indexOf(ONE + 12_345n);
    expect(scaledOf('debts', 777n, at) - scaledOf('debts', 777n, at)).toBe(0n);
    expect(totalOf('debts', 0n, at)).toBe(0n);
  });
});
