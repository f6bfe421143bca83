import { explainMargin } from './explain-margin.ts';
import { getExposure } from './get-exposure.ts';
import { getMargin } from './get-margin.ts';
import { getParameters } from './get-parameters.ts';
import { liquidationPrice } from './liquidation-price.ts';
import { listBreaches } from './list-breaches.ts';
import { whatIf } from './what-if.ts';

/** Questions by the names of service RiskQueries. */
export const riskQueries = {
  GetMargin: getMargin,
  ExplainMargin: explainMargin,
  WhatIf: whatIf,
  ListBreaches: listBreaches,
  GetExposure: getExposure,
  LiquidationPrice: liquidationPrice,
  GetParameters: getParameters,
} as const;
