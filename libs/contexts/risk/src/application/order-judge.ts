import { isRiskReducing, marginWithOpenOrders, type HypotheticalOrder } from '@plinth/margin';
import { indexOf, NUMERAIRE, venueLocation } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { assert, textToFloat } from '@plinth/money';
import {
  dependenciesOf,
  objectionable,
  type Assessment,
  type HypotheticalLeg,
  type PortfolioView,
} from '@plinth/portfolio';
import type { OrderJudgement, Unjudged } from '../domain/approvals.ts';
import type { Reserved } from '../domain/margin-account.ts';
import { legOf, pushesAlike, restingLegs, venuesOf } from './open-order-terms.ts';
import { poolsDry } from './pool-demand.ts';

type Placed = EventData<'OrderPlaced'>;

/** The judge of one order, bound to this position of the fold. */
export const orderJudge = (portfolio: PortfolioView, order: Placed, closedFor: string) => {
  const { position } = portfolio;
  return (reserved: Reserved): OrderJudgement | Unjudged => {
    assert(
      portfolio.position === position,
      'Expected the order to be judged before the next event is folded',
    );
    return judge(portfolio, order, reserved, closedFor);
  };
};

const judge = (
  portfolio: PortfolioView,
  order: Placed,
  reserved: Reserved,
  closedFor: string,
): OrderJudgement | Unjudged => {
  if (!portfolio.isReady)
    return { unjudged: 'PARAMETERS_MISSING', message: 'Risk parameters are not set yet; ask an operator' };
  const quantity = textToFloat(order.quantity);
  const venues = venuesOf(portfolio, order);
  const legs = venues.flatMap((venueId) => legOf(portfolio, order, quantity, venueId) ?? []);
  const [first] = legs;
  if (first === undefined)
    return {
      unjudged: 'UNKNOWN_INSTRUMENT',
      message: `No venue of the order lists ${order.instrumentId} with a price; choose another venue or wait`,
    };
  const resting = restingLegs(portfolio, order.accountId, reserved.orders, order.orderId);
  const riskReducing = reduces(portfolio, order.accountId, resting, first);
  const open = legs.filter((leg) => hasRoom(portfolio, leg));
  const worst = worstOf(portfolio, order.accountId, resting, open.length > 0 ? open : [first]);
  return {
    figuresAfter: portfolio.figures(worst),
    headroom: worst.equity - worst.figures.initial,
    riskReducing,
    closedFor,
    notLive: notLive(portfolio, order, resting),
    venuesFull: open.length > 0 ? [] : venues,
    poolsDry: poolsDry(portfolio, order.accountId, resting, first),
  };
};

/** By itself it must reduce, and together with all reserved orders that push the same way. */
const reduces = (
  portfolio: PortfolioView,
  accountId: string,
  resting: readonly HypotheticalLeg[],
  leg: HypotheticalLeg,
): boolean => {
  const { book, kernel } = portfolio;
  const index = book.accountIndex(accountId);
  const alike = resting.filter(pushesAlike(portfolio, leg));
  const order = portfolio.orderOf(leg);
  if (!isRiskReducing(kernel, book, index, [order])) return false;
  if (alike.length === 0) return true;
  return isRiskReducing(kernel, book, index, [...alike.map((other) => portfolio.orderOf(other)), order]);
};

/**
 * The figures at the worst of what may fill: every open venue for the order, each reserved order on its worse
 * side.
 */
const worstOf = (
  portfolio: PortfolioView,
  accountId: string,
  resting: readonly HypotheticalLeg[],
  legs: readonly HypotheticalLeg[],
): Assessment => {
  const { kernel } = portfolio;
  const place = portfolio.bookOf(accountId);
  const { book, index } = place;
  const reserved = resting.map((leg) => portfolio.orderOf(leg));
  let worst: readonly HypotheticalOrder[] = [];
  let least = Infinity;
  for (const leg of legs) {
    const margin = marginWithOpenOrders(kernel, book, index, [...reserved, portfolio.orderOf(leg)]);
    if (margin.initialSlack < least) {
      least = margin.initialSlack;
      worst = margin.worst;
    }
  }
  return portfolio.assessOn(accountId, place, worst);
};

/**
 * What must be live to open risk: all that the account's figures are made of, and all that the orders add to
 * it.
 */
export const notLive = (
  portfolio: PortfolioView,
  order: Placed,
  resting: readonly HypotheticalLeg[],
): readonly string[] => {
  const ids = new Set(dependenciesOf(portfolio, portfolio.contentOf(order.accountId)));
  for (const { instrumentId } of [order, ...resting]) {
    const { kind, underlying, quoteAsset } = portfolio.reference.instrument(instrumentId);
    // A spot pair is margined by its two assets; a contract by its own mark.
    const assets = kind === 'spot' ? [underlying, quoteAsset] : [quoteAsset];
    if (kind !== 'spot') ids.add(instrumentId);
    for (const asset of assets) if (asset !== NUMERAIRE) ids.add(indexOf(asset));
  }
  return objectionable(portfolio, [...ids].sort(), 'open-risk');
};

/**
 * May the broker have more there? What clients have at the venue, and what the venue will require for the
 * order, stay within its credit limit; a venue that is not up takes no new risk.
 */
export const hasRoom = (portfolio: PortfolioView, leg: HypotheticalLeg): boolean => {
  const venue = portfolio.reference.venues.get(leg.venueId);
  if (venue === undefined || venue.state !== 'up') return false;
  const { kind } = portfolio.reference.instrument(leg.instrumentId);
  // A venue asks nothing for what is paid for: a purchase of coins, or of an option.
  const isPaid = kind === 'spot' || (kind === 'option' && leg.side === 'buy');
  const required = isPaid ? 0 : (notionalOf(portfolio, leg) * venue.requirementPpm) / 1e6;
  return (
    portfolio.standingAt(venueLocation(venue.id)) + required <= textToFloat(venue.creditLimit, 'creditLimit')
  );
};

const notionalOf = (portfolio: PortfolioView, leg: HypotheticalLeg): number => {
  const instrument = portfolio.reference.instrument(leg.instrumentId);
  if (instrument.kind === 'option') {
    const perUnderlying = portfolio.marks.ofAsset(instrument.underlying)?.price ?? 0;
    return leg.quantity * textToFloat(instrument.contractSize) * perUnderlying;
  }
  const size = leg.quantity * textToFloat(instrument.contractSize);
  const settled = portfolio.marks.ofAsset(instrument.quoteAsset)?.price ?? 0;
  const price = leg.price ?? 0;
  return instrument.inverse ? (size / price) * settled : size * price * settled;
};
