import {
  Book,
  Catalogue,
  houseParameters,
  MarginKernel,
  MarketState,
  optionValue,
  RiskModel,
  yearsUntil,
  type InstrumentSpec,
} from '@plinth/margin';

const AT_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const PLACE = 'venue:reference';

const COINS = [
  { id: 'BTC', price: 60_000, volatility: 0.6 },
  { id: 'ETH', price: 3_000, volatility: 0.75 },
  { id: 'SOL', price: 150, volatility: 0.95 },
] as const;
const DAYS = [7, 30] as const;
const STRIKES = [80, 90, 100, 110, 120] as const;

const live = (mark: number) => ({ mark, low: mark, high: mark, state: 'live' as const });

/** Three coins and a dollar coin; linear and inverse contracts on each, options on two of them. */
const referenceMarket = () => {
  const catalogue = new Catalogue();
  const market = new MarketState(catalogue);
  market.setTime(AT_MS);
  catalogue.addLocation({ id: PLACE, kind: 'venue' });
  catalogue.addAsset({ id: 'USDC', underlying: 'USDC' });
  market.setAssetPrice('USDC', live(1));
  market.setVolatility('USDC', 0.05);
  for (const { id, price, volatility } of COINS) {
    catalogue.addAsset({ id, underlying: id });
    market.setAssetPrice(id, live(price));
    market.setVolatility(id, volatility);
    const line = { venue: PLACE, underlying: id };
    const linear = { ...line, quote: 'USDC', settlement: 'USDC', contractSize: 1, form: 'linear' } as const;
    const inverse = { ...line, quote: 'USD', settlement: id, contractSize: 100, form: 'inverse' } as const;
    catalogue.addInstrument({ ...linear, id: `${id}-PERP`, kind: 'perpetual' });
    catalogue.addInstrument({ ...inverse, id: `${id}-INVERSE`, kind: 'perpetual' });
    for (const suffix of ['PERP', 'INVERSE']) market.setInstrumentMark(`${id}-${suffix}`, live(price));
    if (id === 'SOL') continue;
    for (const days of DAYS)
      for (const strike of STRIKES)
        for (const right of ['call', 'put'] as const) {
          const option = {
            ...{ ...line, quote: 'USD', settlement: 'USD', contractSize: 1, form: 'linear', kind: 'option' },
            ...{ id: `${id}-${days}D-${strike}-${right}`, right, strike: (price * strike) / 100 },
            expiryMs: AT_MS + days * DAY_MS,
          } as const satisfies InstrumentSpec;
          catalogue.addInstrument(option);
          market.setOptionTerms(option.id, { forward: price, fixedForward: 0, volatility });
          const worth = optionValue(option, price, volatility, yearsUntil(option.expiryMs, AT_MS));
          market.setInstrumentMark(option.id, live(worth));
        }
  }
  return { catalogue, market };
};

/** Instrument and quantity. */
type Position = readonly [string, number];

const BOOKS: Readonly<Record<string, readonly Position[]>> = {
  long: [['BTC-PERP', 1]],
  short: [['BTC-PERP', -1]],
  'long inverse': [['BTC-INVERSE', 600]],
  'short inverse': [['BTC-INVERSE', -600]],
  'three coins': [
    ['BTC-PERP', 1],
    ['ETH-PERP', 15],
    ['SOL-PERP', 300],
  ],
  pair: [
    ['BTC-PERP', 1],
    ['ETH-PERP', -20],
  ],
  'hedged three': [
    ['BTC-PERP', 1],
    ['ETH-PERP', -10],
    ['SOL-PERP', -200],
  ],
  'short straddle': [
    ['BTC-30D-100-call', -1],
    ['BTC-30D-100-put', -1],
  ],
  'short strangles of two coins': [
    ['BTC-7D-110-call', -1],
    ['BTC-7D-90-put', -1],
    ['ETH-7D-110-call', -20],
    ['ETH-7D-90-put', -20],
  ],
  'short put': [['BTC-30D-90-put', -2]],
  'long call': [['BTC-30D-100-call', 3]],
  'covered call': [
    ['BTC-PERP', 1],
    ['BTC-30D-110-call', -1],
  ],
  'iron condor': [
    ['BTC-30D-90-put', -3],
    ['BTC-30D-80-put', 3],
    ['BTC-30D-110-call', -3],
    ['BTC-30D-120-call', 3],
  ],
  'short gamma, hedged': [
    ['ETH-7D-100-call', -20],
    ['ETH-7D-100-put', -20],
    ['BTC-30D-100-call', 1],
  ],
  'long gamma': [
    ['BTC-30D-100-call', 2],
    ['BTC-PERP', -1],
  ],
  'call spread': [
    ['BTC-7D-100-call', -2],
    ['BTC-7D-110-call', 2],
  ],
  dispersion: [
    ['BTC-30D-100-call', 1],
    ['BTC-30D-100-put', 1],
    ['ETH-30D-100-call', -20],
    ['ETH-30D-100-put', -20],
  ],
};

export type ReferenceBooks = Readonly<{
  kernel: MarginKernel;
  book: Book;
  /** Names in the order of the accounts. */
  names: readonly string[];
}>;

/** Directional, hedged and option books, each opened at the mark, without collateral. */
export const referenceBooks = (): ReferenceBooks => {
  const { catalogue, market } = referenceMarket();
  const kernel = new MarginKernel(new RiskModel(houseParameters, catalogue, market));
  const book = new Book(catalogue);
  for (const [name, positions] of Object.entries(BOOKS)) {
    const account = book.addAccount(name);
    for (const [instrument, quantity] of positions) {
      const mark = market.instruments.mark[catalogue.instruments.indexOf(instrument)] as number;
      book.setPosition(account, instrument, quantity, mark);
    }
  }
  return { kernel, book, names: Object.keys(BOOKS) };
};

/** Coins move together, the dollar coin by itself. */
export const referenceCorrelation = (a: string, b: string): number =>
  a === 'USDC' || b === 'USDC' ? 0 : 0.8;
