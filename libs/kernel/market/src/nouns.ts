/**
 * Reference data as the kernel speaks of it. Decimal strings are exact; see docs/glossary.md for signs and
 * units.
 */
export type AssetKind = 'fiat' | 'stablecoin' | 'coin';

export type Asset = Readonly<{
  symbol: string;
  /** Decimal places of the smallest unit. */
  scale: number;
  kind: AssetKind;
  chains: readonly string[];
}>;

export type InstrumentKind = 'spot' | 'perpetual' | 'future' | 'option';

export type Instrument = Readonly<{
  id: string;
  kind: InstrumentKind;
  underlying: string;
  /** Quote asset of a spot pair, settlement asset of a derivative. */
  quoteAsset: string;
  /** Units of the underlying per contract, decimal string. */
  contractSize: string;
  inverse: boolean;
  expiresAtMs: number;
  strike: string;
  optionType: '' | 'call' | 'put';
}>;

export type Listing = Readonly<{ instrumentId: string; lot: string; tick: string; minQuantity: string }>;

export type VenueState = 'up' | 'down' | 'reduce-only';

export type Venue = Readonly<{
  id: string;
  kind: 'cex' | 'dex' | 'otc';
  chain: string;
  makerFeePpm: number;
  takerFeePpm: number;
  /** Most that an option is charged, parts per million of its premium; 0 for no cap (`trading-fee.ts`). */
  optionFeeCapPpm: number;
  /** USD that the broker may have at risk there, decimal string. */
  creditLimit: string;
  defaultProbabilityPpm: number;
  lossGivenDefaultPpm: number;
  /** Flat requirement of the venue, parts per million of gross notional. */
  requirementPpm: number;
  /** What the venue asks margin by: `flat`, or the name of a rulebook of the margin library. */
  rulebook: string;
  transferablePpm: number;
  listings: ReadonlyMap<string, Listing>;
  state: VenueState;
}>;

export type Side = 'buy' | 'sell';

export const SIGN: Readonly<Record<Side, 1 | -1>> = { buy: 1, sell: -1 };

export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

export type MarkState = 'live' | 'degraded' | 'halted';

/** Every price in the kernel is against this asset unless said otherwise. */
export const NUMERAIRE = 'USD';

/** Instrument whose mark is the asset's price in USD. */
export const indexOf = (asset: string): string => `${asset}/${NUMERAIRE}`;
