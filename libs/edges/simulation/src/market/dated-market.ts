import { blackGreeks } from '@plinth/options';
import type { FeedInstrument, FeedProduct } from './market-feed.ts';
import type { Scenario, UnderlyingSpec } from './scenario.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 31_536_000_000;
/** Prices of options are quoted in steps of this part of the underlying's first price, as a power of ten. */
const TICK_SHARE = 1e-5;
/** The least volatility that is quoted: a maker does not sell what may move for nothing. */
const LEAST_VOLATILITY = 0.3;

/** A quote as wide as its own price says nothing: what is nearly worthless is still quoted. */
export const WIDEST = 0.8;

/** On the hour at or after the time that the scenario names. */
const expiriesOf = ({ startsAtMs, listedAtMs = startsAtMs, dated }: Scenario): readonly number[] =>
  (dated?.expiryHours ?? []).map((hour) => Math.ceil(listedAtMs / HOUR_MS + hour) * HOUR_MS);

/** `20260102`, as contracts are named. */
const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');

const datedUnderlyings = ({ underlyings, dated }: Scenario): readonly UnderlyingSpec[] =>
  dated === undefined ? [] : underlyings.slice(0, dated.underlyings);

const powerOfTen = (value: number): string => {
  const digits = Math.round(-Math.log10(value));
  return digits > 0 ? `0.${'0'.repeat(digits - 1)}1` : `1${'0'.repeat(-digits)}`;
};

const idOf = ({ asset }: UnderlyingSpec, expiresAtMs: number): string => `${asset}-${dateOf(expiresAtMs)}`;

const strikeOf = ({ price }: UnderlyingSpec, share: number): string => String(Math.round(price * share));

type OptionType = 'call' | 'put';

const optionId = (spec: UnderlyingSpec, expiresAtMs: number, share: number, type: OptionType): string =>
  `${idOf(spec, expiresAtMs)}-${strikeOf(spec, share)}-${type === 'call' ? 'C' : 'P'}`;

/** One future, and a call and a put at every strike, of each underlying and expiry. */
export const datedInstruments = (scenario: Scenario): readonly FeedInstrument[] =>
  datedUnderlyings(scenario).flatMap((spec) =>
    expiriesOf(scenario).flatMap((expiresAtMs) => seriesOf(scenario, spec, expiresAtMs)),
  );

const seriesOf = (
  { dated, tickMs }: Scenario,
  spec: UnderlyingSpec,
  expiresAtMs: number,
): readonly FeedInstrument[] => {
  const base = {
    ...{ underlying: spec.asset, quoteAsset: 'USD', expiresAtMs },
    ...{ lot: spec.lot, minSources: 2, maxAgeMs: 2 * tickMs },
  };
  const instrumentId = idOf(spec, expiresAtMs);
  const future: FeedInstrument = {
    ...base,
    ...{ instrumentId, kind: 'future', tick: spec.tick, strike: '', optionType: '' },
  };
  const options = (dated?.strikes ?? []).flatMap((share) =>
    (['call', 'put'] as const).map((optionType): FeedInstrument => ({
      ...base,
      ...{ kind: 'option', tick: powerOfTen(spec.price * TICK_SHARE), optionType },
      instrumentId: optionId(spec, expiresAtMs, share, optionType),
      strike: strikeOf(spec, share),
    })),
  );
  return [future, ...options];
};

/**
 * The call spread over the lowest and the highest strike of each underlying and expiry; with a strike between
 * them also the straddle there, the covered call at the highest and the reverse convertible at the lowest.
 */
export const productsOf = (scenario: Scenario): readonly FeedProduct[] => {
  const { strikes = [] } = scenario.dated ?? {};
  const [low, middle, high] = [strikes[0], strikes[strikes.length >> 1], strikes.at(-1)];
  if (low === undefined || middle === undefined || high === undefined) return [];
  const expiries = expiriesOf(scenario);
  return datedUnderlyings(scenario).flatMap((spec) =>
    expiries.flatMap((expiresAtMs) => {
      const at = (share: number, type: OptionType): string => optionId(spec, expiresAtMs, share, type);
      const named = expiries.length === 1 ? spec.asset : idOf(spec, expiresAtMs);
      const spread = spreadOf(
        named,
        strikeOf(spec, low),
        strikeOf(spec, high),
        at(low, 'call'),
        at(high, 'call'),
      );
      if (middle === high) return [spread];
      return [spread, ...othersOf(named, spec, { low, middle, high }, at)];
    }),
  );
};

const spreadOf = (named: string, low: string, high: string, bought: string, sold: string): FeedProduct => ({
  productId: `${named}-CS-${low}-${high}`,
  name: `${named} call spread ${low}/${high}`,
  kind: 'call-spread',
  legs: [
    { instrumentId: bought, ratio: '1' },
    { instrumentId: sold, ratio: '-1' },
  ],
});

type Strikes = Readonly<{ low: number; middle: number; high: number }>;

const othersOf = (
  named: string,
  spec: UnderlyingSpec,
  { low, middle, high }: Strikes,
  at: (share: number, type: OptionType) => string,
): readonly FeedProduct[] => [
  {
    productId: `${named}-STRADDLE-${strikeOf(spec, middle)}`,
    name: `${named} straddle ${strikeOf(spec, middle)}`,
    kind: 'straddle',
    legs: [
      { instrumentId: at(middle, 'call'), ratio: '1' },
      { instrumentId: at(middle, 'put'), ratio: '1' },
    ],
  },
  {
    productId: `${named}-COVERED-${strikeOf(spec, high)}`,
    name: `${named} covered call ${strikeOf(spec, high)}`,
    kind: 'covered-call',
    legs: [
      { instrumentId: `${spec.asset}/USD`, ratio: '1' },
      { instrumentId: at(high, 'call'), ratio: '-1' },
    ],
  },
  {
    productId: `${named}-RC-${strikeOf(spec, low)}`,
    name: `${named} reverse convertible ${strikeOf(spec, low)}`,
    kind: 'reverse-convertible',
    legs: [{ instrumentId: at(low, 'put'), ratio: '-1' }],
  },
];

export type OptionQuote = Readonly<{
  mid: number;
  /** Half of the maker's spread, as a part of the mid. */
  halfSpread: number;
  /** What a maker pays to hedge, for a spread of the underlying of 1: |Δ| · forward over the mid. */
  hedge: number;
}>;

/**
 * What the maker shows: Black's formula at a share of the phase's volatility, as wide as the price moves with
 * half of the spread in volatility, at least a tick.
 */
export const optionQuote = (
  scenario: Scenario,
  { strike, optionType, expiresAtMs, tick }: FeedInstrument,
  forward: number,
  phaseVolatility: number,
  atMs: number,
): OptionQuote => {
  const { volatilityShare = 1, halfSpreadVolatility = 0 } = scenario.dated ?? {};
  const volatility = Math.max(LEAST_VOLATILITY, phaseVolatility * volatilityShare);
  const years = Math.max(0, expiresAtMs - atMs) / YEAR_MS;
  const at = (v: number) =>
    blackGreeks({ isCall: optionType === 'call', forward, strike: Number(strike), volatility: v, years });
  const { price, delta } = at(volatility);
  const mid = Math.max(Number(tick), price);
  const width = at(volatility + halfSpreadVolatility).price - price;
  return {
    mid,
    halfSpread: Math.min(WIDEST, Math.max(Number(tick), width) / mid),
    hedge: (Math.abs(delta) * forward) / mid,
  };
};

export const isOpen = ({ expiresAtMs }: FeedInstrument, atMs: number): boolean =>
  expiresAtMs === 0 || atMs < expiresAtMs;
