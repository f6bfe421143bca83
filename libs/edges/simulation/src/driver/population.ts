import { floatToText, textToFloat } from '@plinth/money';
import type { FeedAsset, FeedInstrument, MarketFeed } from '../market/market-feed.ts';
import { Random } from '@plinth/maths';

export const STYLES = ['basis', 'leveraged', 'maker', 'hedged', 'whale', 'lender', 'holder'] as const;
export type Style = (typeof STYLES)[number];

export type PlannedDeposit = Readonly<{ asset: string; amount: string; location: string }>;

export type PlannedOrder = Readonly<{
  /** Tick at which it is placed. */
  tick: number;
  instrumentId: string;
  side: 'buy' | 'sell';
  quantity: string;
  /** One venue, or empty for the router's choice. */
  venues: readonly string[];
  /** An order of a product instead; then the instrument is empty. */
  productId?: string;
}>;

/** One account of a simulated book: what it brings, what it opens, and how it behaves afterwards. */
export type PlannedAccount = Readonly<{
  clientId: string;
  accountId: string;
  style: Style;
  deposits: readonly PlannedDeposit[];
  orders: readonly PlannedOrder[];
  /** Chance that it answers a margin call with money. */
  topUp: number;
  /** Chance per tick that it trades a little. */
  activity: number;
}>;

/** Shares of the styles among every hundred accounts. */
const MIX: readonly (readonly [Style, number])[] = [
  ['leveraged', 30],
  ['basis', 18],
  ['hedged', 18],
  ['maker', 12],
  ['holder', 10],
  ['lender', 8],
  ['whale', 4],
];

/** Dollars come by bank, everything else on a chain. */
export const CASH_VAULT = 'vault:bank';
const CHAIN_VAULT = 'vault:ethereum';

const styleOf = (index: number, random: Random): Style => {
  // The first hundred follow the mix exactly, so that small books have every style too.
  let rank = index < MIX.length ? index : random.below(100);
  if (index < MIX.length) return (MIX[index] as readonly [Style, number])[0];
  for (const [style, share] of MIX) {
    rank -= share;
    if (rank < 0) return style;
  }
  return 'holder';
};

type Draft = Readonly<{ deposits: readonly PlannedDeposit[]; orders: readonly PlannedOrder[] }>;

/** Draws a book that fits the instruments of a feed. A function of feed and seed alone. */
export const drawPopulation = (
  feed: MarketFeed,
  accounts: number,
  seed: number,
): readonly PlannedAccount[] => {
  const planner = new Planner(feed, seed);
  return Array.from({ length: accounts }, (_, index) => planner.account(index));
};

class Planner {
  readonly #feed: MarketFeed;
  readonly #seed: number;
  readonly #coins: readonly FeedAsset[];
  readonly #stables: readonly FeedAsset[];

  constructor(feed: MarketFeed, seed: number) {
    this.#feed = feed;
    this.#seed = seed;
    this.#coins = feed.assets.filter(({ kind }) => kind === 'coin');
    // A stablecoin that no venue trades is no collateral that anybody would be asked to sell.
    this.#stables = feed.assets.filter(
      ({ kind, symbol }) =>
        kind === 'stablecoin' && feed.venues.some(({ instruments }) => instruments.includes(`${symbol}/USD`)),
    );
  }

  account(index: number): PlannedAccount {
    const random = Random.of('account', this.#seed, index);
    const style = styleOf(index, random);
    // Two accounts a client: enough for transfers between them.
    const clientId = `c${String(Math.floor(index / 2)).padStart(4, '0')}`;
    const accountId = `a${String(index).padStart(4, '0')}`;
    const draft = this.#draft(style, random);
    const topUp = style === 'leveraged' ? 0.3 : 0.7;
    const orders = [...draft.orders, ...this.#dated(index, draft.deposits)];
    return {
      clientId,
      accountId,
      style,
      deposits: draft.deposits,
      orders,
      topUp,
      activity: style === 'maker' ? 0.06 : 0.004,
    };
  }

  #draft(style: Style, random: Random): Draft {
    const coin = random.pick(this.#coins);
    const usd = Math.round(random.between(20_000, 200_000));
    switch (style) {
      case 'leveraged':
        return this.#leveraged(coin, usd, random.between(2.5, 7), random);
      case 'basis':
        return this.#basis(coin, usd, random.between(2, 4), random);
      case 'hedged':
        return this.#hedged(coin, usd, random.between(3, 6), random);
      case 'maker':
        return this.#maker(coin, usd, random);
      case 'whale':
        return this.#leveraged(coin, usd * 12, random.between(1.5, 3), random);
      case 'lender':
        return {
          deposits: [cash('USD', usd * 10, CASH_VAULT), this.#coinDeposit(coin, usd * 4)],
          orders: [],
        };
      case 'holder':
        return this.#holder(coin, usd, random);
    }
  }

  /** Long (seven in ten) or short one coin, margin in dollars or in a stablecoin. */
  #leveraged(coin: FeedAsset, usd: number, leverage: number, random: Random): Draft {
    const instrument = this.#derivative(coin) ?? this.#spot(coin);
    const stable = random.chance(0.4) ? this.#stables[0] : undefined;
    const side = random.chance(0.7) ? 'buy' : 'sell';
    const order = this.#order(instrument, side, usd * leverage, random, []);
    const deposit =
      stable === undefined ? cash('USD', usd, CASH_VAULT) : cash(stable.symbol, usd, CHAIN_VAULT);
    return { deposits: [deposit], orders: this.#slices(order, usd * leverage, random) };
  }

  /**
   * Buys the coin at one venue and sells the perpetual at another; without perpetuals, holds it and borrows
   * dollars.
   */
  #basis(coin: FeedAsset, usd: number, size: number, random: Random): Draft {
    const perpetual = this.#derivative(coin);
    const long = this.#order(this.#spot(coin), 'buy', usd * size, random, []);
    const deposits = [cash('USD', usd, CASH_VAULT)];
    if (perpetual === undefined) return { deposits, orders: [long] };
    const short = this.#order(perpetual, 'sell', usd * size, random, [this.#venue(random)]);
    return { deposits, orders: [long, { ...short, quantity: long.quantity }] };
  }

  /** Long at one venue, short the same at another: nets across venues. */
  #hedged(coin: FeedAsset, usd: number, size: number, random: Random): Draft {
    const instrument = this.#derivative(coin);
    if (instrument === undefined) return this.#basis(coin, usd, 1, random);
    const first = this.#venue(random);
    const others = this.#reliable().filter((venue) => venue !== first);
    const second = others[random.below(others.length)] ?? first;
    const long = this.#order(instrument, 'buy', usd * size, random, [first]);
    const short = { ...long, side: 'sell' as const, venues: [second], tick: long.tick + 1 };
    return { deposits: [cash('USD', usd, CASH_VAULT)], orders: [long, short] };
  }

  #maker(coin: FeedAsset, usd: number, random: Random): Draft {
    const order = this.#order(this.#derivative(coin) ?? this.#spot(coin), 'buy', usd * 0.5, random, []);
    return { deposits: [cash('USD', usd * 2, CASH_VAULT), this.#coinDeposit(coin, usd)], orders: [order] };
  }

  /** Holds coins and has spent dollars that it did not have: a loan against collateral. */
  #holder(coin: FeedAsset, usd: number, random: Random): Draft {
    const other = random.pick(this.#coins);
    const order = this.#order(this.#spot(other), 'buy', usd * random.between(0.3, 0.55), random, []);
    return { deposits: [this.#coinDeposit(coin, usd)], orders: [order] };
  }

  /**
   * Every third account also trades what expires: the future, a call or a put bought or sold, or a spread.
   * Drawn apart, so that everything else is the same without it. Small against what the account brought.
   */
  #dated(index: number, deposits: readonly PlannedDeposit[]): readonly PlannedOrder[] {
    const ending = this.#feed.instruments.filter(({ expiresAtMs }) => this.#endsInside(expiresAtMs));
    if (ending.length === 0 || index % 3 !== 1) return [];
    const random = Random.of('dated', this.#seed, index);
    const brought = deposits.reduce((sum, { asset, amount }) => {
      const price = this.#feed.assets.find(({ symbol }) => symbol === asset)?.price ?? 0;
      return sum + textToFloat(amount) * price;
    }, 0);
    const usd = Math.min(60_000, brought * random.between(0.1, 0.3));
    const side = random.chance(0.5) ? 'buy' : 'sell';
    const order = this.#order(random.pick(ending), side, usd, random, []);
    const product = this.#feed.products[random.below(Math.max(1, this.#feed.products.length))];
    if (product === undefined || !random.chance(0.3)) return [order];
    const leg = this.#feed.instruments.find(
      ({ instrumentId }) => instrumentId === product.legs[0]?.instrumentId,
    );
    const whole = this.#order(leg ?? random.pick(ending), side, usd, random, []);
    return [{ ...whole, instrumentId: '', productId: product.productId }];
  }

  #endsInside(expiresAtMs: number): boolean {
    return expiresAtMs !== 0 && expiresAtMs < this.#feed.timeOf(this.#feed.ticks - 1);
  }

  #coinDeposit(coin: FeedAsset, usd: number): PlannedDeposit {
    const amount = floatToText(usd / coin.price, Math.min(coin.scale, 6), 'down');
    return { asset: coin.symbol, amount, location: CHAIN_VAULT };
  }

  /** Large orders are worked in parts, one a tick, so that they do not sweep a book. */
  #slices(order: PlannedOrder, usd: number, random: Random): readonly PlannedOrder[] {
    const parts = Math.min(20, Math.max(1, Math.ceil(usd / 400_000)));
    const instrument = this.#feed.instruments.find(({ instrumentId }) => instrumentId === order.instrumentId);
    const quantity = floatToText(
      textToFloat(order.quantity) / parts,
      digitsOf(instrument?.lot ?? '1'),
      'down',
    );
    const start = order.tick + random.below(3);
    return Array.from({ length: parts }, (_, i) => ({ ...order, quantity, tick: start + i }));
  }

  #order(
    instrument: FeedInstrument,
    side: 'buy' | 'sell',
    usd: number,
    random: Random,
    venues: readonly string[],
  ): PlannedOrder {
    const asset = this.#feed.assets.find(({ symbol }) => symbol === instrument.underlying) as FeedAsset;
    const quantity = floatToText(usd / asset.price, digitsOf(instrument.lot), 'down');
    const tick = 1 + random.below(Math.max(2, Math.floor(this.#feed.ticks / 12)));
    return { tick, instrumentId: instrument.instrumentId, side, quantity, venues };
  }

  #spot(coin: FeedAsset): FeedInstrument {
    return this.#feed.instruments.find(
      ({ kind, underlying }) => kind === 'spot' && underlying === coin.symbol,
    ) as FeedInstrument;
  }

  #derivative(coin: FeedAsset): FeedInstrument | undefined {
    return this.#feed.instruments.find(
      ({ kind, underlying }) => kind === 'perpetual' && underlying === coin.symbol,
    );
  }

  /** Venues that a careful client would name: not the one with the smallest credit limit. */
  #reliable(): readonly string[] {
    const limits = this.#feed.venues.map(({ creditLimit }) => textToFloat(creditLimit));
    const least = Math.min(...limits);
    const venues = this.#feed.venues.filter(({ creditLimit }) => textToFloat(creditLimit) > least);
    return (venues.length > 0 ? venues : this.#feed.venues).map(({ venueId }) => venueId);
  }

  #venue(random: Random): string {
    return random.pick(this.#reliable());
  }
}

const digitsOf = (step: string): number => (step.includes('.') ? step.length - step.indexOf('.') - 1 : 0);

const cash = (asset: string, amount: number, location: string): PlannedDeposit => ({
  asset,
  amount: floatToText(amount, 2, 'down'),
  location,
});
