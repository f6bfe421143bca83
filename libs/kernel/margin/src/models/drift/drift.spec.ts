import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  assetForLiability,
  baseToCoverShortage,
  liabilityImpliedByAsset,
  liabilityToCoverShortage,
  perpInsuranceFee,
  poolScaledAssetWeight,
  sizeDiscountAssetWeight,
  sizePremiumLiabilityWeight,
  socialisedDepositIndexDelta,
  socialisedFundingDelta,
  U128_MAX,
  U64_MAX,
} from './index.ts';
import { rootOf } from './units.ts';

const shortage = {
  marginShortage: 10_000_000n,
  marginRatio: 1_000n,
  liquidatorFee: 0n,
  insuranceFee: 0n,
  oraclePrice: 100_000_000n,
  quoteOraclePrice: 1_000_000n,
};
const usd = { multiplier: 1_000_000n, decimals: 6, price: 1_000_000n };
const coin = { multiplier: 1_000_000n, decimals: 9, price: 100_000_000n };

describe('shortages', () => {
  it('are covered by the base that frees as much', () => {
    expect(baseToCoverShortage(shortage)).toBe(1_000_000_000n);
    expect(baseToCoverShortage({ ...shortage, liquidatorFee: 10_000n, insuranceFee: 10_000n })).toBe(
      1_250_000_000n,
    );
  });

  it('have no bound where closing frees nothing', () => {
    expect(baseToCoverShortage({ ...shortage, oraclePrice: 0n })).toBe(U64_MAX);
    expect(baseToCoverShortage({ ...shortage, liquidatorFee: 100_000n })).toBe(U64_MAX);
    const weights = { assetWeight: 10_000n, liabilityWeight: 10_000n, assetMultiplier: 1_000_000n };
    const at = { ...weights, marginShortage: 1n, liability: coin, insuranceFee: 0n };
    expect(liabilityToCoverShortage(at)).toBe(U128_MAX);
    expect(
      liabilityToCoverShortage({
        ...at,
        assetWeight: 8_000n,
        liabilityWeight: 12_000n,
        marginShortage: 10_000_000n,
        insuranceFee: 10_000n,
      }),
    ).toBe(257_731_958n);
  });

  it('refuse fees that eat what is freed', () => {
    expect(() => baseToCoverShortage({ ...shortage, insuranceFee: 100_000n })).toThrow('freedAfterFee');
  });
});

describe('transfers', () => {
  it('round a liability up and take the whole asset when less than a dollar would remain', () => {
    expect(liabilityImpliedByAsset(1n, usd, { ...coin, decimals: 6 })).toBe(1n);
    expect(assetForLiability(100_500_000n, usd, 1_000_000_000n, coin)).toBe(100_500_000n);
    expect(assetForLiability(101_000_000n, usd, 1_000_000_000n, coin)).toBe(100_000_000n);
  });
});

describe('fees and losses', () => {
  const fee = {
    marginShortage: 1_000_000n,
    baseAmount: 10_000_000_000n,
    marginRatio: 500n,
    liquidatorFee: 10_000n,
    oraclePrice: 100_000_000n,
    quoteOraclePrice: 1_000_000n,
    insuranceFeeMax: 50_000n,
  };

  it('leave a twentieth of the room, and nothing where there is none', () => {
    expect(perpInsuranceFee(fee)).toBe(37_050n);
    expect(perpInsuranceFee({ ...fee, baseAmount: 0n })).toBe(0n);
    expect(perpInsuranceFee({ ...fee, insuranceFeeMax: 100n })).toBe(100n);
  });

  it('are borne in full by depositors or positions', () => {
    expect(socialisedDepositIndexDelta(1n, 0n, 1n)).toBe(0n);
    expect(socialisedDepositIndexDelta(1n, 3n, 10n)).toBe(4n);
    expect(socialisedFundingDelta(-100_000_000n, 7_000_000_000n, -4_000_000_000n)).toBe(9_090_910_000n);
    expect(() => socialisedFundingDelta(1n, 0n, 0n)).toThrow('base');
  });
});

describe('weights', () => {
  it('get worse with size and pool, never better', () => {
    const size = fc.bigInt({ min: 0n, max: 10n ** 20n });
    const imf = fc.bigInt({ min: 0n, max: 100_000n });
    fc.assert(
      fc.property(size, size, imf, (a, b, factor) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        expect(sizeDiscountAssetWeight(large, factor, 9_000n)).toBeLessThanOrEqual(
          sizeDiscountAssetWeight(small, factor, 9_000n),
        );
        expect(sizePremiumLiabilityWeight(large, factor, 11_000n)).toBeGreaterThanOrEqual(
          sizePremiumLiabilityWeight(small, factor, 11_000n),
        );
      }),
    );
    expect(poolScaledAssetWeight(10n, 0n, 9_000n)).toBe(9_000n);
    expect(poolScaledAssetWeight(20n, 10n, 9_000n)).toBe(4_500n);
  });

  it('use the exact root', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (x) => {
        const root = rootOf(x);
        expect(root * root <= x && (root + 1n) * (root + 1n) > x).toBe(true);
      }),
    );
  });
});
