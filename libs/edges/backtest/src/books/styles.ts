/** Kinds of books without options, in the order in which they are reported. */
const PLAIN_STYLES = ['long', 'short', 'pair', 'basis', 'quotes', 'hedged', 'stable', 'spot'] as const;
/** Kinds of books with options. */
export const OPTION_STYLES = [
  'covered',
  'spread',
  'straddle',
  'strangle',
  'collar',
  'reversal',
  'gamma',
  'calendar',
  'coin',
] as const;
export const STYLES = [...PLAIN_STYLES, ...OPTION_STYLES] as const;
export type OptionStyle = (typeof OPTION_STYLES)[number];
export type Style = (typeof STYLES)[number];

export const isOptionStyle = (style: Style): style is OptionStyle =>
  (OPTION_STYLES as readonly Style[]).includes(style);

export const STYLE_TEXTS: Readonly<Record<Style, string>> = {
  long: 'one to four coins, all long',
  short: 'one to four coins, all short',
  pair: 'one coin against another',
  basis: 'one coin long at one venue or in custody, short at another venue, both paid in one asset',
  quotes: 'the same, but paid in two different dollars: an exposure to stablecoins is left',
  hedged: 'three to six legs over coins and venues, nearly no net exposure',
  stable: 'any of these with a stablecoin as collateral',
  spot: 'coins bought with borrowed dollars, or borrowed and sold',
  covered: 'a coin, in custody or as a perpetual, with a call sold on it',
  spread: 'two strikes of one expiry against each other, calls or puts, bought or sold',
  straddle: 'call and put at the money, three in four sold',
  strangle: 'call and put away from the money, sold',
  collar: 'a perpetual with a put bought and a call sold',
  reversal: 'a put sold and a call bought, or the reverse',
  gamma: 'options sold and their delta hedged with the perpetual',
  calendar: 'one strike, near against far, either way',
  coin: 'options paid in the coin, with the coin as collateral: sold calls, puts, strangles and spreads',
};
