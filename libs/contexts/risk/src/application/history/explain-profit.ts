import { isRejection, type LogHistory, type Rejection } from '@plinth/eventing';
import { explainProfit as explain } from '@plinth/margin';
import type { historyMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import type { RiskViews } from '../risk-views.ts';
import { treeOf } from './explain-difference.ts';
import { flowsBetween, spanOf } from './span.ts';

/** Profit and loss of an account between two places of the log. */
export const explainProfit = async (
  request: historyMessages.ExplainProfitRequest,
  history: LogHistory<RiskViews>,
): Promise<historyMessages.ExplainProfitResponse | Rejection> => {
  const span = await spanOf(request, history);
  if (isRejection(span)) return span;
  const { accountId, from, to, earlier, later } = span;
  const { tree, residual, bound } = explain(earlier, later, await flowsBetween(span, history));
  return {
    ...{ accountId, from, to },
    profit: treeOf(tree),
    residual: floatToText(residual),
    residualBound: floatToText(bound),
  };
};
