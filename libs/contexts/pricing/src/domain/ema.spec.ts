import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_EMA, nextEma, type Ema } from './ema.ts';

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../../shared');
const file = resolve(shared, 'conformance/05b-pyth-ema.json');
const isThere = existsSync(file);
const where = isThere ? '' : ' (skipped: no cases; set PLINTH_SHARED to the folder that holds conformance/)';

type Case = Readonly<{ id: string; expected_rows: readonly string[] }>;

/** Both averages after each row, prices times `sign`. */
const run = (rows: readonly (readonly bigint[])[], sign: bigint): readonly (readonly bigint[])[] => {
  let ema: Ema = EMPTY_EMA;
  return rows.map(([price = 0n, confidence = 0n, exponent = 0n, slots = 0n]) => {
    ema = nextEma(ema, { price: sign * price, confidence }, Number(exponent), slots);
    return [ema.price, ema.confidence];
  });
};

describe('nextEma', () => {
  (isThere ? it : it.skip)(`gives the published averages, of negative prices too${where}`, () => {
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };
    expect(cases.length).toBeGreaterThanOrEqual(7);
    for (const { expected_rows: lines } of cases) {
      const rows = lines.slice(1).map((line) => line.split(',').map(BigInt));
      expect(run(rows, 1n)).toEqual(rows.map(([, , , , price, confidence]) => [price, confidence]));
      expect(run(rows, -1n)).toEqual(rows.map(([, , , , price = 0n, confidence]) => [-price, confidence]));
    }
  });

  it('starts anew after 4145 slots', () => {
    const [, old, fresh] = run(
      [
        [100n, 1n, 0n, 5000n],
        [200n, 1n, 0n, 4145n],
        [200n, 1n, 0n, 4146n],
      ],
      1n,
    );
    expect(old?.[0]).toBeLessThan(200n);
    expect(fresh).toEqual([200n, 1n]);
  });

  it('stays between the lowest and the highest price, a digit in 10⁷ apart', () => {
    const row = fc.tuple(
      fc.bigInt({ min: 1_000n, max: 10n ** 8n }),
      fc.bigInt({ min: 1n, max: 10n ** 6n }),
      fc.constant(-5n),
      fc.bigInt({ min: 1n, max: 50n }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), ([first, ...rest]) => {
        const rows = [[first![0], first![1], -5n, 5000n], ...rest];
        const prices = rows.map(([price = 0n]) => price);
        const [low, high] = [
          prices.reduce((a, b) => (a < b ? a : b)),
          prices.reduce((a, b) => (a > b ? a : b)),
        ];
        for (const [price = 0n] of run(rows, 1n)) {
          expect(price * 1_000_000n).toBeGreaterThanOrEqual(low * 999_999n - 1_000_000n);
          expect(price * 1_000_000n).toBeLessThanOrEqual(high * 1_000_001n + 1_000_000n);
        }
      }),
    );
  });
});
