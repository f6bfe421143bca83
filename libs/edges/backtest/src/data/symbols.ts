/** Assets that are worth a dollar by promise: what they are quoted at before anything was seen of them. */
const STABLES: readonly string[] = ['USDT', 'USDC', 'DAI', 'FRAX', 'SUSD', 'UST'];
/** Stablecoins that are taken as collateral: those that the house's parameters name. */
export const COLLATERAL_STABLES: readonly string[] = ['USDC', 'USDT', 'DAI'];

/** One for one with another coin: the same risk, as house parameters see it, at a price of its own. */
const WRAPPED: Readonly<Record<string, string>> = { WBTC: 'BTC', WETH: 'ETH' };

export const isStable = (symbol: string): boolean => STABLES.includes(symbol);

/** The price factor that moves a coin. */
export const underlyingOf = (symbol: string): string => WRAPPED[symbol] ?? symbol;
