import { feePerUnit, type Side } from '@plinth/market';
import type { ChildOrder } from '@plinth/messages';
import {
  ZERO,
  addDecimal,
  decimalOf,
  decimalToFloat,
  floatToText,
  formatDecimal,
  minDecimal,
  roundToStep,
  subtractDecimal,
} from '@plinth/money';
import type { Decimal } from '@plinth/money';
import type { Split } from './best-split.ts';
import { bestSingleVenue, bestSplit } from './best-split.ts';
import type { PreparedSplit, SplitPart, VenueBook, VenueTerms } from './books.ts';
import { costAgainst, onTick, partsOf, prepareSplit } from './books.ts';
import { LIMITS } from './limits.ts';
import type { OrderCommand } from './order.ts';

/** One split of what is unfilled of an order. */
export type SplitRequest = Readonly<{
  orderId: string;
  instrumentId: string;
  side: Side;
  /** What is still unfilled. */
  quantity: string;
  worstPrice: string;
  arrivalPrice: string;
  contractSize: string;
  timeInForce: string;
  attempt: number;
  isLast: boolean;
  /** Number of the first child. */
  firstChild: number;
}>;

type Part = Readonly<{ venueId: string; quantity: Decimal; limitPrice: string; expectedCost: number }>;

/**
 * What to send where. IOC children carry the worst price that the split used at their venue, so that a book
 * which moved away is split again rather than chased; the last split allows the order's own worst price. Of
 * a resting order the part that trades at once is split, and the rest waits at the venue with the lowest
 * maker fee.
 */
export const planRoute = (
  request: SplitRequest,
  books: readonly VenueBook[],
  leftOut: readonly string[],
): Extract<OrderCommand, { kind: 'route' }> => {
  const prepared = prepareSplit({ ...request, books });
  const split = bestSplit(prepared.problem);
  const arrival = decimalToFloat(decimalOf(request.arrivalPrice));
  const taking = partsOf(prepared, split, arrival).map((part) => takingPart(request, prepared, part));
  const isResting = request.timeInForce === 'gtc';
  const parts = isResting ? withResting(request, books, taking) : taking;
  const routed = parts.reduce((sum, { quantity }) => addDecimal(sum, quantity), ZERO);
  const reasons = [...leftOut];
  if (routed.lt(decimalOf(request.quantity))) reasons.unshift('the books within the worst price had no more');
  return {
    kind: 'route',
    attempt: request.attempt,
    children: parts.map((part, n) => childOf(request, part, n)),
    bestSingleVenueCost: singleCost(prepared, split, arrival),
    reason: reasons.join('; ').slice(0, LIMITS.reasonCharsMax),
  };
};

const takingPart = (request: SplitRequest, prepared: PreparedSplit, part: SplitPart): Part => {
  const { listing } = prepared.venues.find(({ venueId }) => venueId === part.venueId) as VenueTerms;
  const isOpenLimit = request.isLast || request.timeInForce === 'gtc';
  const price = isOpenLimit && request.worstPrice !== '' ? request.worstPrice : part.worstPrice;
  return {
    venueId: part.venueId,
    quantity: decimalOf(part.quantity),
    limitPrice: onTick(price, listing.tick, request.side),
    expectedCost: part.expectedCost,
  };
};

const childOf = (request: SplitRequest, part: Part, n: number): ChildOrder => ({
  childId: `${request.orderId}.${request.firstChild + n}`,
  venueId: part.venueId,
  quantity: formatDecimal(part.quantity),
  limitPrice: part.limitPrice,
  expectedCost: floatToText(part.expectedCost),
  timeInForce: request.timeInForce,
});

/** Fees included, against the arrival price; empty when no single venue could take what was split. */
const singleCost = (prepared: PreparedSplit, split: Split, arrival: number): string => {
  if (split.filled === 0) return '0';
  const single = bestSingleVenue(prepared.problem, split.filled);
  return single === undefined ? '' : floatToText(costAgainst(prepared, single.cost, split.filled, arrival));
};

/** Adds what no book takes at once to the venue where resting costs least. */
const withResting = (
  request: SplitRequest,
  books: readonly VenueBook[],
  taking: readonly Part[],
): readonly Part[] => {
  const taken = taking.reduce((sum, { quantity }) => addDecimal(sum, quantity), ZERO);
  const left = subtractDecimal(decimalOf(request.quantity), taken);
  if (left.lte(ZERO)) return taking;
  const limit = decimalToFloat(decimalOf(request.worstPrice));
  const feeOf = ({ terms }: VenueBook): number => feePerUnit(limit, terms.makerFeePpm, terms.optionFee);
  const byFee = [...books].sort((a, b) => feeOf(a) - feeOf(b));
  for (const { terms } of byFee) {
    const here = taking.find(({ venueId }) => venueId === terms.venueId);
    const rest = restingQuantity(terms, left, here?.quantity ?? ZERO);
    if (rest.eq(ZERO)) continue;
    const { venueId } = terms;
    const limitPrice = onTick(request.worstPrice, terms.listing.tick, request.side);
    const merged: Part = {
      venueId,
      limitPrice,
      quantity: addDecimal(rest, here?.quantity ?? ZERO),
      expectedCost: here?.expectedCost ?? 0,
    };
    return here === undefined ? [...taking, merged] : taking.map((part) => (part === here ? merged : part));
  }
  return taking;
};

/** Whole lots that a venue takes of the rest, within its capacity; zero when they are below its minimum. */
const restingQuantity = (terms: VenueTerms, left: Decimal, taken: Decimal): Decimal => {
  const lot = decimalOf(terms.listing.lot);
  const room =
    terms.capacity === Infinity
      ? left
      : subtractDecimal(decimalOf(floatToText(terms.capacity, 8, 'floor')), taken);
  const rest = roundToStep(minDecimal(left, room), lot, 'floor');
  const isEnough = rest.gt(ZERO) && addDecimal(rest, taken).gte(decimalOf(terms.listing.minQuantity));
  return isEnough ? rest : ZERO;
};
