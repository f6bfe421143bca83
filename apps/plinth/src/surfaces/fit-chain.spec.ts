import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { blackPrice } from '@plinth/options';
import { readChain, type ChainRow } from './chain-file.ts';
import { fitChain } from './fit-chain.ts';

const AT = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'chain-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A chain with one smile for all expiries. */
const chain = (volatilityOf: (strike: number, days: number) => number): readonly ChainRow[] =>
  [7, 30].flatMap((days) =>
    [80, 90, 95, 100, 105, 110, 120].flatMap((strike) =>
      [true, false].map((isCall): ChainRow => {
        const forward = 101;
        const volatility = volatilityOf(strike, days);
        const mark = blackPrice({ isCall, forward, strike, volatility, years: days / 365 }) / forward;
        return {
          ...{
            atMs: AT,
            currency: 'X',
            instrument: `X-${days}-${strike}`,
            isCall,
            strike,
            forward,
            index: 100,
          },
          ...{ expiresAtMs: AT + days * DAY_MS, bid: mark * 0.995, ask: mark * 1.005, mark, volatility },
        };
      }),
    ),
  );

describe('a recorded chain', () => {
  it('is repriced by the surface fitted to its bids and asks', () => {
    const fit = fitChain(
      'X',
      chain((strike) => 0.6 + 0.3 * (strike / 101 - 1) ** 2),
    );
    expect(fit).toMatchObject({ options: 28, quoted: 28, leftOut: 0, refused: '' });
    expect(fit.slices).toHaveLength(2);
    expect(fit.coins!.median).toBeLessThan(1e-4);
    expect(fit.points!.median).toBeLessThan(0.3);
    expect(fit.within).toBeGreaterThan(0.7);
  });

  it('that allows arbitrage has no surface, and says why', () => {
    const fit = fitChain(
      'X',
      chain((_, days) => (days === 7 ? 1.5 : 0.3)),
    );
    expect(fit.refused).toMatch(/calendar/);
    expect(fit.coins).toBeUndefined();
  });

  it('is refused by column, row and number', () => {
    const path = join(folder, 'a-chain-b.csv');
    writeFileSync(path, 'ts_ms,currency\n1,X\n');
    expect(() => readChain(path)).toThrow('instrument');
    const header =
      'ts_ms,currency,instrument,option_type,strike,expiry_ms,bid_price,ask_price,mark_price,mark_iv,' +
      'underlying_price,index_price';
    writeFileSync(path, `${header}\n1,X,X-C,call,100,2,,0.1,0.1,0.6,101,100\n1,X,X-C,call,-5,2,,,1,1,1,1\n`);
    expect(() => readChain(path)).toThrow('row 3, strike');
  });
});
