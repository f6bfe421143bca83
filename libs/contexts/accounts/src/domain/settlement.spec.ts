import { describe, expect, it } from '@jest/globals';
import { formatUnits } from '@plinth/money';
import fc from 'fast-check';
import type { FillInstrument } from './account-commands.ts';
import { contractTerms } from './fills.ts';
import { ofAssetUnits } from './ledger-amount.ts';
import { settlementAmount } from './settlement.ts';

const SCALE = 6;
const ONE_UNIT = ofAssetUnits(1n, SCALE);

const quantities = fc.bigInt({ min: 1n, max: 10n ** 13n });
const cents = fc.integer({ min: 1, max: 20_000_000 });
const price = (units: number): string => formatUnits(BigInt(units), 2);

const option = (strike: string, optionType: 'call' | 'put', inverse: boolean): FillInstrument => ({
  ...{ kind: 'option', underlying: 'BTC', contractSize: '1', quoteAsset: inverse ? 'BTC' : 'USD' },
  ...{ inverse, strike, optionType },
});

/** What long and short of the same contracts come to. */
const bothSides = (units: bigint, instrument: FillInstrument, at: string): readonly [bigint, bigint] => {
  const terms = contractTerms(instrument, SCALE);
  const amount = (signed: bigint): bigint =>
    settlementAmount({ units: signed, cost: 0n }, instrument, at, terms);
  return [amount(units), amount(-units)];
};

describe('the settlement of an option', () => {
  it('is its intrinsic value: the long gets no more, the short pays no less, by less than a unit', () => {
    fc.assert(
      fc.property(quantities, cents, cents, fc.boolean(), (units, strike, at, isCall) => {
        const instrument = option(price(strike), isCall ? 'call' : 'put', false);
        const [long, short] = bothSides(units, instrument, price(at));
        const inside = BigInt(Math.max(0, isCall ? at - strike : strike - at));
        // units are 1e-8 contracts, prices are cents, amounts 1e-18.
        const exact = units * inside * 10n ** 8n;
        expect(long <= exact && exact - long < ONE_UNIT).toBe(true);
        expect(-short >= exact && -short - exact < ONE_UNIT).toBe(true);
      }),
    );
  });

  it('is nothing out of the money, also at the strike', () => {
    for (const inverse of [false, true]) {
      expect(bothSides(10n ** 8n, option('100', 'call', inverse), '100')).toEqual([0n, 0n]);
      expect(bothSides(10n ** 8n, option('100', 'put', inverse), '100.01')).toEqual([0n, 0n]);
    }
  });

  it('never lets the venue pay more than it takes, in coin either, and call less put is a forward', () => {
    fc.assert(
      fc.property(quantities, cents, cents, fc.boolean(), (units, strike, at, inverse) => {
        const [call, put] = (['call', 'put'] as const).map((type) =>
          bothSides(units, option(price(strike), type, inverse), price(at)),
        ) as [readonly [bigint, bigint], readonly [bigint, bigint]];
        for (const [long, short] of [call, put]) {
          expect(long + short <= 0n && long + short >= -ONE_UNIT).toBe(true);
          expect(long % ONE_UNIT === 0n && short % ONE_UNIT === 0n).toBe(true);
        }
        expect(call[0] === 0n || put[0] === 0n).toBe(true);
        if (inverse) return;
        const forward = units * BigInt(at - strike) * 10n ** 8n;
        const parity = call[0] + put[1] - forward;
        expect(parity <= 0n && parity > -2n * ONE_UNIT).toBe(true);
      }),
    );
  });
});
