export type FeedLevel = Readonly<{ price: string; quantity: string }>;
export type FeedBook = Readonly<{
  instrumentId: string;
  bids: readonly FeedLevel[];
  asks: readonly FeedLevel[];
  /** Of an option: price of the underlying in the quote asset. */
  indexPrice?: string;
}>;

export type FeedQuote = Readonly<{
  instrumentId: string;
  /** `{venue}:{pair}`. */
  source: string;
  group: string;
  price: string;
  confidence: string;
  sourceTimeMs: number;
  volume: string;
}>;

export type FeedAsset = Readonly<{
  symbol: string;
  scale: number;
  kind: 'fiat' | 'stablecoin' | 'coin';
  /** First price in USD, for sizing books. */
  price: number;
  /** USD that the books take within 1 %, for concentration parameters. */
  depthUsd: number;
}>;

export type FeedInstrument = Readonly<{
  instrumentId: string;
  kind: 'spot' | 'perpetual' | 'future' | 'option';
  underlying: string;
  quoteAsset: string;
  expiresAtMs: number;
  /** Options only; empty otherwise. */
  strike: string;
  optionType: '' | 'call' | 'put';
  tick: string;
  lot: string;
  minSources: number;
  /** A quote older than this is not used: a few bars of the data. */
  maxAgeMs: number;
}>;

export type FeedProduct = Readonly<{
  productId: string;
  name: string;
  kind: string;
  legs: readonly Readonly<{ instrumentId: string; ratio: string }>[];
}>;

export type FeedVenue = Readonly<{
  venueId: string;
  makerFeePpm: number;
  takerFeePpm: number;
  /** Most that an option is charged, parts per million of its premium; 0 for no cap. */
  optionFeeCapPpm: number;
  creditLimit: string;
  defaultProbabilityPpm: number;
  instruments: readonly string[];
}>;

export type VenueFault = 'up' | 'down' | 'timeouts';

export type FeedFunding = Readonly<{
  instrumentId: string;
  venueId: string;
  rate: string;
  indexPrice: string;
}>;

/**
 * What a simulation plays: made or recorded. Everything is a function of the tick, so that a run can be taken
 * up again.
 */
export interface MarketFeed {
  readonly name: string;
  /** Where its figures come from. */
  readonly sources: readonly string[];
  readonly ticks: number;
  readonly assets: readonly FeedAsset[];
  readonly instruments: readonly FeedInstrument[];
  readonly venues: readonly FeedVenue[];
  /** Bundles that can be ordered as one. */
  readonly products: readonly FeedProduct[];
  timeOf(tick: number): number;
  quotesAt(tick: number): readonly FeedQuote[];
  booksAt(tick: number, venueId: string): readonly FeedBook[];
  faultAt(tick: number, venueId: string): VenueFault;
  /** Funding rates of intervals that end at this tick. */
  fundingAt(tick: number): readonly FeedFunding[];
}
