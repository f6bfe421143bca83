import { reject, type Decider } from '@plinth/eventing';
import { SIGN, type Side } from '@plinth/market';
import type { BundleLeg, EventData } from '@plinth/messages';
import {
  addDecimal,
  decimalOf,
  divide,
  formatDecimal,
  minDecimal,
  multiply,
  negateDecimal,
  ZERO,
  type Decimal,
} from '@plinth/money';

export type BundleState = 'none' | 'open' | 'closed';

export type BundleCommand =
  | Readonly<{ kind: 'place'; placed: EventData<'BundlePlaced'> }>
  | Readonly<{ kind: 'close'; closed: EventData<'BundleClosed'> }>;

/** Stream bundle-{bundle}: an order of a product, from its placing to the end of its last leg. */
export const bundleDecider: Decider<
  BundleState,
  BundleCommand,
  'BundlePlaced' | 'BundleClosed',
  'ORDER_EXISTS'
> = {
  initialState: () => 'none',
  decide: (command, state) => {
    if (command.kind === 'close')
      return state === 'open' ? [{ type: 'BundleClosed', data: command.closed }] : [];
    return state === 'none'
      ? [{ type: 'BundlePlaced', data: command.placed }]
      : reject(
          'ORDER_EXISTS',
          `Expected a new order id, was ${command.placed.bundleId} again: choose another`,
          {
            field: 'order_id',
            reason: 'exists',
          },
        );
  },
  evolve: (_, event) => (event.type === 'BundlePlaced' ? 'open' : 'closed'),
};

/** How one leg ended. */
export type LegEnd = Readonly<{
  leg: BundleLeg;
  outcome: string;
  reason: string;
  filled: Decimal;
  /** Empty without a fill. */
  averagePrice: string;
  contractSize: string;
}>;

/** Decimals of whole bundles, and of a net price that is a quotient. */
const QUANTITY_DIGITS = 8;
const PRICE_DIGITS = 12;

const bundlesOf = (placed: EventData<'BundlePlaced'>, { leg, filled }: LegEnd): Decimal =>
  divide(multiply(filled, decimalOf(placed.quantity)), decimalOf(leg.quantity), QUANTITY_DIGITS, 'floor')
    .quotient;

/** Σ side · contract size · quantity · price of some trades in legs: what a buyer of the bundle pays. */
export const netCash = (
  side: Side,
  legs: readonly Readonly<{ side: string; contractSize: string; notional: Decimal }>[],
): Decimal => {
  const paid = legs.reduce((sum, leg) => {
    const cash = multiply(leg.notional, decimalOf(leg.contractSize));
    return addDecimal(sum, SIGN[leg.side as Side] > 0 ? cash : negateDecimal(cash));
  }, ZERO);
  return SIGN[side] > 0 ? paid : negateDecimal(paid);
};

const netPrice = (placed: EventData<'BundlePlaced'>, ends: readonly LegEnd[], bundles: Decimal): string => {
  const legs = ends.map(({ leg, filled, averagePrice, contractSize }) => ({
    side: leg.side,
    contractSize,
    notional: multiply(filled, decimalOf(averagePrice)),
  }));
  const cash = netCash(placed.side as Side, legs);
  return formatDecimal(divide(cash, bundles, PRICE_DIGITS, 'half-away').quotient);
};

/**
 * What the bundle came to. Filled legs stand, alike or not: nothing is undone, because undoing would trade at
 * prices that nobody agreed to.
 */
export const bundleEnd = (
  placed: EventData<'BundlePlaced'>,
  ends: readonly LegEnd[],
): EventData<'BundleClosed'> => {
  const bundles = ends.map((end) => bundlesOf(placed, end));
  const whole = bundles.reduce((a, b) => minDecimal(a, b));
  const base = {
    bundleId: placed.bundleId,
    accountId: placed.accountId,
    filledQuantity: formatDecimal(whole),
    legs: ends.map(({ leg, filled, averagePrice }) => ({
      orderId: leg.orderId,
      instrumentId: leg.instrumentId,
      filledQuantity: formatDecimal(filled),
      averagePrice,
    })),
  };
  const failed = ends.find(({ outcome }) => outcome !== 'filled');
  const isAlike = whole.gt(ZERO) && bundles.every((each) => each.eq(whole));
  const net = isAlike ? netPrice(placed, ends, whole) : '';
  if (failed === undefined) return { ...base, outcome: 'filled', reason: '', netPrice: net };
  if (ends.every(({ filled }) => filled.eq(ZERO)))
    return { ...base, outcome: failed.outcome, reason: failed.reason, netPrice: '' };
  const reason = `${failed.leg.orderId} ${failed.outcome}: what was filled of the legs stands`;
  return { ...base, outcome: 'partial', reason, netPrice: net };
};
