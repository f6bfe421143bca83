import { closeFactor, deleveragingIndex, healthDiscount, storefrontQuote } from '@plinth/liquidation';
import {
  forwardFromBasis,
  futureContingency,
  futureScenarioProfit,
  netShortContingency,
  offsettingContingency,
  okxMaintenance,
  PARADEX_SCENARIOS,
  volatilityShock,
  worstPerpetualLoss,
  type CostTier,
} from '@plinth/margin/models';
import { CaseError, fieldsAt, listAt, numberAt, numbersAt, textAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

/** Worked examples that are printed with one decimal. */
const PRINTED: Readonly<Record<string, number>> = {
  future_contingency: 0.05,
  forward_from_basis: 0.05,
};

const CALCULATIONS: Readonly<Record<string, (input: Fields) => Fields>> = {
  collateral_storefront_quote: (input) => ({
    collateral_out: storefrontQuote(
      numberAt(input, 'base_amount'),
      numberAt(input, 'price'),
      numberAt(input, 'liquidation_factor'),
      numberAt(input, 'store_front_price_factor'),
    ),
  }),
  reverse_dutch_health_discount: (input) => {
    const { discount, repayMax, collateralOut } = healthDiscount({
      collateral: numberAt(input, 'collateral'),
      price: numberAt(input, 'price'),
      liquidationLtv: numberAt(input, 'liquidation_ltv'),
      debt: numberAt(input, 'debt'),
      discountMax: numberAt(input, 'max_discount'),
    });
    return { max_repay: repayMax, yield_collateral: collateralOut, discount };
  },
  close_factor: (input) => ({
    close_factor: closeFactor(
      numberAt(input, 'health_factor'),
      numberAt(input, 'collateral_usd_this_asset'),
      numberAt(input, 'debt_usd_this_asset'),
    ),
  }),
  adl_index: (input) => ({
    index: deleveragingIndex(
      numberAt(input, 'mark'),
      numberAt(input, 'entry'),
      numberAt(input, 'notional'),
      numberAt(input, 'account_value'),
    ),
  }),
  tiered_liquidation_cost: (input) => {
    const result = okxMaintenance(
      numberAt(input, 'mr_without_cost'),
      numberAt(input, 'mr7_raw'),
      tiersAt(input),
    );
    return {
      mr7_adjusted: result.adjustedCost,
      mmr_before_scaling: result.beforeScaling,
      mmr: result.maintenance,
    };
  },
  future_scenario_pnl: (input) => ({
    pnl: futureScenarioProfit(numberAt(input, 'size'), forwardOf(input), numberAt(input, 'shock')),
  }),
  future_contingency: (input) => ({
    contingency: futureContingency(
      numberAt(input, 'size'),
      numberAt(input, 'index'),
      numberAt(input, 'factor'),
    ),
  }),
  forward_from_basis: (input) => ({ forward: forwardOf(input) }),
  net_short_option_contingency: (input) => {
    const positions = fieldsAt(input, 'strike_positions');
    const sizes = Object.keys(positions).map((key) => numberAt(positions, key));
    return { contingency_btc: netShortContingency(sizes, numberAt(input, 'btc_per_net_short')) };
  },
  offsetting_futures_contingency: (input) => ({
    contingency_btc: offsettingContingency(
      numberAt(input, 'long_btc'),
      numberAt(input, 'short_btc'),
      numberAt(input, 'rate'),
    ),
  }),
  vol_shock: (input) => ({
    iv_change: volatilityShock(numberAt(input, 'days'), numberAt(input, 'range'), numberAt(input, 'power')),
  }),
  grid_definition: (input) => {
    const [size, spot] = [numberAt(input, 'perp_only_position'), numberAt(input, 'spot')];
    return {
      scenarios: PARADEX_SCENARIOS.map((move) => [move.spot, move.volatility, move.weight]),
      worst_loss_perp_long: worstPerpetualLoss(size, spot),
      worst_loss_perp_short: worstPerpetualLoss(-size, spot),
    };
  },
};

/**
 * Single rules of several peers, per `calc`. A case's own `abs_tol` counts; figures that are printed with one
 * decimal (contingency and forward of futures) are compared to half of it, everything else to 1e-9.
 */
export const marginLiquidationMisc: CaseFormat = {
  name: '13-margin-liquidation-misc',
  keys: ['calc', 'input', 'expected'],
  tolerance: (item) => {
    const own = numberAt(fieldsAt(item, 'expected'), 'abs_tol', 0);
    return { relative: 1e-9, absolute: Math.max(own, PRINTED[textAt(item, 'calc')] ?? 1e-9) };
  },
  evaluate: (item) => {
    const calculation = CALCULATIONS[textAt(item, 'calc')];
    if (!calculation)
      throw new CaseError(
        `calc: Expected one of ${Object.keys(CALCULATIONS).join(', ')}, was ${textAt(item, 'calc')}`,
      );
    return calculation(fieldsAt(item, 'input'));
  },
  notes: [
    'Rules are complete for what these cases hold',
    'Not published: deleveraging index of shorts, scaling of OKX after its tiered cost, Paradex options',
  ],
};

const forwardOf = (input: Fields): number =>
  forwardFromBasis(numberAt(input, 'index'), numberAt(input, 'basis_rate'), numberAt(input, 'days'));

const tiersAt = (input: Fields): readonly CostTier[] =>
  listAt(input, 'tiers').map((tier, i) => {
    const [upTo = NaN, factor = NaN] = numbersAt({ [`tiers[${i}]`]: tier }, `tiers[${i}]`);
    return { upTo, factor };
  });
