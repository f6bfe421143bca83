import { NUMERAIRE, type Catalogue, type CatalogueInstrument } from '../../catalogue.ts';
import { refuse } from '../../checks.ts';
import { optionTerms } from '../../instrument-arrays.ts';
import type { MarketState } from '../../market-state.ts';
import type { AccountContent, PositionContent } from '../../types.ts';
import { HOUSE_UNIT } from '../house/model.ts';
import type { ConfidentPrice, ExpiryMarket, ModelMarket, UnderlyingMarket } from '../market.ts';
import type { AssetHolding, ModelPortfolio, OptionHolding, PerpetualHolding } from '../portfolio.ts';

/** A book and its market as rulebooks see them. */
export type ModelInput = Readonly<{ portfolio: ModelPortfolio; market: ModelMarket }>;

export type TranslationScope = Readonly<{
  /** Only what stands at this location; absent: everything, debts included. */
  location?: string;
  /** When a dated future expires; what is not known is refused. */
  expiryMs?: (instrument: string) => number | undefined;
}>;

type World = Readonly<{ catalogue: Catalogue; market: MarketState }>;

/**
 * An account of the cell as a book of holdings, priced at the marks. Amounts are in the unit of account (USDC
 * where it has a price, else USD). An inverse contract is the linear one that it equals in dollars: size ÷
 * entry price coins. Prices are taken as sure: how far a mark may be trusted is judged by its state
 * elsewhere.
 */
export const modelInput = (
  content: AccountContent,
  world: World,
  { location, expiryMs = () => undefined }: TranslationScope = {},
): ModelInput => {
  const translation = new Translation(world, expiryMs);
  for (const position of content.positions) translation.addPosition(position, location);
  const assets = assetsOf(content, world, location);
  return {
    portfolio: {
      cash: 0,
      perpetuals: translation.perpetuals,
      options: translation.options,
      assets,
    },
    market: translation.marketWith(assets),
  };
};

const assetsOf = (
  { balances, debts }: AccountContent,
  { catalogue }: World,
  location: string | undefined,
): readonly AssetHolding[] => {
  const held = balances
    .filter((balance) => location === undefined || balance.location === location)
    .map(({ asset, amount, location: at }): AssetHolding => {
      const place = catalogue.locations.find(at);
      const isVenue = place !== undefined && catalogue.locationSpecs[place]!.kind === 'venue';
      return isVenue ? { asset, quantity: amount, venue: at } : { asset, quantity: amount };
    });
  const owed = location === undefined ? debts.map(({ asset, amount }) => ({ asset, quantity: -amount })) : [];
  return [...held, ...owed];
};

const sure = (price: number): ConfidentPrice => ({ price, confidence: 1 });

type PricedExpiry = ExpiryMarket & Readonly<{ strikes: Map<number, number> }>;
type Expiries = Map<number, PricedExpiry>;

class Translation {
  readonly perpetuals: PerpetualHolding[] = [];
  readonly options: OptionHolding[] = [];
  readonly #world: World;
  readonly #expiryMs: (instrument: string) => number | undefined;
  readonly #unitPrice: number;
  /** The mark of the largest holding on each underlying, and how large it is. */
  readonly #perpetualPrices = new Map<string, Readonly<{ price: number; notional: number }>>();
  readonly #expiries = new Map<string, Expiries>();
  readonly #underlyings = new Set<number>();

  constructor(world: World, expiryMs: (instrument: string) => number | undefined) {
    this.#world = world;
    this.#expiryMs = expiryMs;
    const unit = world.catalogue.assets.find(HOUSE_UNIT);
    const price = unit === undefined ? 0 : (world.market.assets.mark[unit] ?? 0);
    this.#unitPrice = price > 0 ? price : 1;
  }

  addPosition({ instrument, quantity, entryPrice }: PositionContent, location: string | undefined): void {
    const { catalogue, market } = this.#world;
    const i = catalogue.instruments.indexOf(instrument);
    const entry = catalogue.instrumentEntries[i]!;
    if (quantity === 0 || (location !== undefined && entry.spec.venue !== location)) return;
    const mark = market.instruments.mark[i] ?? 0;
    if (!(mark > 0)) return refuse('market', `Expected a mark of ${instrument}, was none`);
    this.#underlyings.add(entry.underlying);
    if (entry.spec.kind === 'option') this.#addOption(entry, i, quantity);
    else this.#addFuture(entry, quantity, entryPrice, mark);
  }

  /** USD price of an asset in the unit of account. */
  #inUnit(asset: number): number {
    const price = this.#world.market.assets.mark[asset] ?? 0;
    const id = this.#world.catalogue.assets.ids[asset];
    return price > 0 ? price / this.#unitPrice : refuse('market', `Expected a price of ${id}, was none`);
  }

  #secondsTo(expiryMs: number): number {
    return Math.max(0, (expiryMs - this.#world.market.atMs) / 1_000);
  }

  #secondsToExpiry(instrument: string): number {
    const expiryMs = this.#expiryMs(instrument);
    return expiryMs === undefined
      ? refuse('market', `Expected the expiry of ${instrument}, was none`)
      : this.#secondsTo(expiryMs);
  }

  #addFuture(
    { spec, settlement, underlying }: CatalogueInstrument,
    quantity: number,
    entryPrice: number,
    mark: number,
  ): void {
    const isInverse = 'form' in spec && spec.form === 'inverse';
    const settled = this.#inUnit(settlement);
    const size = (quantity * spec.contractSize) / (isInverse ? entryPrice : 1);
    const price = isInverse ? settled : mark * settled;
    const name = this.#world.catalogue.underlyings.ids[underlying]!;
    // An inverse contract gains c · (1/E − 1/M) coins, which is (c/E) · (M − E) at a coin's price of M.
    const gained = isInverse
      ? quantity * spec.contractSize * (1 / entryPrice - 1 / mark) * settled
      : size * (mark - entryPrice) * settled;
    this.perpetuals.push({
      underlying: name,
      instrument: spec.id,
      venue: spec.venue,
      size,
      unrealisedProfit: gained,
      accruedFunding: 0,
      ...(isInverse ? { isInverse } : {}),
      ...(spec.kind === 'future' ? { secondsToExpiry: this.#secondsToExpiry(spec.id) } : {}),
    });
    const notional = Math.abs(size * price);
    const known = this.#perpetualPrices.get(name);
    if (known === undefined || notional > known.notional)
      this.#perpetualPrices.set(name, { price, notional });
  }

  #addOption(entry: CatalogueInstrument, i: number, quantity: number): void {
    const { spec, quote, underlying } = entry;
    if (spec.kind !== 'option') return;
    const name = this.#world.catalogue.underlyings.ids[underlying]!;
    const secondsToExpiry = this.#secondsTo(spec.expiryMs);
    const quoted = this.#inUnit(quote);
    const { forward, fixedForward, volatility } = optionTerms(this.#world, entry, i);
    const strike = spec.strike * quoted;
    this.options.push({
      underlying: name,
      instrument: spec.id,
      venue: spec.venue,
      secondsToExpiry,
      strike,
      isCall: spec.right === 'call',
      size: quantity * spec.contractSize,
    });
    const expiries: Expiries = this.#expiries.get(name) ?? new Map<number, PricedExpiry>();
    this.#expiries.set(name, expiries);
    const strikes = expiries.get(secondsToExpiry)?.strikes ?? new Map<number, number>();
    strikes.set(strike, volatility);
    expiries.set(secondsToExpiry, {
      secondsToExpiry,
      forward: forward * quoted,
      fixedForward: fixedForward * quoted,
      forwardConfidence: 1,
      rate: 0,
      rateConfidence: 1,
      volatilityConfidence: 1,
      volatility: (at) => strikes.get(at),
      strikes,
    });
  }

  marketWith(assets: readonly AssetHolding[]): ModelMarket {
    const { catalogue, market } = this.#world;
    const prices = new Map<string, ConfidentPrice>();
    for (const { asset } of assets) {
      const price = market.assets.mark[catalogue.assets.indexOf(asset)] ?? 0;
      if (!(price > 0)) return refuse('market', `Expected a price of ${asset}, was none`);
      prices.set(asset, sure(price));
      const underlying = catalogue.underlyings.find(asset);
      if (underlying !== undefined) this.#underlyings.add(underlying);
    }
    if (!prices.has(HOUSE_UNIT)) prices.set(HOUSE_UNIT, sure(this.#unitPrice));
    prices.set(NUMERAIRE, sure(1));
    const underlyings = [...this.#underlyings].map(
      (u) => [catalogue.underlyings.ids[u]!, this.#underlyingMarket(u)] as const,
    );
    return { stablePrice: this.#unitPrice, underlyings: new Map(underlyings), assets: prices };
  }

  #underlyingMarket(u: number): UnderlyingMarket {
    const { catalogue, market } = this.#world;
    const name = catalogue.underlyings.ids[u]!;
    const asset = catalogue.assetUnderlyings.indexOf(u);
    const perpetual = this.#perpetualPrices.get(name);
    // An underlying that is no asset of the cell is priced by its contracts.
    const spot = asset >= 0 && market.assets.mark[asset]! > 0 ? this.#inUnit(asset) : perpetual?.price;
    if (spot === undefined) return refuse('market', `Expected a price of ${name}, was none`);
    return {
      spot: sure(spot),
      ...(perpetual === undefined ? {} : { perpetual: sure(perpetual.price) }),
      volatility: market.volatilityOf(u),
      expiries: [...(this.#expiries.get(name)?.values() ?? [])],
    };
  }
}
