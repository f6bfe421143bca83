import type { Rejection } from '@plinth/eventing';
import { greeksOf, type GreekRow } from '@plinth/margin';
import type { riskMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import type { RiskViews } from '../risk-views.ts';
import { invalid, refuseAccount, refuseUnready } from './account-of.ts';

const SCOPES = ['position', 'underlying', 'account', 'house'] as const;
type Scope = (typeof SCOPES)[number];

type Sum = { -readonly [K in keyof Omit<GreekRow, 'label'>]: GreekRow[K] } & { readonly key: string };

const keyOf = (scope: Scope, accountId: string, { label, underlying }: GreekRow): string => {
  switch (scope) {
    case 'position':
      return label;
    case 'underlying':
      return underlying;
    case 'account':
      return accountId;
    case 'house':
      return 'house';
  }
};

/** Greeks at the position of the fold, summed by what was asked for. */
export const getGreeks = (
  { scope, accountId }: riskMessages.GetGreeksRequest,
  { portfolio }: RiskViews,
): riskMessages.GetGreeksResponse | Rejection => {
  const refusal = accountId === '' ? refuseUnready(portfolio) : refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const wanted = SCOPES.find((one) => one === (scope === '' ? 'underlying' : scope));
  if (wanted === undefined) return invalid('scope', 'Expected position, underlying, account or house');
  if (accountId === '' && (wanted === 'position' || wanted === 'account'))
    return invalid('accountId', `Expected an account for the scope ${wanted}`);
  const { book, kernel } = portfolio;
  kernel.model.refresh();
  const sums = new Map<string, Sum>();
  for (const id of accountId === '' ? portfolio.accountIds() : [accountId])
    for (const row of greeksOf(kernel.model, book, book.accountIndex(id))) {
      const isOne = wanted === 'position' || wanted === 'underlying';
      add(sums, keyOf(wanted, id, row), isOne ? row : { ...row, underlying: '' });
    }
  return {
    rows: [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => textOf(sum)),
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};

const FIGURES = ['value', 'delta', 'gamma', 'vega', 'theta'] as const;

const add = (sums: Map<string, Sum>, key: string, row: GreekRow): void => {
  const place = `${key} ${row.underlying}`;
  const sum = sums.get(place);
  if (sum === undefined) sums.set(place, { ...row, key });
  else for (const figure of FIGURES) sum[figure] += row[figure];
};

const textOf = ({ key, underlying, ...sum }: Sum): riskMessages.GreekRow => ({
  key,
  underlying,
  value: floatToText(sum.value),
  delta: floatToText(sum.delta),
  gamma: floatToText(sum.gamma),
  vega: floatToText(sum.vega),
  theta: floatToText(sum.theta),
});
