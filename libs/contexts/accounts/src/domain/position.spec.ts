import { describe, expect, it } from '@jest/globals';
import { priceOf } from '@plinth/money';
import fc from 'fast-check';
import { amountOf, amountText, ofAssetUnits } from './ledger-amount.ts';
import { bookFill, contractsOf, entryPriceOf, FLAT, positionValue, type ContractTerms } from './position.ts';

const linear: ContractTerms = { contractSize: '1', inverse: false, settlementAsset: 'USD', scale: 6 };
const inverse: ContractTerms = { contractSize: '100', inverse: true, settlementAsset: 'BTC', scale: 8 };

const fill = (terms: ContractTerms, before = FLAT, quantity: string, price: string) => {
  const units = contractsOf(quantity, 'quantity');
  return bookFill(before, units, positionValue(units, priceOf(price), terms, 'ceil'), terms.scale);
};

describe('a linear position', () => {
  it('opens, adds at the average price, closes in part with profit, turns round, and ends flat', () => {
    const opened = fill(linear, FLAT, '1', '100');
    expect(entryPriceOf(opened.position, linear)).toBe('100');
    const added = fill(linear, opened.position, '3', '120');
    expect(added.realised).toBe(0n);
    expect(entryPriceOf(added.position, linear)).toBe('115');
    const reduced = fill(linear, added.position, '-1', '135');
    expect(amountText(reduced.realised)).toBe('20');
    expect(entryPriceOf(reduced.position, linear)).toBe('115');
    const turned = fill(linear, reduced.position, '-5', '105');
    expect(amountText(turned.realised)).toBe('-30');
    expect(turned.position.units).toBe(contractsOf('-2', 'quantity'));
    expect(entryPriceOf(turned.position, linear)).toBe('105');
    const flat = fill(linear, turned.position, '2', '100');
    expect(amountText(flat.realised)).toBe('10');
    expect(flat.position).toEqual(FLAT);
    expect(entryPriceOf(flat.position, linear)).toBe('');
  });

  it('rounds what a fill costs up and what it brings in down', () => {
    const units = contractsOf('0.00000001', 'quantity');
    expect(positionValue(units, priceOf('1'), linear, 'ceil')).toBe(ofAssetUnits(1n, 6));
    expect(positionValue(-units, priceOf('1'), linear, 'ceil')).toBe(0n);
  });
});

describe('an inverse position', () => {
  it('earns the settlement asset: size · (1/entry − 1/exit)', () => {
    const opened = fill(inverse, FLAT, '10', '20000');
    expect(amountText(opened.position.cost)).toBe('-0.05');
    expect(entryPriceOf(opened.position, inverse)).toBe('20000');
    const closed = fill(inverse, opened.position, '-10', '25000');
    expect(amountText(closed.realised)).toBe('0.01');
  });
});

const quantities = fc.bigInt({ min: -500_000_000n, max: 500_000_000n }).filter((units) => units !== 0n);
const prices = fc.integer({ min: 1, max: 10_000_000 }).map((cents) => {
  const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  return priceOf(text);
});

describe('profit', () => {
  it.each([
    ['linear', linear],
    ['inverse', inverse],
  ])(
    'of a %s position: Σ realised + unrealised = Σ cash flows + value of what is open, exactly',
    (_, terms) => {
      fc.assert(
        fc.property(fc.array(fc.tuple(quantities, prices), { maxLength: 30 }), prices, (fills, last) => {
          let position = FLAT;
          let [realised, cash] = [0n, 0n];
          for (const [units, price] of fills) {
            const value = positionValue(units, price, terms, 'ceil');
            const booked = bookFill(position, units, value, terms.scale);
            position = booked.position;
            realised += booked.realised;
            cash -= value;
          }
          const value = positionValue(position.units, last, terms, 'floor');
          const unrealised = value - position.cost;
          expect(realised + unrealised).toBe(cash + value);
          expect(realised % ofAssetUnits(1n, terms.scale)).toBe(0n);
          if (position.units === 0n) expect(position.cost).toBe(0n);
        }),
        { numRuns: 500 },
      );
    },
  );

  it('is never over zero when bought and sold at one price, however it is cut', () => {
    const cuts = fc.array(quantities, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(cuts, prices, fc.constantFrom(linear, inverse), (parts, price, terms) => {
        const back = -parts.reduce((sum, part) => sum + part, 0n);
        let position = FLAT;
        let realised = 0n;
        for (const units of back === 0n ? parts : [...parts, back]) {
          const booked = bookFill(position, units, positionValue(units, price, terms, 'ceil'), terms.scale);
          position = booked.position;
          realised += booked.realised;
        }
        expect(position.units).toBe(0n);
        expect(realised <= 0n).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('realised by closing a part is never more than its exact share', () => {
    const opened = fill(linear, FLAT, '0.00000003', '100');
    const closed = fill(linear, opened.position, '-0.00000001', '200');
    expect(amountText(opened.position.cost)).toBe('0.000003');
    expect(amountText(closed.realised)).toBe('0.000001');
    const odd = bookFill({ units: 3n, cost: ofAssetUnits(2n, 6) }, -1n, ofAssetUnits(-1n, 6), 6);
    expect(odd.realised).toBe(0n);
  });

  it('reads back the cost it wrote', () => {
    const { position } = fill(linear, FLAT, '0.3', '0.07');
    expect(amountOf(amountText(position.cost), 'cost')).toBe(position.cost);
  });
});
