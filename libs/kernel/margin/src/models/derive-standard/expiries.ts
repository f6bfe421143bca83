import { blackValue } from '@plinth/options';
import { expiryMarket, SECONDS_PER_YEAR, volatilityOf, type UnderlyingMarket } from '../market.ts';
import type { OptionHolding } from '../portfolio.ts';
import type { StandardOptionTerms } from './parameters.ts';

/** A figure for initial margin and one for maintenance. Negative: what the account has to hold. */
export type Both = Readonly<{ initial: number; maintenance: number }>;

/** One expiry of one market. */
export type StandardExpiry = Readonly<{
  value: number;
  /** Sum of what each short option asks for by itself. */
  isolated: Both;
  /** Lowest payoff at any price, with the charge for calls that nothing covers. */
  bounded: Both;
  /** The better of both for the account, never above 0. */
  margin: Both;
  shortSize: number;
  /** Lowest confidence of the forward and the volatilities. */
  confidence: number;
}>;

export const standardExpiries = (
  options: readonly OptionHolding[],
  market: UnderlyingMarket,
  terms: StandardOptionTerms,
): readonly StandardExpiry[] => {
  const groups = new Map<number, OptionHolding[]>();
  for (const option of options) {
    const group = groups.get(option.secondsToExpiry);
    if (group) group.push(option);
    else groups.set(option.secondsToExpiry, [option]);
  }
  return [...groups.values()].map((group) => standardExpiry(group, market, terms));
};

const standardExpiry = (
  options: readonly OptionHolding[],
  market: UnderlyingMarket,
  terms: StandardOptionTerms,
): StandardExpiry => {
  const expiry = expiryMarket(market, options[0]!);
  const root = Math.sqrt(expiry.secondsToExpiry / SECONDS_PER_YEAR);
  let [value, initial, maintenance, netCalls, shortSize] = [0, 0, 0, 0, 0];
  for (const option of options) {
    const { isCall, strike, size } = option;
    // This rulebook does not discount.
    const worth = size * blackValue(isCall, expiry.forward, strike, volatilityOf(expiry, option) * root);
    value += worth;
    if (isCall) netCalls += size;
    if (size >= 0) continue;
    shortSize -= size;
    const alone = isCall
      ? shortCall(option, worth, market.spot.price, terms)
      : shortPut(option, worth, market.spot.price, terms);
    initial += alone.initial;
    maintenance += alone.maintenance;
  }
  const lowest = lowestPayoff(options);
  const unpaired = Math.min(0, netCalls) * expiry.forward;
  const bounded: Both = {
    initial: lowest + unpaired * terms.unpairedInitial,
    maintenance: lowest + unpaired * terms.unpairedMaintenance,
  };
  // A payoff above 0 offsets nothing.
  const surplus = Math.max(0, lowest);
  return {
    value,
    isolated: { initial, maintenance },
    bounded,
    margin: {
      initial: Math.max(initial, bounded.initial - surplus),
      maintenance: Math.max(maintenance, bounded.maintenance - surplus),
    },
    shortSize,
    confidence: Math.min(expiry.forwardConfidence, expiry.volatilityConfidence),
  };
};

/** max(maximum − out of the money, minimum) of the spot price, for a short option. */
const initialShare = (distance: number, spot: number, terms: StandardOptionTerms): number =>
  Math.max(terms.maximumInitial - Math.max(0, distance) / spot, terms.minimumInitial) * spot;

const shortCall = (
  { strike, size }: OptionHolding,
  value: number,
  spot: number,
  terms: StandardOptionTerms,
): Both => ({
  initial: initialShare(strike - spot, spot, terms) * size + value,
  maintenance: terms.callMaintenance * spot * size + value,
});

const shortPut = (
  { strike, size }: OptionHolding,
  value: number,
  spot: number,
  terms: StandardOptionTerms,
): Both => {
  const share = Math.min(terms.putMaintenance * spot * size, terms.putMaintenanceOfValue * value);
  const maintenance = share + value;
  const initial = initialShare(spot - strike, spot, terms) * size + value;
  return { initial: Math.min(initial, maintenance * terms.putInitialOverMaintenance), maintenance };
};

/**
 * The payoff is piecewise linear: it is lowest at 0 or at a strike, unless more calls are short than long.
 */
const lowestPayoff = (options: readonly OptionHolding[]): number => {
  const at = (price: number): number => {
    let payoff = 0;
    for (const { isCall, strike, size } of options)
      payoff += size * Math.max(0, isCall ? price - strike : strike - price);
    return payoff;
  };
  return options.reduce((lowest, { strike }) => Math.min(lowest, at(strike)), at(0));
};
