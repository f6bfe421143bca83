import { houseParameters, NUMERAIRE, type ShockParameters, type UnderlyingParameters } from '@plinth/margin';
import type { AssetKind } from '@plinth/market';
import { houseCallProbability, type CellParameters } from '@plinth/portfolio';

export type ListedAsset = Readonly<{ symbol: string; kind: AssetKind }>;

/** Orders of magnitude of a day's trading in all books together, USD, for coins that are not majors. */
const VOLUMES: Readonly<Record<string, number>> = {
  SOL: 2e9,
  XRP: 2e9,
  BNB: 1e9,
  DOGE: 1e9,
  ADA: 0.5e9,
  AVAX: 0.5e9,
  LINK: 0.5e9,
  LTC: 0.5e9,
  BCH: 0.3e9,
  DOT: 0.3e9,
  MATIC: 0.3e9,
  ETC: 0.2e9,
  EOS: 0.2e9,
  TRX: 0.2e9,
  UNI: 0.2e9,
};

/** Fiat other than the numeraire moves too little to be shocked and is cut instead. */
const FIAT_HAIRCUT = { min: 0.03, max: 0.2, dailyVolumeUsd: 10e9 } as const;

/** How far a stablecoin falls by itself, and how far all of them fall together. */
const DEPEG_ALONE = -0.12;
const DEPEG_TOGETHER = -0.1;
/** The margin library takes 24 such scenarios. */
const DEPEGS_MAX = 23;

const GRACE_MS = 30 * 60_000;

const known = new Map(houseParameters.underlyings.map((entry) => [entry.underlying, entry]));

const stable = (): ShockParameters => {
  const entry = known.get('USDC') ?? houseParameters.otherUnderlyings;
  return { ...entry, dailyVolumeUsd: 0.2e9 };
};

const underlyingOf = ({ symbol, kind }: ListedAsset): UnderlyingParameters => {
  const own = known.get(symbol);
  if (own !== undefined) return own;
  const base = kind === 'stablecoin' ? stable() : houseParameters.otherUnderlyings;
  // The parameters of another underlying carry its name: this one's comes last.
  return { ...base, dailyVolumeUsd: VOLUMES[symbol] ?? base.dailyVolumeUsd, underlying: symbol };
};

const depegsOf = (stablecoins: readonly string[]) => {
  const alone = stablecoins.slice(0, DEPEGS_MAX).map((underlying) => ({
    id: `${underlying} ${DEPEG_ALONE * 100} %`,
    shocks: [{ underlying, fraction: DEPEG_ALONE }],
  }));
  const together = {
    id: `all stablecoins ${DEPEG_TOGETHER * 100} %`,
    shocks: stablecoins.map((underlying) => ({ underlying, fraction: DEPEG_TOGETHER })),
  };
  return stablecoins.length > 1 ? [...alone, together] : alone;
};

/**
 * A sensible first set for the listed assets: the house's weights, shocks and states (the margin library's
 * `houseParameters`), every coin in its group (majors, alternatives, stables), a de-peg of every stablecoin
 * and of all of them, and half an hour to answer a margin call.
 */
export const defaultParameters = (
  assets: Iterable<ListedAsset>,
  { version = 1, graceMs = GRACE_MS }: Readonly<{ version?: number; graceMs?: number }> = {},
): CellParameters => {
  const listed = [...assets].filter(({ symbol }) => symbol !== NUMERAIRE);
  listed.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  const of = (kind: AssetKind): readonly ListedAsset[] => listed.filter((asset) => asset.kind === kind);
  const { haircuts } = houseParameters;
  const fiat = of('fiat').map(({ symbol }) => ({ asset: symbol, ...FIAT_HAIRCUT }));
  return {
    call: { graceMs, probability: houseCallProbability },
    margin: {
      ...houseParameters,
      version: `${version}`,
      depegs: depegsOf(of('stablecoin').map(({ symbol }) => symbol)),
      underlyings: [...of('coin'), ...of('stablecoin')].map(underlyingOf),
      haircuts: {
        ...haircuts,
        assets: [...haircuts.assets.filter(({ asset }) => asset === NUMERAIRE), ...fiat],
      },
    },
  };
};
