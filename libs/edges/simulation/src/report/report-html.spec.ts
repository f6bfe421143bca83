import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectFigures } from './collect-figures.ts';
import type { RunFigures } from './figures.ts';
import { reportHtml } from './report-html.ts';
import { reportTables } from './report-tables.ts';
import { ACCOUNTS, smallRun } from './testing/run-log.ts';
import { writeHtml } from './write-html.ts';

const EVIL = `"><script>alert(1)</script><img src=x onerror='a'>`;

describe('The page of a run', () => {
  let figures: RunFigures;
  beforeAll(async () => {
    const run = await smallRun();
    figures = await collectFigures({
      name: { name: EVIL, sources: [EVIL], seed: 1 },
      log: run.log,
      accounts: ACCOUNTS.map(({ accountId }) => ({ accountId, style: EVIL })),
      proof: { root: EVIL, size: '1', checks: [{ what: EVIL, ok: false, detail: EVIL }] },
      refusals: { sent: 1, refused: 1, examples: [{ command: EVIL, code: EVIL, message: EVIL }] },
    });
  });

  it('lets no text of a run become markup', () => {
    const html = reportHtml(figures);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/onerror='/);
    expect(html).toContain('&#60;script&#62;');
    expect(html).toContain('half was enough &#60;b&#62;&#38;&#60;/b&#62;');
  });

  it('asks the network for nothing', () => {
    expect(reportHtml(figures)).not.toMatch(/(src|href)="|url\(|@import|https?:/);
    expect(reportHtml(figures)).toContain("default-src 'none'");
  });

  it('draws every chart with finite coordinates', () => {
    const html = reportHtml(figures);
    expect(html.match(/<svg/g)).toHaveLength(6);
    expect(html.match(/<\/svg>/g)).toHaveLength(6);
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is the same for equal figures, byte for byte', () => {
    expect(reportHtml(JSON.parse(JSON.stringify(figures)) as RunFigures)).toBe(reportHtml(figures));
  });

  it('stands for a run in which nothing happened', () => {
    const empty: RunFigures = {
      ...figures,
      ...{ accounts: [], prices: [], book: [], efficiency: [], interest: [], funding: [], ledger: [] },
      states: { end: {}, samples: [] },
      liquidations: { ...figures.liquidations, rows: [], byCause: {}, byOutcome: {} },
    };
    expect(reportHtml(empty)).not.toMatch(/<svg|NaN|Infinity|undefined/);
    expect(reportTables(empty).every(({ title }) => title !== '')).toBe(true);
  });

  it('is written whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plinth-report-'));
    try {
      await writeHtml(figures, join(folder, 'sub', 'report.html'));
      expect(await readFile(join(folder, 'sub', 'report.html'), 'utf8')).toBe(reportHtml(figures));
      expect(await readdir(join(folder, 'sub'))).toEqual(['report.html']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
