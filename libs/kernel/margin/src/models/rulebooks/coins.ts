/**
 * Coins that the default parameters of rulebooks know; any other is refused until an event names its
 * terms.
 */
export const MAJORS = ['BTC', 'ETH'] as const;
export const OTHERS = ['SOL', 'BNB', 'XRP', 'ADA', 'DOGE', 'AVAX', 'LINK', 'LTC', 'DOT', 'MATIC'] as const;

export const byCoin = <T>(coins: readonly string[], terms: T): readonly (readonly [string, T])[] =>
  coins.map((coin) => [coin, terms] as const);
