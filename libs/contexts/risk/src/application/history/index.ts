import { explainDifference } from './explain-difference.ts';
import { explainProfit } from './explain-profit.ts';

/** Questions about two places of the log by the names of service RiskQueries. */
export const riskHistoryQueries = {
  ExplainDifference: explainDifference,
  ExplainProfit: explainProfit,
} as const;
