import { holdAtBounds } from './price-guards.ts';
import type { MarkState } from '@plinth/market';
import type { Mark, pricingMessages, Quote } from '@plinth/messages';
import type { Vote } from './aggregate.ts';
import { consensus, type Consensus, type GroupedVote } from './consensus.ts';
import { convert } from './conversion.ts';
import { exclusionOf, isUncertain, type Exclusion } from './exclusion.ts';
import { conversionAsset, parseSource, type Listed } from './pairs.ts';
import { distance, exceedsPpm, priceText, priceUnits } from './price-units.ts';
import { allowedMove, holdBack, limitSpeed, type Direction, type Limited } from './speed-limit.ts';
import { averageOf, holdPrice, type TwapWindow } from './twap.ts';
import { perYear, PRIOR_VOLATILITY, sampleVolatility, type VolatilitySample } from './volatility.ts';

export type SubmittedQuote = pricingMessages.SubmittedQuote;

/**
 * What the stream of marks remembers of an instrument: its last mark and all that the next one depends on.
 */
export type MarkMemory = Readonly<{
  mark: Mark;
  price: bigint;
  confidence: bigint;
  atMs: number;
  twap: TwapWindow;
  volatility: VolatilitySample;
  /** Newest source time that was used, by source. */
  sourceTimes: ReadonlyMap<string, number>;
}>;

/** USD price of an asset in this round; undefined when it has no live mark that no guard holds back. */
export type RateOf = (asset: string) => Vote | undefined;

export type Judgement = Readonly<{ mark: Mark; quotes: readonly Quote[] }>;

type Judged = Readonly<{ row: Quote; vote: GroupedVote | undefined }>;

const rowOf = (quote: SubmittedQuote, excluded: Exclusion | '', rate: Vote | undefined): Quote => ({
  instrumentId: quote.instrumentId,
  source: quote.source,
  group: quote.group,
  price: quote.price,
  confidence: quote.confidence,
  sourceTimeMs: quote.sourceTimeMs,
  volume: quote.volume,
  excluded,
  conversion: rate === undefined ? '' : priceText(rate.price),
  conversionConfidence: rate === undefined ? '' : priceText(rate.confidence),
  bid: excluded === 'crossed' ? quote.bid : '',
  ask: excluded === 'crossed' ? quote.ask : '',
});

/** Everything that can be said of one quote without looking at the others. */
const judgeQuote = (
  listed: Listed,
  quote: SubmittedQuote,
  atMs: number,
  lastSourceTimeMs: number,
  rateOf: RateOf,
): Judged => {
  const given = {
    price: priceUnits(quote.price, 'price'),
    confidence: priceUnits(quote.confidence, 'confidence', 'up'),
  };
  const book =
    quote.bid === '' ? {} : { bid: priceUnits(quote.bid, 'bid'), ask: priceUnits(quote.ask, 'ask') };
  const facts = { price: given.price, sourceTimeMs: quote.sourceTimeMs, ...book };
  const excluded = exclusionOf(facts, listed.rule, atMs, lastSourceTimeMs);
  if (excluded !== undefined) return { row: rowOf(quote, excluded, undefined), vote: undefined };
  const asset = conversionAsset(listed, parseSource(quote.source)?.pair ?? '');
  const rate = asset === undefined || asset === '' ? undefined : rateOf(asset);
  if (asset !== '' && rate === undefined) {
    return { row: rowOf(quote, 'unpriced-quote-asset', undefined), vote: undefined };
  }
  const vote = rate === undefined ? given : convert(given, rate);
  if (vote.price <= 0n) return { row: rowOf(quote, 'non-positive', rate), vote: undefined };
  if (isUncertain(vote.price, vote.confidence, listed.rule)) {
    return { row: rowOf(quote, 'uncertain', rate), vote: undefined };
  }
  return { row: rowOf(quote, '', rate), vote: { ...vote, group: quote.group } };
};

/** What a recorded quote says in the instrument's own quote asset; undefined when it never got so far. */
export const recordedVote = (listed: Listed, quote: Quote): Vote | undefined => {
  const asset = conversionAsset(listed, parseSource(quote.source)?.pair ?? '');
  if (asset === undefined || (asset !== '' && quote.conversion === '')) return undefined;
  const given = {
    price: priceUnits(quote.price, 'price'),
    confidence: priceUnits(quote.confidence, 'confidence', 'up'),
  };
  if (asset === '') return given;
  const rate = {
    price: priceUnits(quote.conversion, 'conversion'),
    confidence: priceUnits(quote.conversionConfidence, 'conversionConfidence'),
  };
  return convert(given, rate);
};

/** The centre of a recorded round again, from the quotes of its event. Undefined when none was usable. */
export const recordedConsensus = (listed: Listed, quotes: readonly Quote[]): Consensus | undefined => {
  const votes = quotes.flatMap((quote) => {
    if (quote.excluded !== '' && quote.excluded !== 'outlier') return [];
    const vote = recordedVote(listed, quote);
    return vote === undefined ? [] : [{ ...vote, group: quote.group }];
  });
  return votes.length === 0 ? undefined : consensus(votes, listed.rule);
};

/**
 * Moves the one-hour average on to `atMs`: the mark before stood until then, and counts unless it was
 * halted.
 */
export const carryOn = (memory: MarkMemory | undefined, atMs: number): TwapWindow => {
  const isHeld = memory !== undefined && memory.mark.state !== 'halted';
  return holdPrice(memory?.twap ?? [], memory?.price ?? 0n, isHeld ? memory.atMs : atMs, atMs);
};

const volatilityOf = (listed: Listed, memory: MarkMemory | undefined, price: bigint, atMs: number): number =>
  memory === undefined
    ? PRIOR_VOLATILITY[listed.stable ? 'stable' : 'other']
    : perYear(sampleVolatility(memory.volatility, price, atMs));

const markOf = (
  listed: Listed,
  memory: MarkMemory | undefined,
  price: Vote,
  atMs: number,
  rest: Pick<Mark, 'state' | 'sources' | 'guarded' | 'confirming'>,
): Mark => {
  return {
    instrumentId: listed.instrumentId,
    price: priceText(price.price),
    confidence: priceText(price.confidence),
    twap: priceText(averageOf(carryOn(memory, atMs)) ?? price.price),
    volatility: volatilityOf(listed, memory, price.price, atMs),
    forward: 0,
    fixedForward: 0,
    ...rest,
  };
};

/**
 * live, or why not (finance: oracle, 5). A mark that was halted is degraded for one round before it is live
 * again.
 */
export const stateOf = (
  centre: Consensus,
  listed: Listed,
  memory: MarkMemory | undefined,
  average: bigint | undefined,
): MarkState => {
  const { rule } = listed;
  const { price, confidence } = centre;
  if (centre.standing !== 'agreed' || exceedsPpm(confidence, price, rule.maxConfidencePpm)) return 'degraded';
  if (memory?.mark.state === 'halted') return 'degraded';
  const isFar =
    rule.maxTwapDeviationPpm > 0 &&
    average !== undefined &&
    exceedsPpm(distance(price, average), average, rule.maxTwapDeviationPpm);
  return isFar ? 'degraded' : 'live';
};

const limited = (
  listed: Listed,
  centre: Consensus,
  memory: MarkMemory | undefined,
  atMs: number,
): Limited => {
  const free = {
    price: centre.price,
    confidence: centre.confidence,
    guarded: false,
    confirming: '',
  } as const;
  if (memory === undefined) return free;
  if (centre.standing === 'disputed') return holdBack(centre, memory);
  const limit = allowedMove(memory.price, listed.rule.maxMovePpmPerSecond, atMs - memory.atMs);
  const previous = { price: memory.price, confirming: memory.mark.confirming as Direction };
  return limitSpeed(centre, previous, limit);
};

/**
 * The mark of one instrument from the quotes of a round. Undefined when there was never a usable one: what
 * was never priced has no mark. Without a usable quote the last price stays and the mark is halted.
 */
export const judge = (
  listed: Listed,
  quotes: readonly SubmittedQuote[],
  memory: MarkMemory | undefined,
  atMs: number,
  rateOf: RateOf,
): Judgement | undefined => {
  const judged = quotes.map((quote) =>
    judgeQuote(listed, quote, atMs, memory?.sourceTimes.get(quote.source) ?? 0, rateOf),
  );
  const votes = judged.flatMap(({ vote }) => (vote === undefined ? [] : [vote]));
  if (votes.length === 0) {
    if (memory === undefined) return undefined;
    return { mark: halt(listed, memory, atMs), quotes: judged.map(({ row }) => row) };
  }
  const centre = consensus(votes, listed.rule);
  let place = 0;
  const rows = judged.map(({ row, vote }) =>
    vote !== undefined && centre.outliers[place++] === true ? { ...row, excluded: 'outlier' } : row,
  );
  const price = holdAtBounds(listed.rule, centre.price, limited(listed, centre, memory, atMs));
  const { confirming } = price;
  // What comes first after a halt is one opinion of a market that nobody has seen: a second round confirms
  // it.
  const guarded = price.guarded || memory?.mark.state === 'halted';
  const average = averageOf(carryOn(memory, atMs));
  const state = stateOf(centre, listed, memory, average);
  const sources = centre.votes.length;
  return { mark: markOf(listed, memory, price, atMs, { state, sources, guarded, confirming }), quotes: rows };
};

/** The last price stays as the last word; nobody may act on it but to reduce. */
export const halt = (listed: Listed, memory: MarkMemory, atMs: number): Mark =>
  markOf(listed, memory, memory, atMs, { state: 'halted', sources: 0, guarded: false, confirming: '' });
