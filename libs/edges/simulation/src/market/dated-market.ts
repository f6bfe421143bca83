import { blackPrice } from '@plinth/options';
import type { FeedInstrument, FeedProduct } from './market-feed.ts';
import type { Scenario, UnderlyingSpec } from './scenario.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 31_536_000_000;
/** Prices of options are quoted in steps of this part of the underlying's first price, as a power of ten. */
const TICK_SHARE = 1e-5;
/** The least volatility that is quoted: a maker does not sell what may move for nothing. */
const LEAST_VOLATILITY = 0.3;

/** A quote as wide as its own price says nothing: what is nearly worthless is still quoted. */
const WIDEST = 0.8;

const expiryOf = ({ startsAtMs, dated }: Scenario): number =>
  startsAtMs + Math.round((dated?.expiryHour ?? 0) * HOUR_MS);

/** `20260102`, as contracts are named. */
const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');

const datedUnderlyings = ({ underlyings, dated }: Scenario): readonly UnderlyingSpec[] =>
  dated === undefined ? [] : underlyings.slice(0, dated.underlyings);

const powerOfTen = (value: number): string => {
  const digits = Math.round(-Math.log10(value));
  return digits > 0 ? `0.${'0'.repeat(digits - 1)}1` : `1${'0'.repeat(-digits)}`;
};

const idOf = (scenario: Scenario, { asset }: UnderlyingSpec): string =>
  `${asset}-${dateOf(expiryOf(scenario))}`;

const strikeOf = ({ price }: UnderlyingSpec, share: number): string => String(Math.round(price * share));

const optionId = (scenario: Scenario, spec: UnderlyingSpec, share: number, type: 'call' | 'put'): string =>
  `${idOf(scenario, spec)}-${strikeOf(spec, share)}-${type === 'call' ? 'C' : 'P'}`;

/** One future, and a call and a put at every strike, of each underlying; all with one expiry. */
export const datedInstruments = (scenario: Scenario): readonly FeedInstrument[] =>
  datedUnderlyings(scenario).flatMap((spec) => {
    const base = {
      ...{ underlying: spec.asset, quoteAsset: 'USD', expiresAtMs: expiryOf(scenario) },
      ...{ lot: spec.lot, minSources: 2, maxAgeMs: 2 * scenario.tickMs },
    };
    const future: FeedInstrument = {
      ...base,
      ...{ instrumentId: idOf(scenario, spec), kind: 'future', tick: spec.tick, strike: '', optionType: '' },
    };
    const options = (scenario.dated?.strikes ?? []).flatMap((share) =>
      (['call', 'put'] as const).map((optionType): FeedInstrument => ({
        ...base,
        ...{ kind: 'option', tick: powerOfTen(spec.price * TICK_SHARE), optionType },
        instrumentId: optionId(scenario, spec, share, optionType),
        strike: strikeOf(spec, share),
      })),
    );
    return [future, ...options];
  });

/** The call spread over the two strikes of each underlying. */
export const productsOf = (scenario: Scenario): readonly FeedProduct[] => {
  const [low, high] = scenario.dated?.strikes ?? [];
  if (low === undefined || high === undefined) return [];
  return datedUnderlyings(scenario).map((spec) => ({
    productId: `${spec.asset}-CS-${strikeOf(spec, low)}-${strikeOf(spec, high)}`,
    name: `${spec.asset} call spread ${strikeOf(spec, low)}/${strikeOf(spec, high)}`,
    kind: 'call-spread',
    legs: [
      { instrumentId: optionId(scenario, spec, low, 'call'), ratio: '1' },
      { instrumentId: optionId(scenario, spec, high, 'call'), ratio: '-1' },
    ],
  }));
};

export type OptionQuote = Readonly<{
  mid: number;
  /** Half of the maker's spread, as a part of the mid. */
  halfSpread: number;
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
  const at = (v: number): number =>
    blackPrice({ isCall: optionType === 'call', forward, strike: Number(strike), volatility: v, years });
  const mid = Math.max(Number(tick), at(volatility));
  const width = at(volatility + halfSpreadVolatility) - at(volatility);
  return { mid, halfSpread: Math.min(WIDEST, Math.max(Number(tick), width) / mid) };
};

export const isOpen = ({ expiresAtMs }: FeedInstrument, atMs: number): boolean =>
  expiresAtMs === 0 || atMs < expiresAtMs;
