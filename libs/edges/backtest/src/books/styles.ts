/** Kinds of books, in the order in which they are reported. */
export const STYLES = ['long', 'short', 'pair', 'basis', 'quotes', 'hedged', 'stable', 'spot'] as const;
export type Style = (typeof STYLES)[number];

export const STYLE_TEXTS: Readonly<Record<Style, string>> = {
  long: 'one to four coins, all long',
  short: 'one to four coins, all short',
  pair: 'one coin against another',
  basis: 'one coin long at one venue or in custody, short at another venue, both paid in one asset',
  quotes: 'the same, but paid in two different dollars: an exposure to stablecoins is left',
  hedged: 'three to six legs over coins and venues, nearly no net exposure',
  stable: 'any of these with a stablecoin as collateral',
  spot: 'coins bought with borrowed dollars, or borrowed and sold',
};
