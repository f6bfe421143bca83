import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellDirectory, cellOfDirectory, makeCells, otherCells } from './cell-directories.ts';

describe('the cells of a data directory', () => {
  let directory = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'plinth-cells-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const names = (): readonly string[] => otherCells(directory).map(({ cell }) => cell);

  it('are none beside the home cell until they are asked for', () => {
    expect([makeCells(directory, undefined), makeCells(directory, 1)]).toEqual([[], []]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are made once, and are all there again without a count', () => {
    const made = makeCells(directory, 3);
    expect(made.map(({ cell }) => cell)).toEqual(['cell2', 'cell3']);
    expect(made.map((one) => existsSync(one.directory))).toEqual([true, true]);
    expect(makeCells(directory, undefined)).toEqual(made);
    expect(makeCells(directory, 4).slice(0, 2)).toEqual(made);
    expect(names()).toEqual(['cell2', 'cell3', 'cell4']);
  });

  it('never become fewer: clients are in them', () => {
    makeCells(directory, 3);
    for (const count of [1, 2])
      expect(() => makeCells(directory, count)).toThrow(
        `--cells ${count}: Expected at least 3, was less than what ${directory} holds: cell2, cell3`,
      );
    expect(names()).toEqual(['cell2', 'cell3']);
  });

  it('are found by their ids, and by where they lie', () => {
    makeCells(directory, 2);
    mkdirSync(join(directory, 'cells', 'else'));
    const other = join(directory, 'cells', 'cell2');
    expect([undefined, 'main', 'cell2'].map((cell) => cellDirectory(directory, cell))).toEqual([
      ...[directory, directory, other],
    ]);
    expect(() => cellDirectory(directory, 'cell3')).toThrow(
      `--cell cell3: Expected a cell of ${directory}: main, cell2`,
    );
    expect([directory, other, join(directory, 'cells', 'else')].map(cellOfDirectory)).toEqual([
      { cell: 'main', home: 'main' },
      { cell: 'cell2', home: 'main' },
      { cell: 'main', home: 'main' },
    ]);
  });
});
