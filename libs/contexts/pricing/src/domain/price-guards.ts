import type { PriceRule } from '@plinth/messages';
import { distance, priceUnits } from './price-units.ts';
import type { Limited } from './speed-limit.ts';

export type BindingGuard = 'floor' | 'cap';

/**
 * Which of the rule's bounds the sources stand beyond. A bound that binds is a bound that may be wrong: a
 * feed stuck at its floor has lent against a coin worth a tenth of it, and a stale cap has liquidated the
 * healthy.
 */
export const bindingGuard = (
  { floorPrice, capPrice }: Pick<PriceRule, 'floorPrice' | 'capPrice'>,
  price: bigint,
): BindingGuard | undefined => {
  if (floorPrice !== '' && price < priceUnits(floorPrice, 'floorPrice')) return 'floor';
  return capPrice !== '' && price > priceUnits(capPrice, 'capPrice') ? 'cap' : undefined;
};

/**
 * Holds a price at the bound that it is beyond. It is guarded then, so that nobody opens risk, borrows,
 * withdraws or is liquidated by it, and its confidence reaches over to where the sources stand.
 */
export const holdAtBounds = (
  rule: Pick<PriceRule, 'floorPrice' | 'capPrice'>,
  centre: bigint,
  limited: Limited,
): Limited => {
  const guard = bindingGuard(rule, limited.price) ?? bindingGuard(rule, centre);
  if (guard === undefined) return limited;
  const bound = priceUnits(guard === 'floor' ? rule.floorPrice : rule.capPrice, guard);
  const { price, confidence } = limited;
  const isBeyond = guard === 'floor' ? price < bound : price > bound;
  if (!isBeyond) return { ...limited, guarded: true };
  return { ...limited, price: bound, confidence: confidence + distance(price, bound), guarded: true };
};
