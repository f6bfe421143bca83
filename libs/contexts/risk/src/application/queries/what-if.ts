import { reject, type Rejection } from '@plinth/eventing';
import {
  FIGURES,
  isRiskReducing,
  nextSeverity,
  severityOf,
  stateOf,
  whatIf as suppose,
  type Hypothetical,
  type HypotheticalOrder,
  type MarginReport,
  type RiskParameters,
} from '@plinth/margin';
import { isId, SIGN } from '@plinth/market';
import type { MarginFigures, riskMessages } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import {
  effectiveParameters,
  lineOf,
  marginFigures,
  parseCellParameters,
  type PortfolioView,
} from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import type { MarginAccount } from '../../domain/margin-account.ts';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection, reading, refuse, refuseAccount } from './account-of.ts';
import { verdictOf } from './verdict.ts';

type Request = riskMessages.WhatIfRequest;

export const whatIf = (request: Request, views: RiskViews): riskMessages.WhatIfResponse | Rejection => {
  const { portfolio, accounts } = views;
  const { accountId } = request;
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const change = reading(() => readChange(request, portfolio));
  if (isRejection(change)) return change;
  const { book, kernel } = portfolio;
  const index = book.accountIndex(accountId);
  const account = accounts.of(accountId);
  const report = suppose(kernel, book, index, change);
  const orders = change.orders ?? [];
  return {
    accountId,
    stateBefore: account.state,
    stateAfter: stateAfter(account, report, change.parameters ?? portfolio.marginParameters),
    before: portfolio.figures(portfolio.assess(accountId)),
    after: figuresOf(portfolio, report),
    riskReducing: orders.length > 0 && isRiskReducing(kernel, book, index, orders),
    verdict: isOrdersAlone(request) ? verdictOf(portfolio, accountId, account, orders) : '',
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

const figuresOf = (portfolio: PortfolioView, report: MarginReport): MarginFigures =>
  marginFigures(
    { ...report, bindingScenario: report.binding.all },
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
  return {
    orders: request.orders.map((order, n) => readOrder(order, `orders[${n}]`, portfolio)),
    transfers: request.transfers.map((transfer, n) => readTransfer(transfer, `transfers[${n}]`, portfolio)),
    priceMoves: request.priceMoves.map((move, n) => readMove(move, `priceMoves[${n}]`, portfolio)),
    volatilities: request.volatilityMoves.map((move, n) => {
      const { underlying, fraction } = readMove(move, `volatilityMoves[${n}]`, portfolio);
      const { model } = portfolio.kernel;
      const now = model.market.volatilityOf(model.catalogue.underlyings.indexOf(underlying));
      return { underlying, volatility: Math.min(100, now * (1 + fraction)) };
    }),
    ...(parameters === undefined ? {} : { parameters }),
  };
};

const bound = (field: string, list: readonly unknown[], max: number): void => {
  if (list.length > max) refuse(invalid(field, `Expected at most ${max}, was ${list.length}`));
};

const missing = (field: string, what: string): never =>
  refuse(reject('NOT_FOUND', `${field}: Expected ${what}`, { field, reason: 'missing' }));

const readOrder = (
  order: riskMessages.HypotheticalOrder,
  field: string,
  { reference, lines }: PortfolioView,
): HypotheticalOrder => {
  const { instrumentId, side, quantity, price } = order;
  if (!isId('instrument', instrumentId))
    refuse(invalid(`${field}.instrumentId`, 'Expected an instrument id'));
  if (side !== 'buy' && side !== 'sell') return refuse(invalid(`${field}.side`, 'Expected buy or sell'));
  const listing = [...reference.venues.keys()].find((id) => lines.has(instrumentId, id));
  const venueId = order.venueId === '' ? listing : order.venueId;
  if (venueId === undefined || !lines.has(instrumentId, venueId))
    return missing(`${field}.instrumentId`, 'an instrument that the venue lists');
  const units = positive(quantity, `${field}.quantity`);
  const at = price === '' ? lines.priceOf(instrumentId) : positive(price, `${field}.price`);
  if (at === undefined) return missing(`${field}.price`, 'a price, for the instrument has no mark');
  return { instrument: lineOf(instrumentId, venueId), quantity: SIGN[side] * units, price: at };
};

const positive = (text: string, field: string): number => {
  const value = textToFloat(text, field);
  return value > 0 ? value : refuse(invalid(field, 'Expected more than 0'));
};

const readTransfer = (
  { asset, amount, location }: riskMessages.HypotheticalTransfer,
  field: string,
  { reference, lines }: PortfolioView,
) => {
  if (!reference.assets.has(asset)) missing(`${field}.asset`, 'a listed asset');
  if (!isId('location', location) || lines.catalogue.locations.find(location) === undefined)
    missing(`${field}.location`, 'a venue, or a vault that has been used');
  const value = textToFloat(amount, `${field}.amount`);
  return value < 0 ? { asset, from: location, amount: -value } : { asset, to: location, amount: value };
};

const readMove = (
  { underlying, move }: riskMessages.UnderlyingMove,
  field: string,
  { lines }: PortfolioView,
): Readonly<{ underlying: string; fraction: number }> => {
  if (lines.catalogue.underlyings.find(underlying) === undefined)
    missing(`${field}.underlying`, 'a listed asset whose price moves');
  const fraction = textToFloat(move, `${field}.move`);
  if (!(fraction > -1 && fraction <= 100))
    refuse(invalid(`${field}.move`, 'Expected more than -1 and at most 100'));
  return { underlying, fraction };
};

const readParameters = (json: string, portfolio: PortfolioView): RiskParameters | undefined => {
  if (json === '') return undefined;
  const { parameters, problems } = parseCellParameters(json);
  if (parameters === undefined) {
    const [{ field, message }] = problems;
    return refuse(invalid(field === 'parametersJson' ? field : `parametersJson.${field}`, message));
  }
  return effectiveParameters(parameters.margin, portfolio.reference.venues.values());
};
