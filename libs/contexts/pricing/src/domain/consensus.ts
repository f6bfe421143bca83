import type { PriceRule } from '@plinth/messages';
import { aggregate, type Vote } from './aggregate.ts';
import { distance, exceedsPpm } from './price-units.ts';

/** A quote that may vote: in the instrument's own quote asset. */
export type GroupedVote = Vote & Readonly<{ group: string }>;

/** One operator's vote: the aggregate of its quotes. */
export type GroupVote = GroupedVote & Readonly<{ quotes: number }>;

/**
 * How much a centre is worth. `agreed`: at least `minSources` independent groups. `corroborated`: fewer,
 * but at least two, and none of them an outlier. `disputed`: one voice alone, or voices that contradict
 * each other.
 */
export type Standing = 'agreed' | 'corroborated' | 'disputed';

export type Consensus = Vote &
  Readonly<{
    standing: Standing;
    /** The groups that the price rests on. */
    votes: readonly GroupVote[];
    /** Same order as the quotes given: further than `maxDeviation` from the centre. */
    outliers: readonly boolean[];
  }>;

/**
 * Quotes of one group, and then the groups, are put together by the same rule. Groups in the order of first
 * quotes.
 */
export const groupVotes = (quotes: readonly GroupedVote[]): readonly GroupVote[] => {
  const byGroup = new Map<string, GroupedVote[]>();
  for (const quote of quotes) {
    const known = byGroup.get(quote.group);
    if (known === undefined) byGroup.set(quote.group, [quote]);
    else known.push(quote);
  }
  return [...byGroup].map(([group, members]) => ({ group, quotes: members.length, ...aggregate(members) }));
};

/** Below three voices nobody can say which of them is wrong. */
const MAJORITY_MIN = 3;

/**
 * The centre of the round (finance: oracle, 2 and 3). Every group votes once; quotes further than
 * `maxDeviation` from the centre of all are outliers. With enough groups left the centre is made again from
 * them. When an exclusion leaves only two of three or more, the price stays the median of all, because the
 * two that are left may include the wrong one: so one bad source among three never moves the price outside
 * the others' band. With too few groups left, the centre and the (wide) confidence of all stand.
 */
export const consensus = (quotes: readonly GroupedVote[], rule: PriceRule): Consensus => {
  const all = groupVotes(quotes);
  const centre = aggregate(all);
  const outliers = quotes.map(({ price }) =>
    exceedsPpm(distance(price, centre.price), centre.price, rule.maxDeviationPpm),
  );
  const kept = groupVotes(quotes.filter((_, n) => !outliers[n]));
  if (kept.length < Math.max(1, rule.minSources)) {
    const isTogether = all.length > 1 && !outliers.includes(true);
    return { ...centre, standing: isTogether ? 'corroborated' : 'disputed', votes: all, outliers };
  }
  const agreed = aggregate(kept);
  if (kept.length >= MAJORITY_MIN || kept.length === all.length) {
    return { ...agreed, standing: 'agreed', votes: kept, outliers };
  }
  const confidence = agreed.confidence + distance(agreed.price, centre.price);
  return { price: centre.price, confidence, standing: 'agreed', votes: kept, outliers };
};
