import type { Rejection } from '@plinth/eventing';
import { Book, bookFills, isRiskReducing, type HypotheticalOrder } from '@plinth/margin';
import { isRulebook, orderUnder, RULEBOOK_NAMES, type RulebookName } from '@plinth/margin/models';
import type { riskMessages } from '@plinth/messages';
import {
  equityText,
  marginUnder as judgeUnder,
  requirementText,
  type BookPlace,
  type MarginUnder,
  type PortfolioView,
} from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import type { RiskViews } from '../risk-views.ts';
import { invalid, isRejection, reading, refuse, refuseAccount } from './account-of.ts';
import { bound, readOrder, readTransfer } from './hypothetical.ts';

type Request = riskMessages.MarginUnderRequest;

export const marginUnder = (
  request: Request,
  { portfolio }: RiskViews,
): riskMessages.MarginUnderResponse | Rejection => {
  const { accountId } = request;
  const refusal = refuseAccount(portfolio, accountId);
  if (refusal !== undefined) return refusal;
  const models = reading(() => readModels(request.models));
  if (isRejection(models)) return models;
  const places = reading(() => placesOf(request, portfolio));
  if (isRejection(places)) return places;
  const { before, after, orders } = places;
  const reducesRisk =
    orders.length > 0 && isRiskReducing(portfolio.kernel, before.book, before.index, orders);
  return {
    accountId,
    models: judgeUnder(portfolio, after, models).map((judged) => ({
      ...textOf(judged),
      orderVerdict: orders.length === 0 ? '' : orderUnder(judged.requirement, reducesRisk),
    })),
    asOf: portfolio.position,
    marksRound: portfolio.marks.round,
  };
};

const readModels = (names: readonly string[]): readonly RulebookName[] => {
  bound('models', names, RULEBOOK_NAMES.length);
  if (names.length === 0) return RULEBOOK_NAMES;
  return names.map((name, n) =>
    isRulebook(name) ? name : refuse(invalid(`models[${n}]`, `Expected one of ${RULEBOOK_NAMES.join(', ')}`)),
  );
};

type Places = Readonly<{ before: BookPlace; after: BookPlace; orders: readonly HypotheticalOrder[] }>;

/**
 * The account where it stands, or apart from its book: after the hypothetical transfers, and after the orders
 * too.
 */
const placesOf = (request: Request, portfolio: PortfolioView): Places => {
  bound('orders', request.orders, LIMITS.hypotheticalOrdersMax);
  bound('transfers', request.transfers, LIMITS.hypotheticalTransfersMax);
  const transfers = request.transfers.map((transfer, n) =>
    readTransfer(transfer, `transfers[${n}]`, portfolio),
  );
  const orders = request.orders.map((order, n) => readOrder(order, `orders[${n}]`, portfolio));
  const before = portfolio.bookOf(
    request.accountId,
    transfers.map(({ asset, from, to, amount }) => ({
      asset,
      location: to ?? from ?? '',
      amount: to === undefined ? -amount : amount,
    })),
  );
  if (orders.length === 0) return { before, after: before, orders };
  const apart = new Book(portfolio.lines.catalogue);
  const index = apart.addAccount(request.accountId);
  apart.load(index, before.book.read(before.index));
  bookFills(apart, index, orders);
  return { before, after: { book: apart, index }, orders };
};

/** By the figures alone: what a venue with this rulebook would do. */
const stateOf = (equity: number, initial: number, maintenance: number): string => {
  if (equity < 0) return 'insolvent';
  if (equity < maintenance) return 'liquidation';
  return equity < initial ? 'restricted' : 'healthy';
};

const textOf = (judged: MarginUnder): Omit<riskMessages.RulebookMargin, 'orderVerdict'> => {
  const { model, evidence, parametersVersion, requirement, apart, refusal } = judged;
  const named = { model, evidence, parametersVersion };
  if (requirement === undefined) {
    const none = {
      equity: '',
      initialMargin: '',
      maintenanceMargin: '',
      apartInitial: '',
      apartMaintenance: '',
    };
    return { ...named, ...none, state: 'refused', refusal, binding: '' };
  }
  const { markToMarket, initial, maintenance, worst } = requirement;
  return {
    ...named,
    equity: equityText(markToMarket),
    initialMargin: requirementText(initial),
    maintenanceMargin: requirementText(maintenance),
    state: stateOf(markToMarket, initial, maintenance),
    refusal: '',
    binding: worst?.name ?? '',
    apartInitial: apart === undefined ? '' : requirementText(apart.initial),
    apartMaintenance: apart === undefined ? '' : requirementText(apart.maintenance),
  };
};
