import { reject, type Rejection } from '@plinth/eventing';
import { liquidationPrice as solve } from '@plinth/margin';
import { isId } from '@plinth/market';
import type { riskMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import type { RiskViews } from '../risk-views.ts';
import { invalid, refuseAccount } from './account-of.ts';

export const liquidationPrice = (
  { accountId, underlying }: riskMessages.LiquidationPriceRequest,
  { portfolio }: RiskViews,
): riskMessages.LiquidationPriceResponse | Rejection => {
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const { book, kernel } = portfolio;
  if (underlying !== '' && !isId('asset', underlying))
    return invalid('underlying', 'Expected 2 to 12 upper-case letters and digits, or nothing');
  if (underlying !== '' && kernel.model.catalogue.underlyings.find(underlying) === undefined)
    return reject('NOT_FOUND', 'underlying: Expected a listed asset', {
      field: 'underlying',
      reason: 'missing',
    });
  const index = book.accountIndex(accountId);
  const exposed = portfolio.assess(accountId).report.binding.underlyings.map((entry) => entry.underlying);
  return {
    accountId,
    prices: (underlying === '' ? exposed : [underlying]).map((name) => {
      const { price, below, above } = solve(kernel, book, index, name);
      const textOf = (multiple: number | undefined): string =>
        multiple === undefined || price === 0 ? '' : floatToText(multiple * price);
      return {
        underlying: name,
        mark: price === 0 ? '' : floatToText(price),
        below: textOf(below),
        above: textOf(above),
      };
    }),
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};
