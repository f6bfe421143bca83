import { fixed, logarithm, normal, over, squareRoot, times, UNIT } from './fixed.ts';

/** What a made case holds; a key that is left out, or null, is what the format says of it. */
export type MadeOption = Readonly<{
  market: 'ETH' | 'BTC';
  seconds: number;
  strike: number;
  isCall: boolean;
  amount: number;
  vol: number;
  volConfidence: number;
}>;
export type MadeFeed = Readonly<{ forward: number; confidence: number }>;
export type MadeMarket = Readonly<{
  spot: number;
  perp: number;
  spotConfidence: number;
  perpConfidence: number;
  size: number;
  coins: number;
  /** null: no entry is known. */
  entry: number | null;
  index: number | null;
  globalIndex: number;
  /** What is fixed of the settlement: its price, or a share of it and the average so far. */
  settlement: Readonly<{ price: number }> | Readonly<{ share: number; average: number }>;
}>;
export type MadeTerms = Readonly<{
  perp: Readonly<{ mm: number; im: number }>;
  option: Readonly<
    Record<
      | 'maxSpotReq'
      | 'minSpotReq'
      | 'mmCallSpotReq'
      | 'mmPutSpotReq'
      | 'MMPutMtMReq'
      | 'unpairedIMScale'
      | 'unpairedMMScale'
      | 'mmOffsetScale',
      number
    >
  >;
  base: Readonly<{ marginFactor: number; IMScale: number }>;
  depeg: Readonly<{ threshold: number; factor: number }>;
  oracle: Readonly<{ threshold: number; factor: number }>;
}>;

export type MadeCase = Readonly<{
  cash: number;
  stable: number;
  svi: readonly number[] | undefined;
  options: readonly MadeOption[];
  feeds: ReadonlyMap<string, MadeFeed>;
  markets: Readonly<Record<'ETH' | 'BTC', MadeMarket>>;
  terms: MadeTerms;
}>;

export const feedKey = (market: string, seconds: number): string => `${market} ${seconds}`;

const YEAR = fixed(31_536_000);
const higher = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const size = (a: bigint): bigint => (a < 0n ? -a : a);

/** F·N(d₁) − K·N(d₂), and the put by parity; what it pays where nothing moves any more. */
const black = (isCall: boolean, forward: bigint, strike: bigint, vol: bigint, years: bigint): bigint => {
  const deviation = years === 0n ? 0n : times(vol, squareRoot(years));
  const over0 = forward - strike;
  if (deviation === 0n) return higher(isCall ? over0 : -over0, 0n);
  const d1 = over(logarithm(over(forward, strike)), deviation) + deviation / 2n;
  const call = times(forward, normal(d1)) - times(strike, normal(d1 - deviation));
  return isCall ? call : call - over0;
};

/** √(a + b·(ρ·(k − m) + √((k − m)² + σ²))), k = ln K/F. */
const sviVolatility = ([a, b, rho, m, sigma]: readonly number[], strike: bigint, forward: bigint): bigint => {
  const away = logarithm(over(strike, forward)) - fixed(m!);
  const bend = squareRoot(times(away, away) + times(fixed(sigma!), fixed(sigma!)));
  return squareRoot(fixed(a!) + times(fixed(b!), times(fixed(rho!), away) + bend));
};

type Sums = Record<'initial' | 'maintenance', bigint>;
type Part = Readonly<{ alone: Sums; bounded: Sums; margin: Sums; value: bigint; shorts: bigint }>;

const expiry = (made: MadeCase, options: readonly MadeOption[]): Part => {
  const { market, seconds } = options[0]!;
  const { option: terms } = made.terms;
  const { spot: spotNumber, settlement } = made.markets[market];
  const spot = fixed(spotNumber);
  const quoted = fixed(made.feeds.get(feedKey(market, seconds))!.forward);
  let forward = quoted;
  if (seconds < 3_600) {
    forward =
      'price' in settlement
        ? fixed(settlement.price)
        : times(fixed(settlement.share), fixed(settlement.average)) +
          times(UNIT - fixed(settlement.share), quoted);
  }
  const alone: Sums = { initial: 0n, maintenance: 0n };
  let [value, calls, shorts] = [0n, 0n, 0n];
  for (const { isCall, strike: at, amount, vol } of options) {
    const [strike, held] = [fixed(at), fixed(amount)];
    const volatility = made.svi === undefined ? fixed(vol) : sviVolatility(made.svi, strike, quoted);
    const worth = times(held, black(isCall, forward, strike, volatility, over(fixed(seconds), YEAR)));
    value += worth;
    if (isCall) calls += held;
    if (held >= 0n) continue;
    shorts -= held;
    const outside = over(higher(isCall ? strike - spot : spot - strike, 0n), spot);
    const share = higher(fixed(terms.maxSpotReq) - outside, fixed(terms.minSpotReq));
    const initial = times(times(share, spot), held) + worth;
    const notional = times(spot, held);
    if (isCall) {
      alone.initial += initial;
      alone.maintenance += times(fixed(terms.mmCallSpotReq), notional) + worth;
      continue;
    }
    const kept =
      lower(times(fixed(terms.mmPutSpotReq), notional), times(fixed(terms.MMPutMtMReq), worth)) + worth;
    alone.maintenance += kept;
    alone.initial += lower(initial, times(kept, fixed(terms.mmOffsetScale)));
  }
  const pays = (price: bigint): bigint =>
    options.reduce((sum, { isCall, strike, amount }) => {
      const inside = isCall ? price - fixed(strike) : fixed(strike) - price;
      return sum + times(fixed(amount), higher(inside, 0n));
    }, 0n);
  const least = [0n, ...options.map(({ strike }) => fixed(strike))].map(pays).reduce(lower);
  const naked = times(lower(calls, 0n), forward);
  const bounds: Sums = {
    initial: times(naked, fixed(terms.unpairedIMScale)),
    maintenance: times(naked, fixed(terms.unpairedMMScale)),
  };
  const both = (of: (which: keyof Sums) => bigint): Sums => ({
    initial: of('initial'),
    maintenance: of('maintenance'),
  });
  return {
    ...{ alone, value, shorts },
    bounded: both((which) => least + bounds[which]),
    margin: both((which) => higher(alone[which], lower(least, 0n) + bounds[which])),
  };
};

const marketOf = (made: MadeCase, name: 'ETH' | 'BTC') => {
  const { terms } = made;
  const own = made.markets[name];
  const [spot, perp, held, coins] = [own.spot, own.perp, own.size, own.coins].map(fixed) as [
    ...[bigint, bigint, bigint, bigint],
  ];
  const unsure = (confidence: number, quantity: bigint): bigint =>
    confidence < terms.oracle.threshold
      ? times(times(UNIT - fixed(confidence), fixed(terms.oracle.factor)), times(spot, quantity))
      : 0n;
  const expiries: Part[] = [];
  let oracle = unsure(Math.min(own.spotConfidence, own.perpConfidence), size(held));
  oracle += unsure(own.spotConfidence, coins);
  const mine = made.options.filter(({ market }) => market === name);
  for (const seconds of new Set(mine.map((option) => option.seconds))) {
    const options = mine.filter((option) => option.seconds === seconds);
    const part = expiry(made, options);
    const feed = made.feeds.get(feedKey(name, seconds))!;
    const doubts = options.map(({ volConfidence }) => volConfidence);
    oracle += unsure(Math.min(own.spotConfidence, feed.confidence, ...doubts), part.shorts);
    expiries.push(part);
  }
  const total = (of: (part: Part) => bigint): bigint => expiries.reduce((sum, part) => sum + of(part), 0n);
  const peg = times(higher(fixed(terms.depeg.threshold) - fixed(made.stable), 0n), fixed(terms.depeg.factor));
  const counted = times(times(coins, spot), fixed(terms.base.marginFactor));
  const notional = times(size(held), perp);
  return {
    options: total,
    value: total(({ value }) => value) + over(times(coins, spot), fixed(made.stable)),
    profit: own.entry === null ? 0n : times(held, perp - fixed(own.entry)),
    funding: own.index === null ? 0n : times(held, fixed(own.index) - fixed(own.globalIndex)),
    perp: {
      initial: -times(notional, fixed(terms.perp.im)),
      maintenance: -times(notional, fixed(terms.perp.mm)),
    },
    base: { initial: times(counted, fixed(terms.base.IMScale)), maintenance: counted },
    oracle: -oracle,
    depeg: -times(times(peg, spot), total(({ shorts }) => shorts) + size(held)),
  };
};

/** Every figure that a case of the format may expect; perpetuals and coins ask for one of two. */
export const standardMargin = (made: MadeCase, which: keyof Sums): Readonly<Record<string, bigint>> => {
  const [eth, btc] = [marketOf(made, 'ETH'), marketOf(made, 'BTC')];
  type Market = typeof eth;
  const sum = (of: (market: Market) => bigint): bigint => of(eth) + of(btc);
  const figures: Record<string, bigint> = {};
  for (const [name, { options }] of [
    ['ETH', eth],
    ['BTC', btc],
  ] as const) {
    for (const [suffix, side] of [
      ['MM', 'maintenance'],
      ['IM', 'initial'],
    ] as const) {
      figures[`${name}Option${suffix}`] = options(({ margin }) => margin[side]);
      figures[`${name}OptionIsolated${suffix}`] = options(({ alone }) => alone[side]);
      figures[`${name}OptionBounded${suffix}`] = options(({ bounded }) => bounded[side]);
    }
  }
  const cash = fixed(made.cash);
  const gains = sum(({ profit, funding }) => profit + funding);
  const asked = (side: keyof Sums): bigint =>
    cash +
    gains +
    sum(({ options, perp, base }) => options(({ margin }) => margin[side]) + perp[side] + base[side]);
  const [oracle, depeg] = [sum((market) => market.oracle), sum((market) => market.depeg)];
  const [maintenance, initial] = [asked('maintenance'), asked('initial') + oracle + depeg];
  return {
    ...figures,
    PortfolioMtM: cash + gains + sum(({ value }) => value),
    UnrealizedPNL: sum(({ profit }) => profit),
    UnsettledFunding: sum(({ funding }) => funding),
    PerpMargin: sum(({ perp }) => perp[which]),
    BaseMargin: sum(({ base }) => base[which]),
    ...{ OracleConts: oracle, DepegIMs: depeg, Cash: cash },
    ...{ HandMM: maintenance, realMM: maintenance, HandIM: initial, realIM: initial },
  };
};
