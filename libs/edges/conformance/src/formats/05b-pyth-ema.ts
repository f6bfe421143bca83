import { EMPTY_EMA, nextEma } from '@plinth/pricing';
import { EXACT } from '../comparison.ts';
import { CaseError, integerAt, listAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

/**
 * Rows of text with commas, the first one names the columns: price, conf, expo, nslots and, of what is
 * expected, twap and twac. Every column of every expected row is compared.
 */
export const pythEma: CaseFormat = {
  name: '05b-pyth-ema',
  keys: ['input_rows', 'expected_rows'],
  tolerance: () => EXACT,
  expected: (item) => ({ rows: rowsAt(item, 'expected_rows') }),
  evaluate: (item) => {
    let ema = EMPTY_EMA;
    const rows = rowsAt(item, 'input_rows').map((row) => {
      const vote = { price: integerAt(row, 'price'), confidence: integerAt(row, 'conf') };
      ema = nextEma(ema, vote, Number(integerAt(row, 'expo', 0n)), integerAt(row, 'nslots'));
      return { ...row, twap: ema.price, twac: ema.confidence };
    });
    return { rows };
  },
};

const rowsAt = (item: Fields, key: string): readonly Fields[] => {
  const lines = listAt(item, key).map((line, i) => {
    if (typeof line !== 'string')
      throw new CaseError(`${key}[${i}]: Expected text with commas, was ${typeof line}`);
    return line
      .replace(/^\uFEFF/, '')
      .trim()
      .split(',')
      .map((cell) => cell.trim());
  });
  const [names, ...rows] = lines;
  if (!names) throw new CaseError(`${key}: Expected a row of column names, was none`);
  return rows.map((cells, i) => {
    if (cells.length !== names.length)
      throw new CaseError(`${key}[${i + 1}]: Expected ${names.length} columns, was ${cells.length}`);
    const row: Fields = Object.fromEntries(names.map((name, column) => [name, cells[column]]));
    return Object.fromEntries(names.map((name) => [name, integerAt(row, name)]));
  });
};
