import { describe, expect, it } from '@jest/globals';
import { homeOf, othersOf, parseCells, readCells } from './cells.ts';

const entry = (cell: string, more: object = {}) => ({
  ...{ cell, database: `postgresql://db/${cell}`, services: `accounts=${cell}:7410,risk=${cell}:7411` },
  ...{ kafkaPrefix: `plinth.${cell}`, ...more },
});

const parse = (file: object, own = 'south') => parseCells(JSON.stringify(file), own);

describe('the cells of a house', () => {
  it('are read with the home cell first', () => {
    const map = parse({ home: 'main', cells: [entry('south', { takesClients: false }), entry('main')] });
    expect(map.cells.map(({ cell, takesClients }) => [cell, takesClients])).toEqual([
      ['main', true],
      ['south', false],
    ]);
    expect(map.cells[1]?.services.get('risk')).toBe('south:7411');
    expect([homeOf(map, 'south'), othersOf(map, 'south').map(({ cell }) => cell)]).toEqual([
      'main',
      ['main'],
    ]);
  });

  it('are one, its own home, without a file', () => {
    expect(readCells(undefined, 'south')).toBeUndefined();
    expect([homeOf(undefined, 'south'), othersOf(undefined, 'south')]).toEqual(['south', []]);
  });

  it.each([
    [{ home: 'main', cells: [] }, /cells to be a list of 1 to 64/],
    [{ home: 'north', cells: [entry('main'), entry('south')] }, /home to be one of main, south/],
    [{ home: 'main', cells: [entry('main')] }, /with south, the cell of this process/],
    [{ home: 'main', cells: [entry('main'), entry('Süd')] }, /cells\[1\]\.cell/],
    [{ home: 'main', cells: [entry('main'), entry('south', { services: 'accounts' })] }, /\[1\]\.services/],
    [{ home: 'main', cells: [entry('main'), entry('south', { port: 1 })] }, /\[1\]\.port to be left out/],
    [
      { home: 'main', cells: [entry('main'), entry('south', { kafkaPrefix: 'plinth.main' })] },
      /was plinth\.main in two/,
    ],
    [
      { home: 'main', cells: [entry('main'), entry('south', { database: 'postgresql://db/main' })] },
      /was postgresql:\/\/db\/main in two/,
    ],
  ])('are refused: %j', (file, message) => {
    expect(() => parse(file)).toThrow(message);
  });
});
