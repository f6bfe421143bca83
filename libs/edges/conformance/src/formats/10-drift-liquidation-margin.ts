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
  type TransferSide,
} from '@plinth/margin/models';
import { floatToUnits } from '@plinth/money';
import { EXACT } from '../comparison.ts';
import { CaseError, fieldsAt, integerAt, numberAt, textAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

const QUOTE_DIGITS = 6;
const ONE_PRICE = 1_000_000n;

const sideAt = (input: Fields, name: 'asset' | 'liability'): TransferSide => ({
  multiplier: integerAt(input, `${name}_liq_multiplier_1e6`),
  decimals: numberAt(input, `${name}_decimals`),
  price: integerAt(input, `${name}_price_1e6`),
});

const CALCULATIONS: Readonly<Record<string, (input: Fields) => bigint>> = {
  base_to_cover_shortage: (input) =>
    baseToCoverShortage({
      marginShortage: integerAt(input, 'margin_shortage'),
      marginRatio: integerAt(input, 'margin_ratio_1e4'),
      liquidatorFee: integerAt(input, 'liquidator_fee_1e6'),
      insuranceFee: integerAt(input, 'if_fee_1e6', 0n),
      oraclePrice: integerAt(input, 'oracle_price_1e6'),
      quoteOraclePrice: integerAt(input, 'quote_oracle_price_1e6', ONE_PRICE),
    }),
  liability_transfer_to_cover_shortage: (input) =>
    liabilityToCoverShortage({
      marginShortage: integerAt(input, 'margin_shortage'),
      assetWeight: integerAt(input, 'asset_weight_1e4'),
      assetMultiplier: integerAt(input, 'asset_liq_multiplier_1e6'),
      liabilityWeight: integerAt(input, 'liability_weight_1e4'),
      liability: sideAt(input, 'liability'),
      insuranceFee: integerAt(input, 'if_fee_1e6', 0n),
    }),
  liability_implied_by_asset: (input) =>
    liabilityImpliedByAsset(
      integerAt(input, 'asset_transfer'),
      sideAt(input, 'asset'),
      sideAt(input, 'liability'),
    ),
  asset_transfer_for_liability: (input) =>
    assetForLiability(
      integerAt(input, 'asset_amount'),
      sideAt(input, 'asset'),
      integerAt(input, 'liability_amount'),
      sideAt(input, 'liability'),
    ),
  perp_if_fee: (input) =>
    perpInsuranceFee({
      marginShortage: integerAt(input, 'margin_shortage'),
      baseAmount: integerAt(input, 'base_amount_1e9'),
      marginRatio: integerAt(input, 'margin_ratio_1e4'),
      liquidatorFee: integerAt(input, 'liquidator_fee_1e6'),
      oraclePrice: integerAt(input, 'oracle_price_1e6'),
      quoteOraclePrice: integerAt(input, 'quote_price_1e6', ONE_PRICE),
      insuranceFeeMax: integerAt(input, 'max_if_fee_1e6'),
    }),
  deposit_index_delta_socialised: (input) =>
    socialisedDepositIndexDelta(
      integerAt(input, 'loss_1e6'),
      integerAt(input, 'total_deposits_1e6'),
      integerAt(input, 'cumulative_deposit_interest_1e10'),
    ),
  funding_delta_socialised: (input) =>
    socialisedFundingDelta(
      integerAt(input, 'loss_1e6'),
      integerAt(input, 'base_long_1e9', 0n),
      integerAt(input, 'base_short_1e9', 0n),
    ),
  size_discount_asset_weight: (input) =>
    sizeDiscountAssetWeight(
      integerAt(input, 'size_1e9'),
      integerAt(input, 'imf_factor_1e6'),
      integerAt(input, 'base_weight_1e4'),
    ),
  size_premium_liability_weight: (input) =>
    sizePremiumLiabilityWeight(
      integerAt(input, 'size_1e9'),
      integerAt(input, 'imf_factor_1e6'),
      integerAt(input, 'base_weight_1e4'),
    ),
  pool_scaled_initial_asset_weight: (input) =>
    poolScaledAssetWeight(
      floatToUnits(
        numberAt(input, 'pool_deposits_tokens') * numberAt(input, 'oracle_price'),
        QUOTE_DIGITS,
        'down',
      ),
      floatToUnits(numberAt(input, 'scale_start_usd', 0), QUOTE_DIGITS, 'down'),
      integerAt(input, 'base_weight_1e4'),
    ),
};

/**
 * Integers as on chain, per `calc`; scales stand in the names of the keys. Optional keys: `if_fee_1e6` 0,
 * `quote_oracle_price_1e6` and `quote_price_1e6` 1,000,000, `base_long_1e9` and `base_short_1e9` 0,
 * `scale_start_usd` 0 (not scaled).
 */
export const driftLiquidationMargin: CaseFormat = {
  name: '10-drift-liquidation-margin',
  keys: ['calc', 'input', 'expected'],
  tolerance: () => EXACT,
  evaluate: (item) => {
    const calculation = CALCULATIONS[textAt(item, 'calc')];
    if (!calculation)
      throw new CaseError(
        `calc: Expected one of ${Object.keys(CALCULATIONS).join(', ')}, was ${textAt(item, 'calc')}`,
      );
    return calculation(fieldsAt(item, 'input'));
  },
};
