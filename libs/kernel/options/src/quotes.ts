import { logRatio } from '@plinth/maths';
import { checkPositive, refuse } from './checks.ts';
import { impliedVolatility, impliedVolatilityAll } from './implied-volatility.ts';
import { LIMITS } from './limits.ts';
import { emptyColumns } from './option-columns.ts';
import { checkMarket } from './option-input.ts';
import type { VolatilityQuote } from './svi-fit.ts';

/** What the market pays and asks for an option of one expiry, discounted, in quote units. */
export type OptionQuote = Readonly<{ strike: number; isCall: boolean; bid: number; ask: number }>;

/** Something to be won from quotes as they stand. */
export type QuoteProblem = Readonly<{
  kind: 'crossed' | 'bounds' | 'spread' | 'butterfly';
  strike: number;
  message: string;
}>;

/** Call prices by parity, with what one gets for selling and pays for buying. */
type CallQuote = Readonly<{ strike: number; bid: number; ask: number }>;

const SLACK = 1e-12;

/**
 * The first arbitrage in the quotes of one expiry: a bid above an ask, a price outside of its bounds, a call
 * that is cheaper at the lower strike, a butterfly that pays to hold it. Undefined when there is none.
 */
export const quoteProblem = (
  quotes: readonly OptionQuote[],
  forward: number,
  discount = 1,
): QuoteProblem | undefined => {
  checkPositive('forward', forward, LIMITS.price);
  if (quotes.length > LIMITS.quotesPerSlice)
    refuse('quotes', `Expected at most ${LIMITS.quotesPerSlice}, was ${quotes.length}`);
  for (const quote of quotes) {
    const problem = ownProblem(quote, forward, discount);
    if (problem) return problem;
  }
  return neighbourProblem(callsOf(quotes, forward, discount), discount, forward * SLACK);
};

const ownProblem = (
  { strike, isCall, bid, ask }: OptionQuote,
  forward: number,
  discount: number,
): QuoteProblem | undefined => {
  checkPositive('strike', strike, LIMITS.price);
  if (!(bid >= 0 && ask < Infinity)) refuse('bid', `Expected prices from 0, was ${bid} and ${ask}`);
  if (bid > ask) return { kind: 'crossed', strike, message: `${bid} is bid and ${ask} is asked` };
  const low = discount * Math.max(0, isCall ? forward - strike : strike - forward);
  const high = discount * (isCall ? forward : strike);
  const isWithin = ask >= low * (1 - SLACK) && bid <= high * (1 + SLACK);
  return isWithin
    ? undefined
    : { kind: 'bounds', strike, message: `${bid} to ${ask} is outside of ${low} to ${high}` };
};

/** One call a strike: the best of what is quoted for the call and, by parity, for the put. */
const callsOf = (quotes: readonly OptionQuote[], forward: number, discount: number): readonly CallQuote[] => {
  const calls = new Map<number, CallQuote>();
  for (const { strike, isCall, bid, ask } of quotes) {
    const parity = isCall ? 0 : discount * (forward - strike);
    const other = calls.get(strike);
    calls.set(strike, {
      strike,
      bid: Math.max(bid + parity, other?.bid ?? -Infinity),
      ask: Math.min(ask + parity, other?.ask ?? Infinity),
    });
  }
  return [...calls.values()].toSorted((a, b) => a.strike - b.strike);
};

const neighbourProblem = (
  calls: readonly CallQuote[],
  discount: number,
  slack: number,
): QuoteProblem | undefined => {
  for (const [i, call] of calls.entries()) {
    const { strike } = call;
    if (call.bid > call.ask + slack)
      return { kind: 'crossed', strike, message: 'call and put contradict one another' };
    const next = calls[i + 1];
    if (!next) continue;
    if (next.bid > call.ask + slack)
      return { kind: 'spread', strike, message: `the call at ${next.strike} is worth more than this one` };
    if (call.bid - next.ask > discount * (next.strike - strike) + slack)
      return { kind: 'spread', strike, message: `the spread to ${next.strike} costs more than it can pay` };
    const before = calls[i - 1];
    if (!before) continue;
    const share = (next.strike - strike) / (next.strike - before.strike);
    if (share * before.ask + (1 - share) * next.ask < call.bid - slack)
      return { kind: 'butterfly', strike, message: `the butterfly with its neighbours costs less than 0` };
  }
  return undefined;
};

/**
 * Volatilities of quotes for a fit: of the middle price of the option that is out of the money at each
 * strike, weighed by the inverse of the spread between bid and ask in volatility. Quotes without a bid say
 * nothing and are left out.
 */
export const volatilityQuotes = (
  quotes: readonly OptionQuote[],
  forward: number,
  years: number,
  discount = 1,
): readonly VolatilityQuote[] => {
  const problem = quoteProblem(quotes, forward, discount);
  if (problem)
    return refuse(
      `quotes ${problem.strike}`,
      `Expected no arbitrage (${problem.kind}), but ${problem.message}`,
    );
  const useful = quotes.filter(
    ({ strike, isCall, bid }) => bid > 0 && (isCall ? strike >= forward : strike < forward),
  );
  const inside = useful.filter(({ isCall, strike, ask }) => ask < discount * (isCall ? forward : strike));
  const [bids, middles, asks] = volatilitiesOf(inside, { forward, years, discount });
  return inside.map(({ strike }, n) => {
    const spread = Math.max(asks[n]! - bids[n]!, LEAST_SPREAD);
    const share = LEAST_SPREAD / spread;
    return { k: logRatio(strike, forward), volatility: middles[n]!, weight: share * share };
  });
};

type SliceMarket = Readonly<{ forward: number; years: number; discount: number }>;

/** Of bid, middle and ask of every quote. */
const volatilitiesOf = (
  quotes: readonly OptionQuote[],
  market: SliceMarket,
): readonly [Float64Array, Float64Array, Float64Array] => {
  const count = quotes.length;
  const columns = emptyColumns(3 * count);
  const prices = new Float64Array(3 * count);
  for (const [n, { strike, isCall, bid, ask }] of quotes.entries()) {
    const levels = [bid, 0.5 * (bid + ask), ask];
    for (const [m, price] of levels.entries()) {
      checkMarket({ isCall, strike, ...market });
      const i = m * count + n;
      columns.isCall[i] = isCall ? 1 : 0;
      columns.forward[i] = market.forward;
      columns.strike[i] = strike;
      columns.years[i] = market.years;
      columns.discount[i] = market.discount;
      prices[i] = price;
    }
  }
  const found = new Float64Array(3 * count);
  const refused = impliedVolatilityAll(columns, prices, found) > 0 ? found.findIndex(Number.isNaN) : -1;
  // Says what is wrong with it.
  if (refused >= 0) impliedVolatility({ ...quotes[refused % count]!, ...market, price: prices[refused]! });
  return [found.subarray(0, count), found.subarray(count, 2 * count), found.subarray(2 * count)];
};

/** No quote is better known than to a tenth of a volatility point. */
const LEAST_SPREAD = 0.001;
