import type { CaseFormat } from '../format.ts';
import { derivePmrm2PortfolioMargin } from './01-derive-pmrm2-portfolio-margin.ts';
import { deriveStandardMargin } from './02-derive-standard-margin.ts';
import { interestRates } from './04-interest-rates.ts';
import { pythAggregation } from './05-pyth-aggregation.ts';
import { pythEma } from './05b-pyth-ema.ts';
import { optionsBsmHaug } from './06-options-bsm-haug.ts';
import { dydxLiquidation } from './08-dydx-liquidation.ts';
import { dydxMarginFunding } from './09-dydx-margin-funding.ts';
import { driftLiquidationMargin } from './10-drift-liquidation-margin.ts';
import { mangoHealthFormat } from './11-mango-health.ts';
import { marginLiquidationMisc } from './13-margin-liquidation-misc.ts';

/** One line per format that can be judged. */
export const FORMATS: readonly CaseFormat[] = [
  derivePmrm2PortfolioMargin,
  deriveStandardMargin,
  interestRates,
  pythAggregation,
  pythEma,
  optionsBsmHaug,
  dydxLiquidation,
  dydxMarginFunding,
  driftLiquidationMargin,
  mangoHealthFormat,
  marginLiquidationMisc,
];

/** Formats that are known and cannot be judged: nothing here computes their figures. */
export const REFUSED: readonly Readonly<{ name: string; why: string }>[] = [
  { name: '03-derive-dutch-auction', why: 'Refused: this build has no Dutch auction of that rulebook' },
  { name: '07-uniswap-v3-swaps', why: 'Refused: this build does not swap through concentrated liquidity' },
  {
    name: '07b-uniswap-v3-swap-step',
    why: 'Refused: this build does not swap through concentrated liquidity',
  },
  { name: '12-routing', why: 'Refused: this build does not judge routes by this format' },
];
