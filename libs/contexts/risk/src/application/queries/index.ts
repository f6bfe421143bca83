import { explainMargin } from './explain-margin.ts';
import { getContagion } from './get-contagion.ts';
import { getDefaultProbability } from './get-default-probability.ts';
import { getExposure } from './get-exposure.ts';
import { getGate } from './get-gate.ts';
import { getGreeks } from './get-greeks.ts';
import { getMargin } from './get-margin.ts';
import { getParameters } from './get-parameters.ts';
import { getReverseStress } from './get-reverse-stress.ts';
import { getRulebook } from './get-rulebook.ts';
import { getStress } from './get-stress.ts';
import { getStressScenarios } from './stress-scenarios.ts';
import { liquidationPrice } from './liquidation-price.ts';
import { listBreaches } from './list-breaches.ts';
import { listWatch } from './list-watch.ts';
import { marginUnder } from './margin-under.ts';
import { whatIf } from './what-if.ts';

/** Questions by the names of service RiskQueries. */
export const riskQueries = {
  GetMargin: getMargin,
  ExplainMargin: explainMargin,
  WhatIf: whatIf,
  MarginUnder: marginUnder,
  GetRulebook: getRulebook,
  ListBreaches: listBreaches,
  GetExposure: getExposure,
  GetGreeks: getGreeks,
  LiquidationPrice: liquidationPrice,
  GetGate: getGate,
  GetParameters: getParameters,
  GetDefaultProbability: getDefaultProbability,
  ListWatch: listWatch,
  GetStressScenarios: getStressScenarios,
  GetStress: getStress,
  GetReverseStress: getReverseStress,
  GetContagion: getContagion,
} as const;
