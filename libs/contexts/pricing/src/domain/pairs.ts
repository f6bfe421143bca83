import { ID_PATTERNS, NUMERAIRE, type InstrumentKind } from '@plinth/market';
import type { PriceRule } from '@plinth/messages';
import { LIMITS } from './limits.ts';
import type { OptionTerms } from './option-marks.ts';

/** What a round must know of an instrument. `stable`: its underlying is a stablecoin. */
export type Listed = Readonly<{
  instrumentId: string;
  kind: InstrumentKind;
  underlying: string;
  quoteAsset: string;
  stable: boolean;
  rule: PriceRule;
  /** Options only. */
  option?: OptionTerms;
}>;

/** Who quotes, and which pair: `kraken:BTC/USDC`. */
export type SourceName = Readonly<{ name: string; pair: string }>;

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

export const isSourceName = (name: string): boolean => NAME.test(name);

export const sourceOf = (name: string, pair: string): string => `${name}:${pair}`;

/** The parts of a source; undefined when it is not `{name}:{pair}`. */
export const parseSource = (source: string): SourceName | undefined => {
  if (source.length > LIMITS.sourceLengthMax) return undefined;
  const colon = source.indexOf(':');
  const name = source.slice(0, Math.max(0, colon));
  const pair = source.slice(colon + 1);
  return isSourceName(name) && ID_PATTERNS.instrument.test(pair) ? { name, pair } : undefined;
};

/** Base and quote asset of a spot pair `BTC/USDC`; undefined for a derivative's id. */
export const splitPair = (pair: string): Readonly<{ base: string; quote: string }> | undefined => {
  const slash = pair.indexOf('/');
  return slash < 0 ? undefined : { base: pair.slice(0, slash), quote: pair.slice(slash + 1) };
};

/**
 * The asset whose USD price is needed to read a quote of `pair` as a quote of the instrument: '' when it is
 * the instrument itself; undefined when the pair says nothing about the instrument. Only spot prices in USD
 * are made from other pairs, and only from pairs of the same base: `BTC/USDC` speaks about `BTC/USD`.
 */
export const conversionAsset = (listed: Listed, pair: string): string | undefined => {
  if (pair === listed.instrumentId) return '';
  const parts = splitPair(pair);
  if (parts === undefined || listed.kind !== 'spot' || listed.quoteAsset !== NUMERAIRE) return undefined;
  return parts.base === listed.underlying && parts.quote !== NUMERAIRE ? parts.quote : undefined;
};
