import { houseParameters, type RiskParameters, type UnderlyingParameters } from '@plinth/margin';
import { formatCellParameters } from '@plinth/portfolio';
import type { FeedAsset, MarketFeed } from '../market/market-feed.ts';

/** Daily volume as a multiple of what the books take within 1 %. */
const VOLUME_PER_DEPTH = 250;
const CALL_GRACE_MS = 3_600_000;
const MAJORS = ['BTC', 'ETH'];

const underlyingOf = ({ symbol, kind, depthUsd }: FeedAsset): UnderlyingParameters => {
  const known = houseParameters.underlyings.find(({ underlying }) => underlying === symbol);
  const stable = houseParameters.underlyings.find(({ underlying }) => underlying === 'USDC');
  const major = houseParameters.underlyings.find(({ underlying }) => underlying === 'BTC');
  const like = MAJORS.includes(symbol) ? major : kind === 'stablecoin' ? stable : undefined;
  const base = known ?? like ?? houseParameters.otherUnderlyings;
  return { ...base, underlying: symbol, dailyVolumeUsd: Math.max(1e6, depthUsd * VOLUME_PER_DEPTH) };
};

/** The house's parameters for the assets of a feed: its shocks, with volumes after the feed's own books. */
export const parametersFor = (feed: MarketFeed): string => {
  const priced = feed.assets.filter(({ kind }) => kind !== 'fiat');
  const stables = priced.filter(({ kind }) => kind === 'stablecoin');
  const margin: RiskParameters = {
    ...houseParameters,
    version: feed.name,
    underlyings: priced.map(underlyingOf),
    depegs: stables.map(({ symbol }) => ({
      id: `${symbol} −12 %`,
      shocks: [{ underlying: symbol, fraction: -0.12 }],
    })),
  };
  return formatCellParameters({ margin, call: { graceMs: CALL_GRACE_MS } });
};
