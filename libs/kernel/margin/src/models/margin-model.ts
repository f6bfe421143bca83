import type { ModelMarket } from './market.ts';
import type { ModelPortfolio } from './portfolio.ts';

/** One reason for a requirement, in the unit of the rulebook; the parts of a requirement sum to it. */
export type RequirementPart = Readonly<{ name: string; initial: number; maintenance: number }>;

/** The scenario that decides: its place in the parameters' list, or the name of what outweighs them all. */
export type WorstCase = Readonly<{
  /** Place in the list of scenarios; the length of the list when a contingency outweighs them. */
  index: number;
  name: string;
  /** Gain (positive) or loss (negative) in it, before any factor. */
  profit: number;
}>;

/**
 * What a rulebook asks of a portfolio, in its unit of account. The account is above a requirement while
 * `markToMarket ≥ requirement`; peers that publish a net margin publish the difference.
 */
export type Requirement = Readonly<{
  initial: number;
  maintenance: number;
  /** Value of everything that the rulebook counts, cash included. */
  markToMarket: number;
  /** Undefined where the rulebook has no scenarios. */
  worst: WorstCase | undefined;
  parts: readonly RequirementPart[];
}>;

/**
 * A rulebook: pure, so that the same portfolio, market and parameters give the same bits. What it cannot
 * judge it refuses by name; nothing is ever judged as zero.
 */
export type MarginModel<P, R extends Requirement = Requirement> = Readonly<{
  name: string;
  requirement: (portfolio: ModelPortfolio, market: ModelMarket, parameters: P) => R;
}>;

/** −requirement + value: what peers call margin; negative when the account is below it. */
export const netInitial = ({ markToMarket, initial }: Requirement): number => markToMarket - initial;
export const netMaintenance = ({ markToMarket, maintenance }: Requirement): number =>
  markToMarket - maintenance;

/** Sums the parts, so that what is explained is what is asked. */
export const sumParts = (
  parts: readonly RequirementPart[],
): Readonly<{ initial: number; maintenance: number }> => {
  let initial = 0;
  let maintenance = 0;
  for (const part of parts) {
    initial += part.initial;
    maintenance += part.maintenance;
  }
  return { initial, maintenance };
};
