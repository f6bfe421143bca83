import { MarginInputError } from '@plinth/margin';
import {
  DEFAULT_RULEBOOKS,
  MARGIN_MODELS,
  RULEBOOK_NAMES,
  type ExpiryMarket,
  type ModelMarket,
  type ModelPortfolio,
  type RulebookName,
  type UnderlyingMarket,
} from '@plinth/margin/models';
import { CUSTODY, optionId, type DrawnBook, type Holding, type OptionLeg } from '../books/drawn-book.ts';
import type { History } from '../data/history.ts';
import { INVERSE_CONTRACT_USD, type Line } from '../data/series.ts';
import { underlyingOf } from '../data/symbols.ts';
import type { Sample } from '../run/sample.ts';
import { stepsOf } from '../run/world.ts';
import { emptyJudged, type Judged } from './judged.ts';

/** Rulebooks of others: the house is judged by its own kernel. */
export const PEER_NAMES = RULEBOOK_NAMES.filter((name) => name !== 'house');

/**
 * What venues would ask that all had one rulebook: each sees what stands with it, with collateral in custody
 * at the first of them; the book's requirement is their sum.
 */
export const judgeByRulebook = (sample: Sample, name: RulebookName): Judged => {
  const judged = emptyJudged(name, sample.books.length);
  const refusals = new Map<string, number>();
  for (const { step, from, to } of stepsOf(sample.books)) {
    const market = marketAt(sample.history, step, sample.books.slice(from, to));
    for (let n = from; n < to; n++) {
      const portfolios = portfoliosOf(sample.history, sample.books[n] as DrawnBook);
      try {
        let [maintenance, initial] = [0, 0];
        for (const portfolio of portfolios) {
          const asked = MARGIN_MODELS[name].judge(portfolio, market, DEFAULT_RULEBOOKS);
          maintenance += asked.maintenance;
          initial += asked.initial;
        }
        judged.maintenance[n] = maintenance;
        judged.initial[n] = initial;
      } catch (error) {
        if (!(error instanceof MarginInputError)) throw error;
        const reason = error.message.replace(/, was .*$/, '');
        refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
      }
    }
  }
  return { ...judged, refusals };
};

const sure = (price: number): Readonly<{ price: number; confidence: number }> => ({ price, confidence: 1 });

/** Prices in USD, of every coin and stablecoin that was priced then. */
const marketAt = (history: History, step: number, books: readonly DrawnBook[]): ModelMarket => {
  const { dollars, volatility } = history;
  const assets = new Map<string, Readonly<{ price: number; confidence: number }>>();
  const underlyings = new Map<string, UnderlyingMarket>();
  for (const [asset, prices] of dollars) {
    const price = prices[step] ?? NaN;
    if (!(price > 0)) continue;
    assets.set(asset, sure(price));
    const underlying = underlyingOf(asset);
    // A wrapped coin stands for the coin where that one has no price of its own.
    if (asset !== underlying && (dollars.get(underlying)?.[step] ?? NaN) > 0) continue;
    assets.set(underlying, sure(price));
    const perYear = volatility.get(asset)?.[step] ?? NaN;
    underlyings.set(underlying, {
      spot: sure(price),
      perpetual: sure(price),
      ...(Number.isNaN(perYear) ? {} : { volatility: perYear }),
      expiries: expiriesOf(history, underlying, step, books),
    });
  }
  return { stablePrice: 1, assets, underlyings };
};

/** Every expiry that a book of the step has an option of. */
const expiriesOf = (
  { dollars, surfaces, times }: History,
  underlying: string,
  step: number,
  books: readonly DrawnBook[],
): readonly ExpiryMarket[] => {
  const own = books.flatMap(({ options }) => options.filter((leg) => leg.underlying === underlying));
  const price = dollars.get(underlying)?.[step] ?? NaN;
  return [...new Set(own.map((leg) => secondsTo(leg, times[step] as number)))].map((secondsToExpiry) => ({
    secondsToExpiry,
    forward: price,
    ...{ forwardConfidence: 1, rate: 0, rateConfidence: 1, volatilityConfidence: 1 },
    volatility: (strike) =>
      surfaces.get(underlying)?.volatility(step, strike, secondsToExpiry / SECONDS_PER_YEAR),
  }));
};

const SECONDS_PER_YEAR = 31_536_000;
const secondsTo = ({ expiryMs }: OptionLeg, atMs: number): number => (expiryMs - atMs) / 1_000;

const portfoliosOf = (history: History, book: DrawnBook): readonly ModelPortfolio[] => {
  const venues = [
    ...new Set([
      ...book.legs.map(({ line }) => (history.lines[line] as Line).venue),
      ...book.options.map(({ venue }) => venue),
    ]),
  ];
  const home = venues[0] ?? CUSTODY;
  return (venues.length === 0 ? [home] : venues).map((venue) => {
    const isHere = ({ location }: Holding): boolean =>
      location === venue || (location === CUSTODY && venue === home);
    const owed = venue === home ? book.debts.map(({ asset, amount }) => ({ asset, amount: -amount })) : [];
    const held = [...book.balances.filter(isHere), ...owed];
    const money = held.filter(({ asset }) => asset === 'USD');
    return {
      cash: money.reduce((sum, { amount }) => sum + amount, 0),
      perpetuals: book.legs
        .filter(({ line }) => (history.lines[line] as Line).venue === venue)
        .map((leg) => perpetualOf(history, leg, book.step)),
      options: book.options
        .filter((leg) => leg.venue === venue)
        .map((leg) => ({
          underlying: leg.underlying,
          instrument: optionId(leg),
          secondsToExpiry: secondsTo(leg, history.times[book.step] as number),
          strike: leg.strike,
          isCall: leg.right === 'call',
          size: leg.quantity,
        })),
      assets: held
        .filter(({ asset }) => asset !== 'USD')
        .map(({ asset, amount }) => ({ asset: underlyingOf(asset), quantity: amount })),
    };
  });
};

/** A contract with the size that it has at the coin's own price: its notional is what counts. */
const perpetualOf = (
  { lines, dollars }: History,
  { line, quantity, entry }: DrawnBook['legs'][number],
  step: number,
): ModelPortfolio['perpetuals'][number] => {
  const { id, base, quote, form } = lines[line] as Line;
  const at = (asset: string): number => dollars.get(asset)?.[step] ?? NaN;
  const underlying = underlyingOf(base);
  const price = at(underlying) > 0 ? at(underlying) : at(base);
  const notional = form === 'inverse' ? INVERSE_CONTRACT_USD : entry * at(quote);
  return {
    underlying,
    instrument: id,
    size: (quantity * notional) / price,
    unrealisedProfit: 0,
    accruedFunding: 0,
    ...(form === 'inverse' ? { isInverse: true } : {}),
  };
};
