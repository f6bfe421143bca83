import {
  Book,
  Catalogue,
  houseVolatility,
  MAINTENANCE,
  MarginKernel,
  MarketState,
  observePrice,
  riskParameters,
  RiskModel,
  startVolatility,
  volatilityOf,
  CONCENTRATION,
  type MarkInput,
  type RiskParameters,
  type Volatility,
} from '@plinth/margin';
import { Random } from '@plinth/maths';
import { CoverageCount, type Coverage } from '../run/coverage.ts';
import { chainsOf, indexPathOf, type Chain, type ChainQuote } from './chain.ts';

/** Kinds of books that are drawn from the quotes of a chain itself. */
export const CHAIN_STYLES = ['short', 'long', 'spread', 'straddle', 'strangle', 'calendar'] as const;
export type ChainStyle = (typeof CHAIN_STYLES)[number];

/** The house on recorded quotes, from one chain to the next of the same coin. */
export type ChainRow = Readonly<{
  coin: string;
  from: string;
  to: string;
  style: ChainStyle;
  horizonHours: number;
  maintenance: Coverage;
}>;

const HOUR_MS = 3_600_000;
/** The longest horizon that parameters allow, and how far beyond it the next chain may lie. */
const HORIZON_HOURS_MAX = 168;
const TOLERANCE_HOURS = 1;
const VENUE = 'venue';

const sure = (price: number): MarkInput => ({ mark: price, low: price, high: price, state: 'live' });

/**
 * Books of listed options margined at one chain with its own marks and volatilities, against what the next
 * chain says they lost, at the house's parameters with the horizon of the gap. Chains further apart than a
 * horizon can be are left out.
 */
export const judgeChains = (
  folder: string,
  parameters: RiskParameters,
  { seed, booksPerStyle }: Readonly<{ seed: number; booksPerStyle: number }>,
): readonly ChainRow[] => {
  const byCoin = Map.groupBy(chainsOf(folder), ({ coin }) => coin);
  return [...byCoin.values()].flatMap((chains) =>
    chains.slice(1).flatMap((later, n) => {
      const earlier = chains[n] as Chain;
      const hours = (later.atMs - earlier.atMs) / HOUR_MS;
      if (hours > HORIZON_HOURS_MAX + TOLERANCE_HOURS) return [];
      const random = Random.of(seed, earlier.coin, earlier.atMs);
      return judgePair({ folder, earlier, later, parameters, hours, random, count: 25 * booksPerStyle });
    }),
  );
};

type Pair = Readonly<{
  folder: string;
  earlier: Chain;
  later: Chain;
  parameters: RiskParameters;
  hours: number;
  random: Random;
  count: number;
}>;
type ChainLeg = Readonly<{ quote: ChainQuote; quantity: number }>;

const judgePair = (pair: Pair): readonly ChainRow[] => {
  const { earlier, later, random, count, hours } = pair;
  const after = new Map(later.quotes.map((quote) => [quote.instrument, quote.mark * later.index]));
  const listed = earlier.quotes.filter(({ instrument, mark }) => after.has(instrument) && mark > 0);
  const { kernel, book } = worldOf(pair, listed);
  const time = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16);
  return CHAIN_STYLES.map((style) => {
    const covered = new CoverageCount();
    for (let n = 0; n < count; n++) {
      const legs = draw(style, listed, earlier.index, random);
      const account = book.addAccount(`${style} ${n}`);
      for (const { quote, quantity } of legs) book.setPosition(account, quote.instrument, quantity, 1);
      const figures = kernel.value(book, account);
      const [asked, kept] = [figures[MAINTENANCE] as number, figures[CONCENTRATION] as number];
      const lost = legs.reduce(
        (sum, { quote, quantity }) =>
          sum + quantity * (quote.mark * earlier.index - (after.get(quote.instrument) as number)),
        0,
      );
      const size = legs.reduce((sum, { quantity }) => sum + Math.abs(quantity) * earlier.index, 0);
      covered.add(lost, asked, asked - kept, size, earlier.coin);
    }
    const row = { coin: earlier.coin, from: time(earlier.atMs), to: time(later.atMs), style };
    return { ...row, horizonHours: hours, maintenance: covered.result };
  });
};

const worldOf = (
  { folder, earlier, parameters, hours }: Pair,
  listed: readonly ChainQuote[],
): Readonly<{ kernel: MarginKernel; book: Book }> => {
  const { coin, atMs, index } = earlier;
  const catalogue = new Catalogue();
  catalogue.addAsset({ id: coin, underlying: coin });
  catalogue.addLocation({ id: VENUE, kind: 'venue' });
  for (const { instrument, right, strike, expiryMs } of listed)
    catalogue.addInstrument({
      ...{ id: instrument, kind: 'option', form: 'inverse', venue: VENUE, underlying: coin, quote: 'USD' },
      ...{ settlement: coin, contractSize: 1, right, strike, expiryMs },
    });
  const market = new MarketState(catalogue);
  market.setTime(atMs);
  market.setAssetPrice(coin, sure(index));
  market.setVolatility(coin, volatilityAt(folder, earlier));
  for (const { instrument, mark, forward, volatility } of listed) {
    market.setInstrumentMark(instrument, sure(mark));
    market.setOptionTerms(instrument, { forward, fixedForward: 0, volatility });
  }
  const horizonHours = Math.min(HORIZON_HOURS_MAX, hours);
  const over = <T extends RiskParameters['otherUnderlyings']>(shock: T): T => ({ ...shock, horizonHours });
  const kernel = new MarginKernel(
    new RiskModel(
      riskParameters({
        ...parameters,
        underlyings: parameters.underlyings.map(over),
        otherUnderlyings: over(parameters.otherUnderlyings),
      }),
      catalogue,
      market,
    ),
  );
  return { kernel, book: new Book(catalogue) };
};

/** The broker's own EWMA from the recorded index up to the chain. */
const volatilityAt = (folder: string, { coin, atMs }: Chain): number => {
  let state: Volatility | undefined;
  for (const { atMs: seenMs, price } of indexPathOf(folder, coin))
    if (seenMs <= atMs)
      state =
        state === undefined
          ? startVolatility(price, seenMs, houseVolatility)
          : observePrice(state, price, seenMs, houseVolatility);
  return state === undefined ? houseVolatility.initial : volatilityOf(state, houseVolatility);
};

/** Legs of a style out of what is listed within 30 % of the index. */
const draw = (
  style: ChainStyle,
  listed: readonly ChainQuote[],
  index: number,
  random: Random,
): readonly ChainLeg[] => {
  const near = listed.filter(({ strike }) => Math.abs(strike / index - 1) < 0.3);
  const one = random.pick(near);
  const of = (test: (quote: ChainQuote) => boolean): ChainQuote => {
    const found = near.filter((quote) => quote !== one && test(quote));
    return found.length === 0 ? one : random.pick(found);
  };
  const sameExpiry = (quote: ChainQuote): boolean => quote.expiryMs === one.expiryMs;
  const side = random.chance(0.5) ? 1 : -1;
  switch (style) {
    case 'short':
      return [{ quote: one, quantity: -1 }];
    case 'long':
      return [{ quote: one, quantity: 1 }];
    case 'spread':
      return legsOf(
        side,
        one,
        -side,
        of((quote) => sameExpiry(quote) && quote.right === one.right),
      );
    case 'straddle': {
      const other = of((quote) => sameExpiry(quote) && quote.strike === one.strike);
      return legsOf(-1, one, -1, other);
    }
    case 'strangle':
      return legsOf(
        -1,
        one,
        -1,
        of((quote) => sameExpiry(quote) && quote.right !== one.right),
      );
    case 'calendar':
      return legsOf(
        side,
        one,
        -side,
        of(({ right, strike }) => right === one.right && strike === one.strike),
      );
  }
};

/** Two legs; where no second one is listed, the first alone. */
const legsOf = (
  quantity: number,
  first: ChainQuote,
  others: number,
  second: ChainQuote,
): readonly ChainLeg[] =>
  first === second
    ? [{ quote: first, quantity }]
    : [
        { quote: first, quantity },
        { quote: second, quantity: others },
      ];
