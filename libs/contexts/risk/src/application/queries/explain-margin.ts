import type { Rejection } from '@plinth/eventing';
import {
  explainMargin as explain,
  stateDistances,
  type Explanation,
  type StateDistance,
} from '@plinth/margin';
import type { riskMessages } from '@plinth/messages';
import {
  RECORDED_DIGITS,
  ZERO,
  addDecimal,
  floatToText,
  decimalOf,
  formatDecimal,
  fromFloat,
  isZeroDecimal,
  subtractDecimal,
  type Decimal,
} from '@plinth/money';
import type { RiskViews } from '../risk-views.ts';
import { invalid, refuseAccount } from './account-of.ts';

export const explainMargin = (
  { accountId, requirement, distances }: riskMessages.ExplainMarginRequest,
  { portfolio, accounts }: RiskViews,
): riskMessages.ExplainMarginResponse | Rejection => {
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const which = requirement === '' ? 'maintenance' : requirement;
  if (which !== 'initial' && which !== 'maintenance')
    return invalid('requirement', 'Expected initial or maintenance');
  const { book, kernel } = portfolio;
  const index = book.accountIndex(accountId);
  const figures = portfolio.figures(portfolio.assess(accountId));
  const required = which === 'initial' ? figures.initialMargin : figures.maintenanceMargin;
  return {
    accountId,
    state: accounts.of(accountId).state,
    figures,
    equity: partsOf(explain(kernel, book, index, 'equity'), figures.equity),
    requirement: partsOf(explain(kernel, book, index, which), required),
    distances: distances ? stateDistances(kernel, book, index).map(textOf) : [],
  };
};

const moveText = (multiple: number | undefined): string =>
  multiple === undefined ? '' : floatToText(multiple - 1);

const textOf = ({ below, above, ...rest }: StateDistance): riskMessages.StateDistance => ({
  ...rest,
  below: moveText(below),
  above: moveText(above),
});

/** The tree in depth-first order, in decimals: what rounding leaves over is a part of its own. */
export const partsOf = (tree: Explanation, amount: string): riskMessages.MarginPart[] => {
  const parts: riskMessages.MarginPart[] = [];
  const add = ({ label, children }: Explanation, value: Decimal, depth: number): void => {
    parts.push({ depth, label, amount: formatDecimal(value), detail: '' });
    if (children.length === 0) return;
    let sum = ZERO;
    for (const child of children) {
      const rounded = fromFloat(child.value, RECORDED_DIGITS);
      if (isZeroDecimal(rounded) && child.children.length === 0) continue;
      sum = addDecimal(sum, rounded);
      add(child, rounded, depth + 1);
    }
    const rest = subtractDecimal(value, sum);
    if (!isZeroDecimal(rest))
      parts.push({ depth: depth + 1, label: 'rounding', amount: formatDecimal(rest), detail: '' });
  };
  add(tree, decimalOf(amount), 0);
  return parts;
};
