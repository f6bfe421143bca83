import type { Side } from '@plinth/market';
import type { ChildOrder } from '@plinth/messages';
import { addDecimal, decimalOf, formatDecimal, multiply, ZERO, type Decimal } from '@plinth/money';
import { netCash } from './bundle.ts';

export type PlannedLeg = Readonly<{
  split: Readonly<{ orderId: string; instrumentId: string; side: Side; quantity: string }>;
  contractSize: string;
  route: Readonly<{ children: readonly ChildOrder[]; reason: string }>;
}>;

const routedOf = (children: readonly ChildOrder[]): Decimal =>
  children.reduce((sum, { quantity }) => addDecimal(sum, decimalOf(quantity)), ZERO);

/** At the worst prices that the children carry. */
const notionalOf = (children: readonly ChildOrder[]): Decimal =>
  children.reduce(
    (sum, { quantity, limitPrice }) => addDecimal(sum, multiply(decimalOf(quantity), decimalOf(limitPrice))),
    ZERO,
  );

/**
 * Why a bundle is not sent as planned; undefined when it may go. Every leg must be filled whole by the books
 * as they were read, and the net price must hold even if every child trades at its own limit.
 */
export const bundleObjection = (
  bundle: Readonly<{ side: Side; quantity: string; limitPrice: string }>,
  legs: readonly PlannedLeg[],
): string | undefined => {
  for (const { split, route } of legs) {
    const routed = routedOf(route.children);
    if (routed.eq(decimalOf(split.quantity))) continue;
    const why = route.reason === '' ? '' : ` (${route.reason})`;
    return `the books have ${formatDecimal(routed)} of ${split.quantity} ${split.instrumentId}${why}`;
  }
  if (bundle.limitPrice === '') return undefined;
  const cash = netCash(
    bundle.side,
    legs.map(({ split, contractSize, route }) => ({
      side: split.side,
      contractSize,
      notional: notionalOf(route.children),
    })),
  );
  const limit = multiply(decimalOf(bundle.limitPrice), decimalOf(bundle.quantity));
  const isWithin = bundle.side === 'buy' ? cash.lte(limit) : cash.gte(limit);
  return isWithin ? undefined : `the net price would be worse than ${bundle.limitPrice}`;
};
