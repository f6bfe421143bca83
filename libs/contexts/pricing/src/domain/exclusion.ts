import type { PriceRule } from '@plinth/messages';
import { LIMITS } from './limits.ts';
import { exceedsPpm } from './price-units.ts';

/** Why a quote is not used in a round, in the order in which it is judged. */
export type Exclusion =
  'future' | 'stale' | 'crossed' | 'non-positive' | 'unpriced-quote-asset' | 'uncertain' | 'outlier';

export type QuoteFacts = Readonly<{
  price: bigint;
  sourceTimeMs: number;
  bid?: bigint;
  ask?: bigint;
}>;

/**
 * What can be said of a quote by itself, before any conversion (finance: oracle, 1). Stale is older than
 * the rule's limit, or older than what the same source has said before: a source's time never goes back.
 */
export const exclusionOf = (
  quote: QuoteFacts,
  rule: PriceRule,
  atMs: number,
  lastSourceTimeMs: number,
): Exclusion | undefined => {
  if (quote.sourceTimeMs > atMs + LIMITS.futureSkewMs) return 'future';
  if (atMs - quote.sourceTimeMs > rule.maxAgeMs || quote.sourceTimeMs < lastSourceTimeMs) return 'stale';
  if (quote.bid !== undefined && quote.ask !== undefined && quote.bid >= quote.ask) return 'crossed';
  return quote.price <= 0n ? 'non-positive' : undefined;
};

/** Confidence over the rule's share of the price, after the conversion; a negative one says nothing. */
export const isUncertain = (price: bigint, confidence: bigint, rule: PriceRule): boolean =>
  confidence < 0n || exceedsPpm(confidence, price, rule.maxConfidencePpm);
