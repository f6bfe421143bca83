import type { MarkState, Side } from './nouns.ts';

/** What an action asks of a mark: how it was made, and whether the speed limit held it back. */
export type MarkCondition = Readonly<{ state: MarkState; guarded: boolean }>;

/**
 * Actions that depend on a price. `reduce` is any order or transfer after which no scenario's loss is larger;
 * `liquidate` is started against the client's will, so it also asks for the whole confidence band.
 */
export type PricedAction = 'open-risk' | 'borrow' | 'withdraw' | 'reduce' | 'liquidate';

/** Why a mark does not carry an action. */
export type MarkObjection = 'halted' | 'degraded' | 'guarded';

/**
 * The ladder of actions (finance: oracle). Opening risk, borrowing and withdrawing need a live mark that no
 * guard holds back; reducing risk is never blocked by a price; liquidating goes on at a degraded mark, never
 * at a halted one, and never while a guard binds: a guard that is wrong would liquidate the healthy.
 */
export const objectionTo = (action: PricedAction, mark: MarkCondition): MarkObjection | undefined => {
  if (action === 'reduce') return undefined;
  if (mark.state === 'halted') return 'halted';
  if (mark.guarded) return 'guarded';
  return action !== 'liquidate' && mark.state === 'degraded' ? 'degraded' : undefined;
};

export const toleratesMark = (action: PricedAction, mark: MarkCondition): boolean =>
  objectionTo(action, mark) === undefined;

/**
 * The end of the confidence band that is best for the holder of a position: above the mark for what is held,
 * below it (never under zero) for what is owed or sold short. Prices in the mark's own quote asset.
 */
export const favourableEnd = (side: Side, mark: Readonly<{ price: number; confidence: number }>): number =>
  side === 'buy' ? mark.price + mark.confidence : Math.max(0, mark.price - mark.confidence);

/**
 * May an account be liquidated at these marks? Only when every mark that it depends on carries a liquidation,
 * and the equity at the favourable end of every band is still below the threshold: the whole band is below it
 * then.
 *
 * @param equityAtFavourableEnds equity (USD) with every price at its `favourableEnd`
 * @param threshold USD, e.g. the maintenance margin
 */
export const mayLiquidate = (
  marks: Iterable<MarkCondition>,
  equityAtFavourableEnds: number,
  threshold: number,
): boolean => {
  for (const mark of marks) if (!toleratesMark('liquidate', mark)) return false;
  return equityAtFavourableEnds < threshold;
};
