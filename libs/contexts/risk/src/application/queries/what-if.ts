import type { Rejection } from '@plinth/eventing';
import {
  FIGURES,
  isRiskReducing,
  nextSeverity,
  severityOf,
  stateOf,
  whatIf as suppose,
  type Hypothetical,
  type MarginReport,
  type RiskParameters,
} from '@plinth/margin';
import type { MarginFigures, riskMessages } from '@plinth/messages';
import {
  effectiveParameters,
  marginFigures,
  parseCellParameters,
  type PortfolioView,
} from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import type { MarginAccount } from '../../domain/margin-account.ts';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection, reading, refuse, refuseAccount } from './account-of.ts';
import { bound, readMove, readOrder, readTransfer } from './hypothetical.ts';
import { verdictOf } from './verdict.ts';

type Request = riskMessages.WhatIfRequest;

export const whatIf = (request: Request, views: RiskViews): riskMessages.WhatIfResponse | Rejection => {
  const { portfolio, accounts, gate } = views;
  const { accountId } = request;
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const change = reading(() => readChange(request, portfolio));
  if (isRejection(change)) return change;
  const { book, kernel } = portfolio;
  const index = book.accountIndex(accountId);
  const account = accounts.of(accountId);
  const now = portfolio.assess(accountId);
  const report = suppose(kernel, book, index, change);
  const orders = change.orders ?? [];
  return {
    accountId,
    stateBefore: account.state,
    stateAfter: stateAfter(account, report, change.parameters ?? portfolio.marginParameters),
    before: portfolio.figures(now),
    bindingBefore: now.report.binding.name,
    bindingAfter: report.binding.name,
    after: figuresOf(portfolio, report),
    riskReducing: orders.length > 0 && isRiskReducing(kernel, book, index, orders),
    verdict: isOrdersAlone(request) ? verdictOf(portfolio, accountId, account, orders, gate.closedFor) : '',
  };
};

const isOrdersAlone = (request: Request): boolean =>
  request.orders.length > 0 &&
  request.transfers.length + request.priceMoves.length + request.volatilityMoves.length === 0 &&
  request.parametersJson === '';

const stateAfter = (account: MarginAccount, report: MarginReport, parameters: RiskParameters): string => {
  const figures = Float64Array.from(FIGURES, (name) => report.figures[name]);
  return stateOf(nextSeverity(severityOf(account.state), figures, 0, parameters));
};

const figuresOf = (
  portfolio: PortfolioView,
  { equity, initialMargin, maintenanceMargin, binding }: MarginReport,
): MarginFigures =>
  marginFigures(
    { equity, initialMargin, maintenanceMargin, bindingScenario: binding.all },
    {
      asOf: portfolio.position,
      marksRound: portfolio.marks.round,
      parametersVersion: portfolio.parameters.version,
    },
  );

const readChange = (request: Request, portfolio: PortfolioView): Hypothetical => {
  bound('orders', request.orders, LIMITS.hypotheticalOrdersMax);
  bound('transfers', request.transfers, LIMITS.hypotheticalTransfersMax);
  bound('priceMoves', request.priceMoves, LIMITS.hypotheticalMovesMax);
  bound('volatilityMoves', request.volatilityMoves, LIMITS.hypotheticalMovesMax);
  const parameters = readParameters(request.parametersJson, portfolio);
  const volatilityMoves = request.volatilityMoves.map((move, n) =>
    readMove(move, `volatilityMoves[${n}]`, portfolio),
  );
  return {
    orders: request.orders.map((order, n) => readOrder(order, `orders[${n}]`, portfolio)),
    transfers: request.transfers.map((transfer, n) => readTransfer(transfer, `transfers[${n}]`, portfolio)),
    priceMoves: request.priceMoves.map((move, n) => readMove(move, `priceMoves[${n}]`, portfolio)),
    impliedMoves: volatilityMoves,
    volatilities: volatilityMoves.map(({ underlying, fraction }) => {
      const { model } = portfolio.kernel;
      const now = model.market.volatilityOf(model.catalogue.underlyings.indexOf(underlying));
      return { underlying, volatility: Math.min(100, now * (1 + fraction)) };
    }),
    ...(parameters === undefined ? {} : { parameters }),
  };
};

const readParameters = (json: string, portfolio: PortfolioView): RiskParameters | undefined => {
  if (json === '') return undefined;
  const { parameters, problems } = parseCellParameters(json);
  if (parameters === undefined) {
    const [{ field, message }] = problems;
    return refuse(invalid(field === 'parametersJson' ? field : `parametersJson.${field}`, message));
  }
  return effectiveParameters(
    parameters.margin,
    portfolio.reference.venues.values(),
    portfolio.rulebooks.ruleOf,
  );
};
