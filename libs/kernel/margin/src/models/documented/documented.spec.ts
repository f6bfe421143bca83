import { describe, expect, it } from '@jest/globals';
import {
  forwardFromBasis,
  netShortContingency,
  offsettingContingency,
  okxMaintenance,
  PARADEX_SCENARIOS,
  tieredCost,
  volatilityShock,
  worstPerpetualLoss,
} from './index.ts';

describe('documented charges', () => {
  const tiers = [
    { upTo: 10_000, factor: 1 },
    { upTo: 70_000, factor: 2 },
  ];

  it('multiply each tier of a cost by its factor, the last one without end', () => {
    expect([5_000, 30_000, 100_000].map((cost) => tieredCost(cost, tiers))).toEqual([5_000, 50_000, 190_000]);
    expect(okxMaintenance(60_000, 30_000, tiers).maintenance).toBe(60_000);
    expect(() => tieredCost(1, [])).toThrow('tiers');
    expect(() => tieredCost(1, [tiers[1]!, tiers[0]!])).toThrow('rise');
  });

  it('charge what is short in all, and the smaller side of futures', () => {
    expect([netShortContingency([10, -20], 0.01), netShortContingency([20, -10], 0.01)]).toEqual([0.1, 0]);
    expect(offsettingContingency(100, 40, 0.01)).toBeCloseTo(0.4, 12);
  });

  it('shock near expiries more and never beyond a day', () => {
    expect(volatilityShock(30, 0.4, 0.3)).toBeCloseTo(0.4, 12);
    expect(volatilityShock(0, 0.4, 0.3)).toBe(volatilityShock(1, 0.4, 0.3));
    expect(forwardFromBasis(100, 0.1, 365)).toBeCloseTo(110.51709, 5);
    expect(() => forwardFromBasis(0, 0.1, 1)).toThrow('index');
  });

  it('weigh 24 scenarios to 16 % of a perpetual on both sides', () => {
    expect(PARADEX_SCENARIOS.length).toBe(24);
    expect([worstPerpetualLoss(1, 100), worstPerpetualLoss(-1, 100)]).toEqual([16, 16]);
  });
});
