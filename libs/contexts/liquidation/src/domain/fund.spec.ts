import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@plinth/eventing';
import { deciderSpec } from '@plinth/eventing/testing';
import fc from 'fast-check';
import { fundDecider, type FundCommand } from './fund.ts';

const credit = (amount: string, asset = 'USD'): FundCommand => ({
  ...{ kind: 'credit', creditId: 'c', purpose: 'capital', asset, amount },
});
const cover = (amount: string, asset = 'USD'): FundCommand => ({
  ...{ kind: 'cover', liquidationId: 'l', accountId: 'a', asset, amount },
});

describe('the insurance fund', () => {
  const spec = deciderSpec(fundDecider);
  const funded = spec.when(credit('100')).events();

  it('pays what it has and no more', () => {
    spec
      .given(funded)
      .when(cover('130.5'))
      .then([
        {
          type: 'ShortfallCovered',
          data: {
            ...{
              liquidationId: 'l',
              accountId: 'a',
              asset: 'USD',
              amount: '100',
              uncovered: '30.5',
              fundAfter: '0',
            },
          },
        },
      ]);
  });

  it('pays in the asset that is owed only', () => {
    const [covered] = spec.given(funded).when(cover('1', 'BTC')).events();
    expect(covered?.data).toMatchObject({ amount: '0', uncovered: '1', fundAfter: '0' });
  });

  it('is never below zero, and moves by exactly what came in and went out', () => {
    const commands = fc.array(
      fc.record({
        isCredit: fc.boolean(),
        units: fc.bigInt({ min: 0n, max: 10n ** 12n }),
        asset: fc.constantFrom('USD', 'BTC'),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(commands, (list) => {
        let state = fundDecider.initialState();
        const sums = new Map<string, bigint>();
        const unitsOf = (text: string): bigint => {
          const [whole = '0', rest = ''] = text.split('.');
          return BigInt(whole + rest.padEnd(6, '0'));
        };
        for (const { isCredit, units, asset } of list) {
          const text = `${units / 1_000_000n}.${String(units % 1_000_000n).padStart(6, '0')}`;
          const decided = fundDecider.decide(isCredit ? credit(text, asset) : cover(text, asset), state);
          if (isRejection(decided)) throw new Error('Expected no rejection');
          for (const event of decided) {
            const before = sums.get(asset) ?? 0n;
            const moved = unitsOf(event.data.amount);
            const after = event.type === 'FundCredited' ? before + moved : before - moved;
            if (event.type === 'ShortfallCovered') expect(moved + unitsOf(event.data.uncovered)).toBe(units);
            expect(unitsOf(event.data.fundAfter)).toBe(after);
            expect(after >= 0n).toBe(true);
            sums.set(asset, after);
            state = fundDecider.evolve(state, event);
          }
        }
      }),
    );
  });
});
