import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FORMATS, REFUSED } from './formats/index.ts';
import { runCaseFile } from './run-file.ts';

const golden = new URL('../golden/', import.meta.url);
const goldenText = (file: string): string => readFileSync(new URL(file, golden), 'utf8');

type Cases = { cases: { id?: string; input: Record<string, unknown>; expected: Record<string, unknown> }[] };
/** The golden file with something changed in it. */
const changed = (file: string, change: (content: Cases) => void): string => {
  const content = JSON.parse(goldenText(file)) as Cases;
  change(content);
  return JSON.stringify(content);
};

const PMRM2 = '01-derive-pmrm2-portfolio-margin.json';
const OPTION = {
  id: 'one',
  input: { type: 'call', strike: 65, spot: 60, rate: 0.08, t_years: 0.25, vol: 0.3 },
  expected: { price: 2.1334 },
};
const options = (...cases: readonly unknown[]): string => JSON.stringify({ cases });
const run = (name: string, ...cases: readonly unknown[]) => runCaseFile(name, options(...cases));
const OPTIONS = '06-options-bsm-haug.json';

describe('cases made by a second implementation', () => {
  it.each(readdirSync(golden))('%s', (file) => {
    const report = runCaseFile(file, goldenText(file));
    expect(report.failures).toEqual([]);
    expect(report.notCompared).toEqual({});
    expect(report.passed).toBe(report.cases);
    expect(report.compared).toBeGreaterThanOrEqual(report.cases);
  });

  it('fail when an expected figure is changed, wherever it is', () => {
    const text = changed(PMRM2, ({ cases }) => {
      const pnl = cases[3]!.expected['scenario_pnl'] as number[];
      pnl[5] = pnl[5]! * (1 + 1e-6) + 1e-3;
      cases[7]!.expected['worst_index'] = 99;
      cases[9]!.expected['basis_contingency'] = 1;
    });
    const report = runCaseFile(PMRM2, text);
    expect(report.failed).toBe(3);
    expect(report.failures.map(({ differences }) => differences.map(({ path }) => path))).toEqual([
      ['scenario_pnl[5]'],
      ['worst_index'],
      ['basis_contingency'],
    ]);
    expect(report.failures[0]?.input).toHaveProperty('scenarios');
  });
});

describe('every key of a case', () => {
  it('is compared, whichever subset it is, and named when it cannot be', () => {
    const report = run(OPTIONS, { ...OPTION, expected: { delta: 0.3725, charm: 1 } });
    expect(report).toMatchObject({ passed: 1, compared: 1, notCompared: { charm: 1 } });
  });

  it('a case of which nothing can be compared has failed', () => {
    expect(run(OPTIONS, { ...OPTION, expected: { charm: 1 } })).toMatchObject({ passed: 0, failed: 1 });
    expect(run(OPTIONS, OPTION, { ...OPTION, expected: undefined })).toMatchObject({ passed: 1, failed: 1 });
  });

  it('an input that the code refuses fails that case alone, with the reason', () => {
    const report = run(OPTIONS, OPTION, { ...OPTION, id: 'bad', input: { ...OPTION.input, spot: -1 } });
    expect(report).toMatchObject({ passed: 1, failed: 1 });
    expect(report.failures[0]).toMatchObject({
      id: 'bad',
      problem: expect.stringContaining('spot: Expected'),
    });
    const missing = run(OPTIONS, OPTION, { ...OPTION, input: { ...OPTION.input, vol: null } });
    expect(missing.failures[0]?.problem).toContain('vol: Expected a finite number, was missing');
  });
});

describe('formats', () => {
  it('are known by the file’s own name, or by the keys of the cases', () => {
    for (const name of [OPTIONS, '06-options-bsm-haug-more.json', 'my-options-bsm-haug.json', 'cases.json'])
      expect(run(name, OPTION)).toMatchObject({ format: '06-options-bsm-haug', passed: 1 });
    expect(runCaseFile('/some/where/cases.json', JSON.stringify([OPTION]))).toMatchObject({ passed: 1 });
  });

  it.each([
    ['an unknown one', 'weather.json', [{ input: { rain: 1 }, expected: 1 }], 'weather.json: Unknown format'],
    [
      'cases of another one',
      PMRM2,
      [OPTION],
      'Expected cases of 01-derive-pmrm2-portfolio-margin; they lack',
    ],
    ['no cases', OPTIONS, [], 'Expected 1 to'],
    ['a case that is no object', OPTIONS, [7], 'Expected cases[0] to be an object'],
  ])('refuses %s by name', (_, name, cases, message) => {
    expect(() => run(name, ...cases)).toThrow(message);
  });

  it('refuses what is no JSON and what has no cases', () => {
    expect(() => runCaseFile(OPTIONS, '{')).toThrow('06-options-bsm-haug.json: Expected JSON');
    expect(() => runCaseFile(OPTIONS, '{}')).toThrow('Expected a list "cases", was none');
    expect(() => runCaseFile(OPTIONS, '7')).toThrow('Expected a list "cases", was none');
  });

  it.each(REFUSED.map(({ name }) => name))('refuses %s until something computes it', (name) => {
    expect(() => run(`${name}.json`, OPTION)).toThrow(`${name}.json: Refused`);
  });
});

const shared = process.env['PLINTH_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const folder = join(shared, 'conformance');
const isThere = existsSync(folder);
const where = isThere ? '' : ' (skipped: no cases; set PLINTH_SHARED to the folder that holds conformance/)';

describe('published cases', () => {
  const names = FORMATS.map(({ name }) => name);
  (isThere ? it : it.skip).each(names)(`%s: all pass${where}`, (name) => {
    const report = runCaseFile(`${name}.json`, readFileSync(join(folder, `${name}.json`), 'utf8'));
    expect(report.failures).toEqual([]);
    expect(report.passed).toBe(report.cases);
  });
});
