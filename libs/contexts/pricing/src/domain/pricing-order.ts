import { indexOf, NUMERAIRE } from '@plinth/market';
import type { SubmittedQuote } from './judgement.ts';
import { conversionAsset, parseSource, type Listed } from './pairs.ts';

type Quoted = ReadonlyMap<string, readonly SubmittedQuote[]>;

/**
 * Instruments whose marks the quotes of this one are converted with, as far as they are made in the same
 * round.
 */
const needsOf = (listed: Listed, quotes: readonly SubmittedQuote[], quoted: Quoted): ReadonlySet<string> => {
  const needs = new Set<string>();
  for (const { source } of quotes) {
    const asset = conversionAsset(listed, parseSource(source)?.pair ?? '');
    if (asset === undefined || asset === '') continue;
    const id = indexOf(asset);
    if (id !== listed.instrumentId && quoted.has(id)) needs.add(id);
  }
  return needs;
};

type Waiting = Readonly<{ listed: Listed; needs: ReadonlySet<string> }>;

/**
 * The next to be priced: the first whose needs are all priced. Where everybody waits for somebody (USDC
 * quoted in USDT and USDT in USDC) the one with the fewest open needs goes first, and its quotes in the
 * other asset are not used.
 */
const nextOf = (waiting: readonly Waiting[], done: ReadonlySet<string>): number => {
  let best = 0;
  let fewest = Infinity;
  for (const [place, { needs }] of waiting.entries()) {
    let open = 0;
    for (const need of needs) if (!done.has(need)) open += 1;
    if (open < fewest) {
      best = place;
      fewest = open;
    }
    if (open === 0) break;
  }
  return best;
};

const inOrder = (tier: readonly Waiting[], done: Set<string>): readonly Listed[] => {
  const waiting = [...tier];
  const order: Listed[] = [];
  while (waiting.length > 0) {
    const [next] = waiting.splice(nextOf(waiting, done), 1) as [Waiting];
    done.add(next.listed.instrumentId);
    order.push(next.listed);
  }
  return order;
};

/**
 * The order of a round: USD prices of stablecoins, other USD prices, then everything else; inside each what
 * is needed for conversions first, and by instrument id where nothing else decides.
 */
export const pricingOrder = (listings: ReadonlyMap<string, Listed>, quoted: Quoted): readonly Listed[] => {
  const stable: Waiting[] = [];
  const other: Waiting[] = [];
  const rest: Listed[] = [];
  for (const id of [...quoted.keys()].sort()) {
    const listed = listings.get(id);
    if (listed === undefined) continue;
    const needs = needsOf(listed, quoted.get(id) ?? [], quoted);
    if (listed.kind !== 'spot' || listed.quoteAsset !== NUMERAIRE) rest.push(listed);
    else (listed.stable ? stable : other).push({ listed, needs });
  }
  const done = new Set<string>();
  return [...inOrder(stable, done), ...inOrder(other, done), ...rest];
};
