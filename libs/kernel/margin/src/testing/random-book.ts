import { Book } from '../book.ts';
import { Catalogue } from '../catalogue.ts';
import { houseParameters } from '../house-parameters.ts';
import { MarginKernel } from '../margin-kernel.ts';
import { MarketState } from '../market-state.ts';
import { optionValue, yearsUntil, type OptionSpec } from '../option-terms.ts';
import type { RiskParameters } from '../parameters.ts';
import { RiskModel } from '../risk-model.ts';
import type { InstrumentSpec } from '../types.ts';
import { pick, randomFrom, type Random } from './random.ts';

export type World = Readonly<{
  catalogue: Catalogue;
  market: MarketState;
  model: RiskModel;
  kernel: MarginKernel;
  book: Book;
}>;

const COINS = [
  { id: 'BTC', price: 60_000, volatility: 0.6 },
  { id: 'ETH', price: 3_000, volatility: 0.75 },
  { id: 'SOL', price: 150, volatility: 0.95 },
  { id: 'XRP', price: 0.6, volatility: 0.9 },
  { id: 'AVAX', price: 35, volatility: 1 },
  { id: 'DOGE', price: 0.12, volatility: 1.1 },
] as const;
const STABLES = ['USDC', 'USDT'] as const;
const VENUES = ['venue-a', 'venue-b', 'venue-c', 'venue-d'] as const;

const bandOf = (mark: number): { mark: number; low: number; high: number; state: 'live' } => ({
  mark,
  low: mark * 0.999,
  high: mark * 1.001,
  state: 'live',
});

/**
 * Six coins, two stablecoins, an unshocked token, four venues, a vault; a linear and an inverse contract per
 * coin and venue.
 */
export const makeCatalogue = (): Catalogue => {
  const catalogue = new Catalogue();
  for (const coin of COINS) catalogue.addAsset({ id: coin.id, underlying: coin.id });
  for (const id of STABLES) catalogue.addAsset({ id, underlying: id });
  catalogue.addAsset({ id: 'FUND' });
  for (const id of VENUES) catalogue.addLocation({ id, kind: 'venue' });
  catalogue.addLocation({ id: 'vault', kind: 'custody' });
  for (const { id } of COINS)
    for (const venue of VENUES) {
      const settlement = venue === 'venue-c' ? 'USDT' : 'USDC';
      const common = { venue, underlying: id };
      catalogue.addInstrument({
        ...common,
        id: `${id}-PERP@${venue}`,
        kind: 'perpetual',
        form: 'linear',
        quote: venue === 'venue-d' ? 'USD' : settlement,
        settlement,
        contractSize: 1,
      });
      catalogue.addInstrument({
        ...common,
        id: `${id}-INV@${venue}`,
        kind: 'future',
        form: 'inverse',
        quote: 'USD',
        settlement: id,
        contractSize: 100,
      });
    }
  return catalogue;
};

export const makeMarket = (catalogue: Catalogue): MarketState => {
  const market = new MarketState(catalogue);
  for (const { id, price, volatility } of COINS) {
    market.setAssetPrice(id, bandOf(price));
    market.setVolatility(id, volatility);
    VENUES.forEach((venue, n) => {
      market.setInstrumentMark(`${id}-PERP@${venue}`, bandOf(price * (1 + 0.0002 * n)));
      market.setInstrumentMark(`${id}-INV@${venue}`, bandOf(price * (1 - 0.0003 * n)));
    });
  }
  for (const id of STABLES) {
    market.setAssetPrice(id, { mark: 1, low: 0.9995, high: 1.0005, state: 'live' });
    market.setVolatility(id, 0.01);
  }
  market.setAssetPrice('FUND', bandOf(10));
  market.setAssetVolatility('FUND', 0.4);
  return market;
};

const DAY_MS = 86_400_000;
/** When the prices of a world are made, and the expiries of its options, in days from then. */
export const NOW_MS = 1_700_000_000_000;
const EXPIRY_DAYS = [0.01, 7, 30, 180] as const;

/**
 * Calls and puts on the two majors: linear in USDC at venue-a, the same at venue-b, inverse at venue-c;
 * strikes about the money, expiries from minutes to half a year.
 */
export const addOptions = (catalogue: Catalogue): void => {
  for (const { id: underlying, price } of COINS.slice(0, 2))
    for (const days of EXPIRY_DAYS)
      for (const right of ['call', 'put'] as const)
        for (const share of [0.85, 1, 1.2])
          for (const venue of ['venue-a', 'venue-b', 'venue-c'] as const) {
            const strike = price * share;
            const inverse = venue === 'venue-c';
            catalogue.addInstrument({
              id: `${underlying}-${right === 'call' ? 'C' : 'P'}${strike / 1_000}-${days}@${venue}`,
              venue,
              underlying,
              ...(inverse
                ? { form: 'inverse', quote: 'USD', settlement: underlying }
                : { form: 'linear', quote: 'USDC', settlement: 'USDC' }),
              contractSize: venue === 'venue-b' ? 0.1 : 1,
              kind: 'option',
              right,
              strike,
              expiryMs: NOW_MS + days * DAY_MS,
            });
          }
};

/** A smile about the forward, and marks at it. */
export const markOptions = (catalogue: Catalogue, market: MarketState, atMs = NOW_MS, shift = 0): void => {
  market.setTime(atMs);
  for (const { spec, underlying } of catalogue.instrumentEntries)
    if (spec.kind === 'option') {
      const asset = catalogue.assetUnderlyings.indexOf(underlying);
      const forward = market.assets.mark[asset]! * 1.001;
      const volatility = 0.6 + shift + 0.3 * (spec.strike / forward - 1) ** 2;
      market.setOptionTerms(spec.id, { forward, fixedForward: 0, volatility });
      market.setInstrumentMark(spec.id, bandOf(worthOf(spec, forward, volatility, atMs)));
    }
};

const worthOf = (spec: OptionSpec, forward: number, volatility: number, atMs: number): number =>
  Math.max(1e-12, optionValue(spec, forward, volatility, yearsUntil(spec.expiryMs, atMs)));

export const makeWorld = (parameters: RiskParameters = houseParameters, withOptions = false): World => {
  const catalogue = makeCatalogue();
  if (withOptions) addOptions(catalogue);
  const market = makeMarket(catalogue);
  if (withOptions) markOptions(catalogue, market);
  const model = new RiskModel(parameters, catalogue, market);
  return { catalogue, market, model, kernel: new MarginKernel(model), book: new Book(catalogue) };
};

/**
 * Fills one account: `positions` derivatives of one style, collateral at up to three places, sometimes a
 * debt.
 */
export const addRandomAccount = (world: World, random: Random, id: string, positions: number): number => {
  const { book, catalogue, market } = world;
  const account = book.addAccount(id);
  const bias = random() < 0.4 ? 0.5 : random();
  const wealth = 20_000 * 10 ** (2 * random());
  const chosen = new Set<number>();
  while (chosen.size < positions) chosen.add(Math.floor(random() * catalogue.instruments.size));
  for (const i of chosen) {
    const spec = catalogue.instrumentEntries[i]!.spec;
    const mark = market.instruments.mark[i]!;
    const notional = (wealth * (0.2 + random())) / Math.sqrt(positions);
    const unit = unitOf(spec, mark);
    const sign = random() < bias ? 1 : -1;
    book.setPosition(account, spec.id, (sign * notional) / unit, mark * (0.97 + 0.06 * random()));
  }
  for (const location of ['vault', pick(random, VENUES), pick(random, VENUES)])
    book.setBalance(
      account,
      pick(random, ['USD', 'USDC', 'USDT']),
      location,
      wealth * (0.2 + 0.3 * random()),
    );
  const coin = pick(random, COINS);
  book.setBalance(account, coin.id, pick(random, VENUES), (0.4 * wealth * random()) / coin.price);
  if (random() < 0.3) book.setDebt(account, 'USDC', 0.2 * wealth * random());
  if (random() < 0.1) book.setBalance(account, 'FUND', 'vault', (0.1 * wealth * random()) / 10);
  return account;
};

/** Roughly the USD notional of one contract. */
const unitOf = (spec: InstrumentSpec, mark: number): number => {
  if (spec.kind === 'option') return spec.strike * spec.contractSize;
  return spec.id.includes('INV') ? spec.contractSize : mark * spec.contractSize;
};

/** A book of `accounts` random accounts with `positions` positions each; the same for the same seed. */
export const makeRandomBook = (
  seed: number,
  accounts: number,
  positions = 16,
  parameters: RiskParameters = houseParameters,
  withOptions = false,
): World => {
  const world = makeWorld(parameters, withOptions);
  const random = randomFrom(seed);
  for (let n = 0; n < accounts; n++) addRandomAccount(world, random, `account-${n}`, positions);
  return world;
};
