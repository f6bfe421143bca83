import { marginWithOpenOrders } from '@plinth/margin';
import type { EventData } from '@plinth/messages';
import { assert, textToFloat } from '@plinth/money';
import type { Assessment, HypotheticalLeg, PortfolioView } from '@plinth/portfolio';
import type { OrderJudgement, Unjudged } from '../domain/approvals.ts';
import type { Reserved } from '../domain/margin-account.ts';
import { legOf, pushesAlike, restingLegs, venuesOf } from './open-order-terms.ts';
import { hasRoom, notLive } from './order-judge.ts';
import { poolsDry } from './pool-demand.ts';

type Placed = EventData<'OrderPlaced'>;
type Leg = Readonly<{ leg: HypotheticalLeg; isFull: boolean; venues: readonly string[] }>;

/** The judge of a product's order, bound to this position of the fold: all legs are filled together. */
export const bundleJudge = (portfolio: PortfolioView, orders: readonly Placed[], closedFor: string) => {
  const { position } = portfolio;
  return (reserved: Reserved): OrderJudgement | Unjudged => {
    assert(
      portfolio.position === position,
      'Expected the orders to be judged before the next event is folded',
    );
    return judge(portfolio, orders, reserved, closedFor);
  };
};

/** Where a leg may go: the first venue with room, or the first at all. */
const legAt = (portfolio: PortfolioView, order: Placed): Leg | undefined => {
  const venues = venuesOf(portfolio, order);
  const quantity = textToFloat(order.quantity);
  const legs = venues.flatMap((venueId) => legOf(portfolio, order, quantity, venueId) ?? []);
  const open = legs.find((leg) => hasRoom(portfolio, leg));
  const leg = open ?? legs[0];
  return leg && { leg, isFull: open === undefined, venues };
};

const judge = (
  portfolio: PortfolioView,
  orders: readonly Placed[],
  reserved: Reserved,
  closedFor: string,
): OrderJudgement | Unjudged => {
  if (!portfolio.isReady)
    return { unjudged: 'PARAMETERS_MISSING', message: 'Risk parameters are not set yet; ask an operator' };
  const found: Leg[] = [];
  for (const order of orders) {
    const leg = legAt(portfolio, order);
    if (leg === undefined)
      return {
        unjudged: 'UNKNOWN_INSTRUMENT',
        message: `No venue lists ${order.instrumentId} with a price; wait, or order other legs`,
      };
    found.push(leg);
  }
  const [first] = orders as readonly [Placed];
  const { accountId } = first;
  const legs = found.map(({ leg }) => leg);
  const own = new Set(orders.map(({ orderId }) => orderId));
  const others = new Set([...reserved.orders].filter((orderId) => !own.has(orderId)));
  const resting = restingLegs(portfolio, accountId, others);
  const worst = worstOf(portfolio, accountId, resting, legs);
  return {
    figuresAfter: portfolio.figures(worst),
    headroom: worst.equity - worst.figures.initial,
    closedFor,
    riskReducing: reduces(portfolio, accountId, resting, legs),
    notLive: notLive(portfolio, first, [...legs, ...resting]),
    venuesFull: found.flatMap(({ isFull, venues }) => (isFull ? venues : [])),
    poolsDry: legs.flatMap((leg) =>
      poolsDry(portfolio, accountId, [...resting, ...legs.filter((other) => other !== leg)], leg),
    ),
  };
};

/**
 * The legs together must reduce, alone and with all reserved orders that push like one of them. Legs that
 * only offset each other make no scenario's loss grow and reduce nothing: the requirement must not grow
 * either.
 */
const reduces = (
  portfolio: PortfolioView,
  accountId: string,
  resting: readonly HypotheticalLeg[],
  legs: readonly HypotheticalLeg[],
): boolean => {
  const alike = resting.filter((other) => legs.some((leg) => pushesAlike(portfolio, leg)(other)));
  return (
    portfolio.isRiskReducing(accountId, legs) &&
    portfolio.isRiskReducing(accountId, [...alike, ...legs]) &&
    portfolio.assess(accountId, { legs }).figures.initial <= portfolio.assess(accountId).figures.initial
  );
};

/**
 * All legs filled; beside them the reserved orders not at all, or on their worse side, whichever is worse.
 */
const worstOf = (
  portfolio: PortfolioView,
  accountId: string,
  resting: readonly HypotheticalLeg[],
  legs: readonly HypotheticalLeg[],
): Assessment => {
  const place = portfolio.bookOf(accountId);
  const filled = legs.map((leg) => portfolio.orderOf(leg));
  const alone = portfolio.assessOn(accountId, place, filled);
  if (resting.length === 0) return alone;
  const reserved = resting.map((leg) => portfolio.orderOf(leg));
  const margin = marginWithOpenOrders(portfolio.kernel, place.book, place.index, reserved);
  const beside = portfolio.assessOn(accountId, place, [...margin.worst, ...filled]);
  const slack = ({ equity, figures }: Assessment): number => equity - figures.initial;
  return slack(beside) < slack(alone) ? beside : alone;
};
