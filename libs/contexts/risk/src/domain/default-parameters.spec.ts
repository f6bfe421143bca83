import { describe, expect, it } from '@jest/globals';
import type { AssetKind } from '@plinth/market';
import { formatCellParameters, parseCellParameters } from '@plinth/portfolio';
import { defaultParameters } from './default-parameters.ts';

const asset = (symbol: string, kind: AssetKind) => ({ symbol, kind });
const LISTED = [
  ...[asset('USD', 'fiat'), asset('EUR', 'fiat'), asset('BTC', 'coin'), asset('ADA', 'coin')],
  ...[asset('SHIB', 'coin'), asset('USDC', 'stablecoin'), asset('BUSD', 'stablecoin')],
];

describe('the first parameters of a cell', () => {
  it('are within every bound, for any assets', () => {
    const many = Array.from({ length: 60 }, (_, n) => asset(`S${n}`, n % 2 === 0 ? 'stablecoin' : 'coin'));
    for (const listed of [[], LISTED, many]) {
      const parameters = defaultParameters(listed);
      expect(parseCellParameters(formatCellParameters(parameters))).toEqual({ parameters });
    }
  });

  it('put every coin in its group and give every stablecoin its fall', () => {
    const { margin } = defaultParameters(LISTED);
    const groups = margin.underlyings.map(({ underlying, group }) => [underlying, group]);
    expect(groups).toEqual([
      ...[
        ['ADA', 'alternatives'],
        ['BTC', 'majors'],
        ['SHIB', 'alternatives'],
      ],
      ...[
        ['BUSD', 'stables'],
        ['USDC', 'stables'],
      ],
    ]);
    expect(margin.depegs.map(({ shocks }) => shocks.map(({ underlying }) => underlying))).toEqual([
      ...[['BUSD'], ['USDC'], ['BUSD', 'USDC']],
    ]);
    expect(margin.haircuts.assets.map((entry) => entry.asset)).toEqual(['USD', 'EUR']);
  });

  it('do not depend on the order of the listing', () => {
    expect(defaultParameters([...LISTED].reverse())).toEqual(defaultParameters(LISTED));
    expect(defaultParameters(LISTED, { version: 7, graceMs: 5_000 })).toMatchObject({
      call: { graceMs: 5_000 },
      margin: { version: '7' },
    });
  });
});
