import { absentRow, type BenchRow } from './bench-row.ts';
import { measureRates } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { loadPeer } from './peers.ts';

const RAY = 10n ** 27n;

type FormatUserSummary = (input: Readonly<Record<string, unknown>>) => Readonly<{ healthFactor: string }>;
type FormatReserves = (
  input: Readonly<Record<string, unknown>>,
) => readonly Readonly<Record<string, unknown>>[];

const RESERVES = 16;
const NOW_S = 1_700_000_000;

const rawReserve = (n: number): Readonly<Record<string, unknown>> => ({
  ...{ id: `r${n}`, underlyingAsset: `0x${String(n).padStart(40, '0')}`, symbol: `A${n}`, name: `A${n}` },
  ...{ decimals: 18, reserveFactor: '1000', baseLTVasCollateral: '7500' },
  ...{ averageStableRate: '0', totalPrincipalStableDebt: '0', stableDebtLastUpdateTimestamp: 0 },
  ...{ reserveLiquidationThreshold: '8000', reserveLiquidationBonus: '10500' },
  ...{ usageAsCollateralEnabled: true, borrowingEnabled: true, isActive: true, isFrozen: false },
  ...{ liquidityIndex: String(RAY + 10n ** 24n), variableBorrowIndex: String(RAY + 3n * 10n ** 24n) },
  ...{ liquidityRate: '20000000000000000000000000', variableBorrowRate: '40000000000000000000000000' },
  ...{ stableBorrowRate: '0', lastUpdateTimestamp: NOW_S - 60, availableLiquidity: String(10n ** 24n) },
  ...{ totalScaledVariableDebt: String(10n ** 23n), priceInMarketReferenceCurrency: '100000000' },
  ...{ debtCeiling: '0', debtCeilingDecimals: 2, isolationModeTotalDebt: '', borrowCap: '0', supplyCap: '0' },
  ...{ unbacked: '0', isIsolated: false, eModeCategoryId: 0, eModes: [], virtualUnderlyingBalance: '0' },
});

/** The summary of one account as a lending protocol's own library makes it: weights only, no scenarios. */
export const peerMargin = async ({ peersDirectory, pace }: BenchOptions): Promise<BenchRow> => {
  const what = `@aave/math-utils formatUserSummary, ${RESERVES} reserves`;
  const peer = await loadPeer(peersDirectory, '@aave/math-utils');
  if (typeof peer === 'string') return absentRow('margin', what, peer);
  const formatReserves = peer['formatReserves'] as FormatReserves;
  const formatUserSummary = peer['formatUserSummary'] as FormatUserSummary;
  const currency = {
    marketReferenceCurrencyDecimals: 8,
    marketReferencePriceInUsd: '100000000',
    currentTimestamp: NOW_S,
  };
  const reserves = Array.from({ length: RESERVES }, (_, n) => rawReserve(n));
  const formattedReserves = formatReserves({ ...currency, reserves });
  const userReserves = reserves.map(({ underlyingAsset }, n) => ({
    ...{ id: `u${n}`, underlyingAsset, scaledATokenBalance: String(10n ** 21n), stableBorrowRate: '0' },
    ...{ usageAsCollateralEnabledOnUser: true, scaledVariableDebt: String(n % 3 === 0 ? 10n ** 20n : 0n) },
    ...{ principalStableDebt: '0', stableBorrowLastUpdateTimestamp: 0 },
  }));
  const input = { ...currency, userReserves, formattedReserves, userEmodeCategoryId: 0 };
  const run = (): number => {
    for (let n = 0; n < 20; n += 1) {
      if (!(Number(formatUserSummary(input).healthFactor) > 0)) throw new Error('Expected a health factor');
    }
    return 20;
  };
  const [figure] = await measureRates([{ name: what, run }], pace);
  if (figure === undefined) throw new Error('Expected a figure');
  return {
    bench: 'margin',
    what,
    scale: '1 account',
    unit: 'accounts/s',
    figure,
    note: 'peer, for comparison',
  };
};
