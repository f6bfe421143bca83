export { BrokenRows } from './broken-rows.ts';
export type { BrokenRow } from './broken-rows.ts';
export { QUOTE_SUFFIXES, parsePair, seriesOf } from './file-names.ts';
export type { Pair } from './file-names.ts';
export { LIMITS as MARKET_DATA_LIMITS } from './limits.ts';
export { openMarketData, readSeries } from './market-data.ts';
export type { MarketData } from './market-data.ts';
export type * from './market-rows.ts';
export { mergeByTime } from './merge-rows.ts';
