import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Command } from 'commander';
import { register } from './conformance.ts';

const golden = resolve(import.meta.dirname, '../../../../libs/edges/conformance/golden');
const STANDARD = join(golden, '02-derive-standard-margin.json');

let folder = '';
let [out, err] = ['', ''];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  [out, err] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = 0;
  rmSync(folder, { recursive: true });
});

const run = async (...words: readonly string[]): Promise<void> => {
  const program = new Command();
  register(program);
  await program.parseAsync(['conformance', ...words], { from: 'user' });
};
const wrongCase = (): string => {
  const file = join(folder, '06-options-bsm-haug.json');
  const input = { type: 'call', strike: 65, spot: 60, rate: 0.08, t_years: 0.25, vol: 0.3 };
  writeFileSync(file, JSON.stringify({ cases: [{ id: 'off', input, expected: { price: 3 } }] }));
  return file;
};

describe('plinth conformance', () => {
  it('prints a table a file and ends with the sum', async () => {
    await run(STANDARD);
    expect(out).toContain('02-derive-standard-margin.json');
    expect(out.endsWith('\n40 passed, 0 failed\n')).toBe(true);
    expect(process.exitCode ?? 0).toBe(0);
  });

  it('shows input, expected and got of what failed, and fails', async () => {
    await run(STANDARD, wrongCase());
    expect(out).toContain('failed: off');
    expect(out).toContain('"strike":65');
    expect(out).toContain('2.133');
    expect(out.endsWith('\n40 passed, 1 failed\n')).toBe(true);
    expect(process.exitCode).toBe(1);
  });

  it('prints JSON that programs can read, the sum for people beside it', async () => {
    await run(wrongCase(), '--output', 'json');
    const answer = JSON.parse(out) as { passed: number; failed: number; files: { failures: unknown[] }[] };
    expect(answer).toMatchObject({ passed: 0, failed: 1, refused: [] });
    expect(answer.files[0]?.failures).toHaveLength(1);
    expect(err).toBe('0 passed, 1 failed\n');
  });

  it('prints a line a file and one for the sum', async () => {
    await run(STANDARD, wrongCase(), '-o', 'ndjson');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toEqual({ passed: 40, failed: 1, refused: [] });
  });

  it('judges the others and refuses an unknown format by name', async () => {
    const unknown = join(folder, 'weather.json');
    writeFileSync(unknown, '{"cases":[{}]}');
    await expect(run(unknown, STANDARD)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('weather.json: Unknown format'),
    });
    expect(out).toContain('40 passed, 0 failed');
    await expect(run(join(folder, 'none.json'))).rejects.toMatchObject({ exitCode: 2 });
  });
});
