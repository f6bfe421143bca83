import { SIGN, feePerUnit, optionFeeOf, type Side } from '@plinth/market';
import type { EventData } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import type { HypotheticalLeg, PortfolioView } from '@plinth/portfolio';
import type { OpenOrder } from '@plinth/views';

type Placed = EventData<'OrderPlaced'>;

/** Venues where an order may go and where its instrument is margined, in the order named or registered. */
export const venuesOf = (portfolio: PortfolioView, order: Placed): readonly string[] => {
  const { lines, reference } = portfolio;
  const asked = order.venues.length > 0 ? order.venues : [...reference.venues.keys()];
  return asked.filter((venueId) => {
    const isListed = reference.venues.get(venueId)?.listings.has(order.instrumentId) ?? false;
    return isListed && lines.has(order.instrumentId, venueId);
  });
};

/**
 * What is left of an order, filled at a venue at its worst: never better than the mark, at its limit when
 * that is worse, the taker's fee paid. Undefined when the instrument has no price.
 */
export const legOf = (
  portfolio: PortfolioView,
  order: Placed,
  remaining: number,
  venueId: string,
): HypotheticalLeg | undefined => {
  const mark = portfolio.lines.priceOf(order.instrumentId);
  if (mark === undefined) return undefined;
  const bound = order.limitPrice === '' ? order.arrivalPrice : order.limitPrice;
  const limit = bound === '' ? mark : textToFloat(bound);
  const side: Side = order.side === 'buy' ? 'buy' : 'sell';
  const worst = side === 'buy' ? Math.max(mark, limit) : Math.min(mark, limit);
  const price = worst + SIGN[side] * feeAt(portfolio, order.instrumentId, venueId, worst);
  return { instrumentId: order.instrumentId, venueId, side, quantity: remaining, price };
};

/** The taker's fee per unit, in the asset of the price; a rebate is not counted on. */
const feeAt = (portfolio: PortfolioView, instrumentId: string, venueId: string, price: number): number => {
  const { reference, marks } = portfolio;
  const venue = reference.venues.get(venueId);
  if (venue === undefined) return 0;
  const { kind, underlying, quoteAsset } = reference.instrument(instrumentId);
  const [index, quote] = [underlying, quoteAsset].map((asset) => marks.ofAsset(asset)?.price);
  const option = optionFeeOf(kind, venue.optionFeeCapPpm, index, quote);
  return feePerUnit(price, Math.max(0, venue.takerFeePpm), option);
};

/**
 * What a reserved order may still fill, at the venue where it was sent, or else the first where it may go.
 */
export const restingLeg = (portfolio: PortfolioView, order: OpenOrder): HypotheticalLeg | undefined => {
  const { placed, filled, children } = order;
  const remaining = textToFloat(placed.quantity) - textToFloat(filled);
  const [child] = children.values();
  const venueId = child?.venueId ?? venuesOf(portfolio, placed)[0];
  if (remaining <= 0 || venueId === undefined || !portfolio.lines.has(placed.instrumentId, venueId))
    return undefined;
  return legOf(portfolio, placed, remaining, venueId);
};

/** The reserved orders of an account as legs, but for one. */
export const restingLegs = (
  portfolio: PortfolioView,
  accountId: string,
  reserved: ReadonlySet<string>,
  except = '',
): readonly HypotheticalLeg[] =>
  portfolio.orders.of(accountId).flatMap((order) => {
    const { orderId } = order.placed;
    if (!reserved.has(orderId) || orderId === except) return [];
    return restingLeg(portfolio, order) ?? [];
  });

/** Same direction on the same underlying: two orders may each reduce risk and together overshoot. */
export const pushesAlike =
  (portfolio: PortfolioView, leg: HypotheticalLeg) =>
  (other: HypotheticalLeg): boolean =>
    gainsFromRise(portfolio, other) === gainsFromRise(portfolio, leg) &&
    portfolio.reference.instrument(other.instrumentId).underlying ===
      portfolio.reference.instrument(leg.instrumentId).underlying;

/** Buying does, but for a put. */
const gainsFromRise = ({ reference }: PortfolioView, { instrumentId, side }: HypotheticalLeg): boolean => {
  const { kind, optionType } = reference.instrument(instrumentId);
  return (side === 'buy') !== (kind === 'option' && optionType === 'put');
};
