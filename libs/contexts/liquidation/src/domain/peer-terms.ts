import { assert } from '@plinth/money';

/**
 * Terms on which peers liquidate. `closeFactor` is a policy here (`policies/close-factor.ts`); the others
 * sell to outsiders, which no cell does, and are checked by the conformance run. Amounts and prices in one
 * unit of account.
 */

const checkFrom = (field: string, value: number, least: number): void =>
  assert(
    Number.isFinite(value) && value >= least,
    () => `Expected ${field} of at least ${least}, was ${value}`,
  );
const checkShare = (field: string, value: number): void =>
  assert(value >= 0 && value <= 1, () => `Expected ${field} from 0 to 1, was ${value}`);

/**
 * Compound III: collateral that the protocol sells for an amount of its base coin: amount / (price · (1 −
 * storefront · (1 − liquidation factor))).
 */
export const storefrontQuote = (
  baseAmount: number,
  price: number,
  liquidationFactor: number,
  storefrontFactor: number,
): number => {
  checkFrom('baseAmount', baseAmount, 0);
  checkFrom('price', price, Number.MIN_VALUE);
  checkShare('liquidationFactor', liquidationFactor);
  checkShare('storefrontFactor', storefrontFactor);
  const discounted = price * (1 - storefrontFactor * (1 - liquidationFactor));
  assert(discounted > 0, () => `Expected a discount below the whole price, was ${price - discounted}`);
  return baseAmount / discounted;
};

export type HealthDiscount = Readonly<{ discount: number; repayMax: number; collateralOut: number }>;

/**
 * Euler: the discount is 1 − health, at most `discountMax`; the liquidator repays up to the debt and takes
 * repay / (1 − discount) in collateral, or all of it for collateral · price · (1 − discount). Nothing while
 * health is above 1.
 */
export const healthDiscount = (at: {
  readonly collateral: number;
  readonly price: number;
  readonly liquidationLtv: number;
  readonly debt: number;
  readonly discountMax: number;
}): HealthDiscount => {
  const { collateral, price, liquidationLtv, debt, discountMax } = at;
  checkFrom('collateral', collateral, 0);
  checkFrom('price', price, 0);
  checkFrom('debt', debt, 0);
  checkShare('liquidationLtv', liquidationLtv);
  checkShare('discountMax', discountMax);
  assert(discountMax < 1, () => `Expected discountMax below 1, was ${discountMax}`);
  const value = collateral * price;
  const weighted = value * liquidationLtv;
  if (debt === 0 || weighted > debt) return { discount: 0, repayMax: 0, collateralOut: 0 };
  const paid = Math.max(1 - discountMax, weighted / debt);
  return debt / paid <= value
    ? { discount: 1 - paid, repayMax: debt, collateralOut: debt / paid / price }
    : { discount: 1 - paid, repayMax: value * paid, collateralOut: collateral };
};

/** Below this health a whole debt may be repaid, and so may one whose collateral or debt is small. */
const CLOSE_ALL_HEALTH = 0.95;
const CLOSE_ALL_BELOW = 2_000;

/**
 * Aave v3.3: the share of a debt that one liquidation may repay; 0 from health 1 on. Values in USD, of this
 * pair alone.
 */
export const closeFactor = (health: number, collateralUsd: number, debtUsd: number): number => {
  checkFrom('health', health, 0);
  checkFrom('collateralUsd', collateralUsd, 0);
  checkFrom('debtUsd', debtUsd, 0);
  if (health >= 1) return 0;
  const isWhole = health <= CLOSE_ALL_HEALTH || collateralUsd < CLOSE_ALL_BELOW || debtUsd < CLOSE_ALL_BELOW;
  return isWhole ? 1 : 0.5;
};

/**
 * Hyperliquid: who is deleveraged first: (mark / entry) · (notional / account value), of a long; higher goes
 * first.
 */
export const deleveragingIndex = (
  mark: number,
  entry: number,
  notional: number,
  accountValue: number,
): number => {
  checkFrom('mark', mark, 0);
  checkFrom('entry', entry, Number.MIN_VALUE);
  checkFrom('notional', notional, 0);
  checkFrom('accountValue', accountValue, Number.MIN_VALUE);
  return (mark / entry) * (notional / accountValue);
};
