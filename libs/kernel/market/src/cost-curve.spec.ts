import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { executionCost, type CostCurve } from './cost-curve.ts';

/** Two at 100, then three at 102. */
const asks: CostCurve = { quantities: Float64Array.of(2, 5), prices: Float64Array.of(100, 102) };
const bids: CostCurve = { quantities: Float64Array.of(2, 5), prices: Float64Array.of(98, 97) };

describe('executionCost', () => {
  it('walks the steps, the last one in part', () => {
    expect(executionCost(asks, 3, 99, 1)).toEqual({ filled: 3, notional: 302, cost: 5 });
    expect(executionCost(asks, 2, 99, 1)).toEqual({ filled: 2, notional: 200, cost: 2 });
  });

  it('counts worse than the mark as positive on both sides', () => {
    expect(executionCost(bids, 3, 99, -1)).toEqual({ filled: 3, notional: 293, cost: 4 });
    expect(executionCost(bids, 1, 97, -1).cost).toBe(-1);
  });

  it('fills what there is', () => {
    expect(executionCost(asks, 50, 99, 1)).toEqual({ filled: 5, notional: 506, cost: 11 });
    const empty = { quantities: new Float64Array(), prices: new Float64Array() };
    expect(executionCost(empty, 1, 99, 1)).toEqual({ filled: 0, notional: 0, cost: 0 });
  });

  it('is convex: a part never costs more per unit than the whole', () => {
    const step = fc.record({ size: fc.integer({ min: 1, max: 100 }), rise: fc.integer({ min: 0, max: 9 }) });
    const curves = fc.array(step, { minLength: 1, maxLength: 20 }).map((steps): CostCurve => {
      let [end, price] = [0, 100];
      return {
        quantities: Float64Array.from(steps, ({ size }) => (end += size)),
        prices: Float64Array.from(steps, ({ rise }) => (price += rise)),
      };
    });
    fc.assert(
      fc.property(
        curves,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 500 }),
        (curve, a, b) => {
          const [small, large] = a < b ? [a, b] : [b, a];
          const part = executionCost(curve, small, 100, 1);
          const whole = executionCost(curve, large, 100, 1);
          expect(part.cost * whole.filled).toBeLessThanOrEqual(whole.cost * part.filled);
          expect(whole.filled).toBe(Math.min(large, curve.quantities.at(-1) as number));
        },
      ),
    );
  });
});
