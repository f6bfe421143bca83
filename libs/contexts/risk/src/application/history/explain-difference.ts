import { isRejection, type LogHistory, type Rejection } from '@plinth/eventing';
import { explainDifference as explain, type Explanation } from '@plinth/margin';
import type { historyMessages, riskMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import { partsOf } from '../queries/explain-margin.ts';
import type { RiskViews } from '../risk-views.ts';
import { spanOf } from './span.ts';

/** Why equity and margins of an account differ between two places of the log. */
export const explainDifference = async (
  request: historyMessages.ExplainDifferenceRequest,
  history: LogHistory<RiskViews>,
): Promise<historyMessages.ExplainDifferenceResponse | Rejection> => {
  const span = await spanOf(request, history);
  if (isRejection(span)) return span;
  const { accountId, from, to, earlier, later } = span;
  const { equity, initial, maintenance } = explain(earlier, later);
  return {
    ...{ accountId, from, to },
    equity: treeOf(equity),
    initial: treeOf(initial),
    maintenance: treeOf(maintenance),
  };
};

export const treeOf = (tree: Explanation): riskMessages.MarginPart[] =>
  partsOf(tree, floatToText(tree.value));
