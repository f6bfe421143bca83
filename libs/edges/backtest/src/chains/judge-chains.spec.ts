import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { houseParameters } from '@plinth/margin';
import { CHAIN_STYLES, judgeChains } from './judge-chains.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const COLUMNS = ['ts_ms', 'currency', 'instrument', 'option_type', 'strike', 'expiry_ms', 'mark_price'];
const HEADER = [...COLUMNS, 'mark_iv', 'underlying_price', 'index_price'].join(',');

/** A chain of calls and puts at three strikes whose marks are a part of the coin. */
const chain = (atMs: number, index: number, mark: number): string => {
  const rows = [90_000, 100_000, 110_000].flatMap((strike) =>
    ['call', 'put'].flatMap((right) =>
      [30, 60].map((days) => {
        const name = `BTC-${days}-${strike}-${right}`;
        const expiryMs = START_MS + days * DAY_MS;
        return [atMs, 'BTC', name, right, strike, expiryMs, mark, 0.4, index, index].join(',');
      }),
    ),
  );
  return [HEADER, ...rows].join('\n');
};

const folderOf = (marks: readonly [number, number], days = 7): string => {
  const folder = mkdtempSync(join(tmpdir(), 'chains-'));
  writeFileSync(join(folder, 'deribit-chain-1.csv'), chain(START_MS, 100_000, marks[0]));
  writeFileSync(join(folder, 'deribit-chain-2.csv'), chain(START_MS + days * DAY_MS, 100_000, marks[1]));
  writeFileSync(
    join(folder, 'deribit-index-1.csv'),
    `ts_ms,currency,index_price\n${START_MS - DAY_MS},BTC,99000\n${START_MS},BTC,100000`,
  );
  return folder;
};
const run = (folder: string) => judgeChains(folder, houseParameters, { seed: 1, booksPerStyle: 1 });
const shareOf = (rows: ReturnType<typeof run>, style: string): number | undefined =>
  rows.find((row) => row.style === style)?.maintenance.share;

describe('Books of recorded chains', () => {
  it('are covered where quotes stand still, and not where a sold option ends at nearly a coin', () => {
    const still = run(folderOf([0.05, 0.05]));
    expect(still.map(({ style }) => style)).toEqual([...CHAIN_STYLES]);
    for (const row of still) expect(row.maintenance).toMatchObject({ books: 25, share: 1 });
    const gone = run(folderOf([0.05, 0.9]));
    expect(shareOf(gone, 'short')).toBe(0);
    expect(shareOf(gone, 'straddle')).toBe(0);
    expect(shareOf(gone, 'long')).toBe(1);
    const [row] = gone;
    expect(row).toMatchObject({ coin: 'BTC', horizonHours: 168, from: '2026-01-01T00:00' });
    expect(row?.maintenance.worstRelative).toBeGreaterThan(0.3);
  });

  it('are judged only over gaps that a horizon can be', () => {
    expect(run(folderOf([0.05, 0.05], 8))).toEqual([]);
  });
});
