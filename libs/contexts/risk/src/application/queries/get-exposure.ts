import type { Rejection } from '@plinth/eventing';
import { deltaOf, type AccountContent } from '@plinth/margin';
import { NUMERAIRE, venueOfLocation } from '@plinth/market';
import type { riskMessages } from '@plinth/messages';
import { floatToText, textToFloat } from '@plinth/money';
import type { PortfolioView } from '@plinth/portfolio';
import type { RiskViews } from '../risk-views.ts';
import { invalid, refuseAccount, refuseUnready } from './account-of.ts';

type Row = { net: number; gross: number; collateral: number; debt: number; accounts: number; seen: string };
type Scope = 'underlying' | 'venue' | 'house';
type Kind = 'position' | 'collateral' | 'debt';

/** Sums over accounts by key: signed worth of what moves with prices, collateral, debts; USD. */
class Exposures {
  readonly rows = new Map<string, Row>();

  add(key: string, accountId: string, kind: Kind, worth: number, isShocked: boolean): void {
    const row = this.rows.get(key) ?? { net: 0, gross: 0, collateral: 0, debt: 0, accounts: 0, seen: '' };
    this.rows.set(key, row);
    if (row.seen !== accountId) row.accounts += 1;
    row.seen = accountId;
    if (isShocked) {
      row.net += worth;
      row.gross += Math.abs(worth);
    }
    if (kind === 'collateral') row.collateral += worth;
    if (kind === 'debt') row.debt -= worth;
  }
}

export const getExposure = (
  { scope, accountId }: riskMessages.GetExposureRequest,
  { portfolio }: RiskViews,
): riskMessages.GetExposureResponse | Rejection => {
  const refusal = accountId === '' ? refuseUnready(portfolio) : refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  if (scope !== 'underlying' && scope !== 'venue' && scope !== 'house')
    return invalid('scope', 'Expected underlying, venue or house');
  const exposures = new Exposures();
  for (const id of accountId === '' ? portfolio.accountIds() : [accountId]) {
    expose(portfolio, exposures, scope, id, portfolio.contentOf(id));
  }
  const rows = [...exposures.rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    rows: rows.map(([key, row]) => ({
      key,
      net: floatToText(row.net),
      gross: floatToText(row.gross),
      collateral: floatToText(row.collateral),
      debt: floatToText(row.debt),
      limit: scope === 'venue' ? (portfolio.reference.venues.get(key)?.creditLimit ?? '') : '',
      accounts: row.accounts,
    })),
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};

/** Where an amount counts: its underlying, its venue (money in a vault stands at none), or the house. */
const keyOf = (scope: Scope, underlying: string, venueId: string | undefined): string | undefined => {
  switch (scope) {
    case 'underlying':
      return underlying;
    case 'venue':
      return venueId;
    case 'house':
      return 'house';
  }
};

const expose = (
  portfolio: PortfolioView,
  exposures: Exposures,
  scope: Scope,
  accountId: string,
  content: AccountContent,
): void => {
  const { marks } = portfolio;
  const add = (underlying: string, venueId: string | undefined, kind: Kind, worth: number): void => {
    const key = keyOf(scope, underlying, venueId);
    if (key !== undefined) exposures.add(key, accountId, kind, worth, underlying !== NUMERAIRE);
  };
  for (const { instrument: line, quantity } of content.positions) {
    const [instrumentId = '', venueId = ''] = line.split('@');
    const { underlying } = portfolio.reference.instrument(instrumentId);
    add(underlying, venueId, 'position', quantity * contractWorth(portfolio, instrumentId, line));
  }
  for (const { asset, location, amount } of content.balances) {
    add(asset, venueOfLocation(location), 'collateral', amount * (marks.ofAsset(asset)?.price ?? 0));
  }
  for (const { asset, amount } of content.debts) {
    add(asset, undefined, 'debt', -amount * (marks.ofAsset(asset)?.price ?? 0));
  }
};

/**
 * USD that one contract moves with; an inverse one is worth its size whatever the price, an option its
 * delta.
 */
const contractWorth = (
  { reference, marks, kernel }: PortfolioView,
  instrumentId: string,
  line: string,
): number => {
  const { kind, contractSize, inverse, quoteAsset } = reference.instrument(instrumentId);
  if (kind === 'option') {
    kernel.model.refresh();
    const { catalogue, instruments } = kernel.model;
    const i = catalogue.instruments.indexOf(line);
    return instruments.notional[i]! * deltaOf(kernel.model, i);
  }
  const size = textToFloat(contractSize);
  if (inverse) return size;
  return size * (marks.figures(instrumentId)?.price ?? 0) * (marks.ofAsset(quoteAsset)?.price ?? 0);
};
