import { blackValue } from '@plinth/options';
import { Book } from '../../book.ts';
import { Catalogue, NUMERAIRE } from '../../catalogue.ts';
import { marginOf, type MarginReport } from '../../margin.ts';
import { MarginKernel } from '../../margin-kernel.ts';
import { MarketState } from '../../market-state.ts';
import type { RiskParameters } from '../../parameters.ts';
import { RiskModel } from '../../risk-model.ts';
import type { MarkInput } from '../../types.ts';
import type { MarginModel, Requirement, RequirementPart } from '../margin-model.ts';
import {
  assetPrice,
  checkPrice,
  expiryMarket,
  fixedForwardOf,
  perpetualPrice,
  SECONDS_PER_YEAR,
  underlyingMarket,
  volatilityOf,
  type ModelMarket,
} from '../market.ts';
import {
  checkPortfolio,
  type ModelPortfolio,
  type OptionHolding,
  type PerpetualHolding,
} from '../portfolio.ts';

/** The unit of account: contracts are quoted and settled in it, so its de-peg scenarios apply. */
export const HOUSE_UNIT = 'USDC';
const CUSTODY = 'custody';
/** Where a holding stands that names no venue. */
const NO_VENUE = 'venue';
/** An option that is worth nothing still needs a price above zero. */
const LEAST_MARK = 1e-12;

export type HouseRequirement = Requirement & Readonly<{ report: MarginReport }>;

/**
 * The house's own model on a book as rulebooks see it: the same kernel and parameters as for the accounts
 * of a cell, with prices that are sure. A holding's venue is its own, so a hedge across venues is seen as
 * one.
 */
export const house: MarginModel<RiskParameters, HouseRequirement> = {
  name: 'house',
  requirement: (portfolio, market, parameters) => {
    checkPortfolio(portfolio);
    const world = new HouseWorld(market);
    const book = new Book(world.catalogue);
    world.register(portfolio);
    const account = book.addAccount('account');
    world.fill(book, account, portfolio);
    const kernel = new MarginKernel(new RiskModel(parameters, world.catalogue, world.state));
    return houseRequirementOf(marginOf(kernel, book, account));
  },
};

/** What the house's figures add up from, by name; parts sum to the requirements. */
export const houseRequirementOf = (report: MarginReport): HouseRequirement => {
  const { figures } = report;
  const both = (name: string, initial: number, maintenance: number): RequirementPart => ({
    name,
    initial,
    maintenance,
  });
  const shared = (name: string, value: number): RequirementPart => both(name, value, value);
  const parts = [
    both('scan', figures.initialScan, figures.scan),
    both('basis', figures.initialBasis, figures.basis),
    shared('concentration', figures.concentration),
    shared('venue credit', figures.venueCredit),
    both('short options', figures.initialShortOption, figures.shortOption),
    both('liquidity coverage', figures.initialCoverage, figures.coverage),
    both('price band', figures.priceBand, 0),
  ];
  const losses = report.scenarioLosses;
  const index = report.binding.all;
  return {
    initial: report.initialMargin,
    maintenance: report.maintenanceMargin,
    markToMarket: report.equity,
    worst: { index, name: report.binding.name, profit: 0 - (losses[index] ?? 0) },
    parts,
    report,
  };
};

const sure = (price: number): MarkInput => ({ mark: price, low: price, high: price, state: 'live' });

/** Holdings under names of their own: two in one contract are two lines. */
class HouseWorld {
  readonly catalogue = new Catalogue();
  readonly state: MarketState;
  readonly #market: ModelMarket;

  constructor(market: ModelMarket) {
    checkPrice('stablePrice', { price: market.stablePrice, confidence: 1 });
    this.#market = market;
    this.catalogue.addLocation({ id: CUSTODY, kind: 'custody' });
    this.state = new MarketState(this.catalogue);
    this.#addAsset(HOUSE_UNIT, market.stablePrice);
  }

  #addAsset(asset: string, price: number): void {
    if (this.catalogue.assets.find(asset) !== undefined) return;
    this.catalogue.addAsset({ id: asset, underlying: asset });
    this.state.setAssetPrice(asset, sure(price));
    const volatility = this.#market.underlyings.get(asset)?.volatility;
    if (volatility !== undefined) this.state.setVolatility(asset, volatility);
  }

  #placeOf(venue: string | undefined): string {
    const id = venue ?? NO_VENUE;
    if (this.catalogue.locations.find(id) === undefined) this.catalogue.addLocation({ id, kind: 'venue' });
    return id;
  }

  register({ assets, perpetuals, options }: ModelPortfolio): void {
    for (const { asset } of assets) {
      if (asset === NUMERAIRE || asset === HOUSE_UNIT) continue;
      this.#addAsset(asset, assetPrice(this.#market, asset).price);
    }
    for (const { underlying } of [...perpetuals, ...options]) this.#follow(underlying);
    perpetuals.forEach((held, n) => this.#addPerpetual(held, `future ${n}`));
    options.forEach((held, n) => this.#addOption(held, `option ${n}`));
  }

  /** The price of an underlying, that options and volatilities hang on. */
  #follow(underlying: string): void {
    const { spot } = underlyingMarket(this.#market, underlying);
    this.#addAsset(underlying, spot.price * this.#market.stablePrice);
  }

  #addPerpetual(held: PerpetualHolding, id: string): void {
    const { price } = perpetualPrice(underlyingMarket(this.#market, held.underlying), held.underlying);
    this.catalogue.addInstrument({ ...this.#lineOf(held, id), kind: 'perpetual', form: 'linear' });
    this.state.setInstrumentMark(id, sure(price));
  }

  #lineOf({ underlying, venue }: PerpetualHolding | OptionHolding, id: string) {
    const at = this.#placeOf(venue);
    return { id, venue: at, underlying, quote: HOUSE_UNIT, settlement: HOUSE_UNIT, contractSize: 1 };
  }

  #addOption(held: OptionHolding, id: string): void {
    const market = underlyingMarket(this.#market, held.underlying);
    const expiry = expiryMarket(market, held);
    this.catalogue.addInstrument({
      ...this.#lineOf(held, id),
      kind: 'option',
      form: 'linear',
      right: held.isCall ? 'call' : 'put',
      strike: held.strike,
      expiryMs: held.secondsToExpiry * 1_000,
    });
    const { forward } = expiry;
    const fixedForward = fixedForwardOf(expiry);
    const volatility = volatilityOf(expiry, held);
    this.state.setOptionTerms(id, { forward, fixedForward, volatility });
    this.state.setInstrumentMark(id, sure(Math.max(LEAST_MARK, valueOf(held, forward, volatility))));
  }

  fill(book: Book, account: number, { cash, assets, perpetuals, options }: ModelPortfolio): void {
    const amounts = new Amounts();
    amounts.add(HOUSE_UNIT, undefined, cash);
    for (const { asset, quantity, venue } of assets) amounts.add(asset, venue, quantity);
    perpetuals.forEach((held, n) => {
      const { price } = perpetualPrice(underlyingMarket(this.#market, held.underlying), held.underlying);
      const gained = held.unrealisedProfit + held.accruedFunding;
      // A profit larger than the whole notional needs no entry price: it stands at the venue as money.
      const entry = held.size === 0 ? 0 : price - gained / held.size;
      book.setPosition(account, `future ${n}`, held.size, entry > 0 ? entry : price);
      if (!(entry > 0)) amounts.add(HOUSE_UNIT, held.venue ?? NO_VENUE, gained);
    });
    options.forEach(({ size }, n) => {
      if (size !== 0) book.setPosition(account, `option ${n}`, size, 1);
    });
    for (const { asset, venue, amount } of amounts.rows.values()) {
      if (amount >= 0 || venue !== undefined)
        book.setBalance(account, asset, venue === undefined ? CUSTODY : this.#placeOf(venue), amount);
      else book.setDebt(account, asset, -amount);
    }
  }
}

type Amount = Readonly<{ asset: string; venue: string | undefined; amount: number }>;

/** Sums by asset and place; what is owed nowhere in particular is owed to the house. */
class Amounts {
  readonly rows = new Map<string, Amount>();

  add(asset: string, venue: string | undefined, change: number): void {
    const key = `${asset} ${venue ?? ''} ${venue === undefined && change < 0 ? 'debt' : ''}`;
    this.rows.set(key, { asset, venue, amount: (this.rows.get(key)?.amount ?? 0) + change });
  }
}

const valueOf = ({ isCall, strike, secondsToExpiry }: OptionHolding, forward: number, volatility: number) =>
  blackValue(isCall, forward, strike, volatility * Math.sqrt(secondsToExpiry / SECONDS_PER_YEAR));
