import { assetOfKey, locationOfKey, type Book } from './book.ts';
import { unwindCost } from './contingencies/concentration.ts';
import { LiquidityCoverage } from './contingencies/liquidity-coverage.ts';
import * as at from './figures.ts';
import { haircutOf } from './haircut.ts';
import { KernelScratch } from './kernel-scratch.ts';
import type { RiskModel } from './risk-model.ts';

/**
 * The one implementation of margin: one account in, its figures out. Every report, batch, what-if and explanation runs
 * this code and reads these arrays, which hold the account's vectors until the next call.
 */
export class MarginKernel {
  readonly model: RiskModel;
  readonly figures = new Float64Array(at.FIGURE_COUNT);
  readonly scratch = new KernelScratch();
  readonly coverage = new LiquidityCoverage();

  constructor(model: RiskModel) {
    this.model = model;
  }

  /** Figures of one account into `figures`. The model must be fresh. */
  value(book: Book, account: number): Float64Array {
    const { scratch, figures, model } = this;
    scratch.begin(model);
    figures.fill(0);
    this.#addBalances(book, account);
    this.#addPositions(book, account);
    this.#addAssets();
    scratch.sortUnderlyings();
    this.#scan();
    this.#addVenueCharges();
    this.#finish();
    return figures;
  }

  #addBalances(book: Book, account: number): void {
    const { scratch } = this;
    const { key, value, start, count } = book.balances;
    const from = start[account]!;
    const to = from + count[account]!;
    for (let row = from; row < to; row++) {
      scratch.addBalance(locationOfKey(key[row]!), assetOfKey(key[row]!), value[row]!);
    }
  }

  /** Profit, exposure, basis legs, unwinding cost and venue requirement of each position. */
  #addPositions(book: Book, account: number): void {
    const { scratch, figures } = this;
    const { arrays, width, parameters } = this.model;
    const stride = 2 * width;
    const cap = parameters.concentration.maxCostFraction;
    const { key, value, extra, start, count } = book.positions;
    const from = start[account]!;
    const to = from + count[account]!;
    let unrealised = 0;
    let gross = 0;
    let concentration = 0;
    let band = 0;
    for (let row = from; row < to; row++) {
      const i = key[row]!;
      const quantity = value[row]!;
      const profit = this.profitOf(i, quantity, extra[row]!);
      const settlement = arrays.settlement[i]!;
      const venue = arrays.venue[i]!;
      const size = Math.abs(quantity);
      const notional = size * arrays.notional[i]!;
      unrealised += profit * arrays.assetPrice[settlement]!;
      gross += notional;
      concentration += unwindCost(
        quantity > 0 ? arrays.sell[i] : arrays.buy[i],
        size,
        arrays.notional[i]!,
        arrays.impact[i]!,
        cap,
      );
      band += size * (quantity > 0 ? arrays.bandLong[i]! : arrays.bandShort[i]!);
      scratch.addProfit(venue, settlement, profit);
      if (arrays.quoteLeg[i] !== 0) scratch.addLeg(venue, arrays.quote[i]!, -quantity * arrays.quoteLeg[i]!);
      const underlying = arrays.underlying[i]!;
      scratch.addBasisLeg(underlying, quantity * arrays.notional[i]!);
      const required = arrays.venueRequirement[venue]!;
      scratch.required[venue]! += required * notional;
      // What the venue asks for moves with the notional where that moves with the price.
      const exposed = quantity - required * size * arrays.notionalMoves[i]!;
      scratch.addRows(arrays.rows, i * stride, underlying, quantity, venue, exposed);
    }
    figures[at.UNREALISED] = unrealised;
    figures[at.GROSS_NOTIONAL] = gross;
    figures[at.CONCENTRATION] = concentration;
    figures[at.PRICE_BAND] = band;
  }

  /** Unrealised profit in settlement units: size·(M − E), inverse size·(1/E − 1/M); an option is worth its mark. */
  profitOf(i: number, quantity: number, entry: number): number {
    const { arrays } = this.model;
    const mark = arrays.mark[i]!;
    if (mark === 0) return 0;
    const contracts = quantity * arrays.contractSize[i]!;
    switch (arrays.form[i] as 0 | 1 | 2) {
      case 0:
        return contracts * (mark - entry);
      case 1:
        return contracts * (1 / entry - 1 / mark);
      case 2:
        return contracts * mark;
    }
  }

  /** Value of net assets, their haircut or unwinding cost, and their rows. */
  #addAssets(): void {
    const { scratch, figures } = this;
    const { arrays, width, parameters } = this.model;
    const stride = 2 * width;
    const cap = parameters.concentration.maxCostFraction;
    let assets = 0;
    let haircuts = 0;
    let concentration = 0;
    let band = 0;
    for (let n = 0; n < scratch.assetCount; n++) {
      const a = scratch.assets[n]!;
      const held = scratch.held[a]!;
      const price = arrays.assetPrice[a]!;
      const net = scratch.net[a]!;
      const owned = scratch.owned[a]!;
      assets += held * price;
      band += Math.abs(owned) * (owned > 0 ? arrays.assetBandLong[a]! : arrays.assetBandShort[a]!);
      const underlying = arrays.assetUnderlying[a]!;
      if (underlying < 0) {
        haircuts += haircutOf(arrays, a, Math.abs(owned) * price) * Math.abs(owned) * price;
        continue;
      }
      const curve = held > 0 ? arrays.assetSell[a] : arrays.assetBuy[a];
      concentration += unwindCost(curve, held, price, arrays.assetImpact[a]!, cap);
      scratch.addBasisLeg(underlying, held * price);
      scratch.addAssetRow(arrays.assetRows, a * stride, underlying, net);
    }
    figures[at.ASSETS] = assets;
    figures[at.HAIRCUTS] = haircuts;
    figures[at.COLLATERAL_CONCENTRATION] = concentration;
    figures[at.PRICE_BAND]! += band;
  }

  /** The three measures of the scan for both widths, and the basis charge (finance §6.3). */
  #scan(): void {
    const { scratch, figures } = this;
    const { width, underlyingGroups, underlyingParameters, parameters } = this.model;
    let own = 0;
    let initialOwn = 0;
    let basis = 0;
    for (let n = 0; n < scratch.underlyingCount; n++) {
      const u = scratch.underlyings[n]!;
      own -= scratch.lowest(scratch.byUnderlying, u, 0, width);
      initialOwn -= scratch.lowest(scratch.byUnderlying, u, width, 2 * width);
      scratch.addToGroup(u, underlyingGroups[u]!);
      // The smaller side is matched by the larger one only if their prices move together.
      basis += underlyingParameters[u]!.basisRate * Math.min(scratch.long[u]!, scratch.short[u]!);
    }
    let group = 0;
    let initialGroup = 0;
    for (let n = 0; n < scratch.groupCount; n++) {
      const g = scratch.groups[n]!;
      group -= scratch.lowest(scratch.byGroup, g, 0, width);
      initialGroup -= scratch.lowest(scratch.byGroup, g, width, 2 * width);
      scratch.addToTotal(g);
    }
    const all = -scratch.lowest(scratch.total, 0, 0, width);
    const initialAll = -scratch.lowest(scratch.total, 0, width, 2 * width);
    const blend = parameters.blend;
    figures[at.SCAN_ALL] = all;
    figures[at.SCAN_GROUP] = group;
    figures[at.SCAN_OWN] = own;
    figures[at.SCAN] = blend.all * all + blend.group * group + blend.own * own;
    figures[at.INITIAL_SCAN_ALL] = initialAll;
    figures[at.INITIAL_SCAN_GROUP] = initialGroup;
    figures[at.INITIAL_SCAN_OWN] = initialOwn;
    figures[at.INITIAL_SCAN] = blend.all * initialAll + blend.group * initialGroup + blend.own * initialOwn;
    figures[at.BASIS] = basis;
  }

  /** Venue credit and liquidity coverage: what depends on where the money stands. */
  #addVenueCharges(): void {
    const { scratch, figures } = this;
    const { arrays, width } = this.model;
    const stride = 2 * width;
    const several = scratch.placeCount > 1;
    for (let n = 0; n < scratch.pairCount; n++) {
      const place = scratch.pairPlace[n]!;
      const a = scratch.pairAsset[n]!;
      const pair = scratch.pairs[n]!;
      const amount = scratch.ownedAt[pair]!;
      const worth = amount * arrays.assetPrice[a]!;
      const lost =
        arrays.assetUnderlying[a]! < 0 ? haircutOf(arrays, a, Math.abs(worth)) * Math.abs(worth) : 0;
      scratch.equityAt[place]! += worth - lost;
      if (several && arrays.assetUnderlying[a]! >= 0)
        scratch.addExcessRow(arrays.assetRows, a * stride, place, amount + scratch.legAt[pair]!);
    }
    let credit = 0;
    for (let n = 0; n < scratch.placeCount; n++) {
      const place = scratch.places[n]!;
      // What is left at the venue if it defaults, times its PD × LGD.
      credit += Math.max(0, scratch.equityAt[place]!) * arrays.venueCredit[place]!;
      if (several) scratch.raiseExcess(place, scratch.equityAt[place]! - scratch.required[place]!);
    }
    figures[at.VENUE_CREDIT] = credit;
    if (!several) return;
    const { excess, places, placeCount } = scratch;
    const worst = (from: number, to: number): number =>
      this.coverage.worst(excess, stride, places, placeCount, from, to, arrays.transferable, arrays.isVenue);
    figures[at.INITIAL_COVERAGE] = worst(width, 2 * width);
    // Maintenance last, so that `coverage` names its binding scenario.
    figures[at.COVERAGE] = worst(0, width);
  }

  /** Sums in the order in which `explain` adds them. */
  #finish(): void {
    const f = this.figures;
    f[at.EQUITY] = f[at.ASSETS]! + f[at.UNREALISED]! - f[at.HAIRCUTS]! - f[at.COLLATERAL_CONCENTRATION]!;
    const scan = f[at.SCAN]!;
    const initialScan = f[at.INITIAL_SCAN]!;
    const basis = f[at.BASIS]!;
    const concentration = f[at.CONCENTRATION]!;
    const credit = f[at.VENUE_CREDIT]!;
    f[at.MAINTENANCE] = scan + basis + concentration + credit + f[at.COVERAGE]!;
    f[at.INITIAL] =
      initialScan + basis + concentration + credit + f[at.INITIAL_COVERAGE]! + f[at.PRICE_BAND]!;
  }
}
