import { houseParameters } from '../../house-parameters.ts';
import type { RiskParameters } from '../../parameters.ts';
import { DERIVE_STANDARD, type DeriveStandardParameters } from '../derive-standard/parameters.ts';
import {
  derivePmrm2Parameters,
  type CollateralTerms,
  type DerivePmrm2Parameters,
} from '../derive-pmrm2/parameters.ts';
import type { DeribitParameters } from '../documented/deribit.ts';
import type { OkxParameters } from '../documented/okx.ts';
import type { ParadexParameters } from '../documented/paradex.ts';
import { PARADEX_SCENARIOS } from '../documented/paradex-grid.ts';
import type { DriftParameters, DriftSpotTerms } from '../drift/model.ts';
import type { DydxMarketTerms, DydxParameters } from '../dydx/model.ts';
import type { MangoParameters, MangoPerpTerms, MangoTokenTerms } from '../mango/model.ts';
import { byCoin, MAJORS, OTHERS } from './coins.ts';

/** Assets that count as the rulebook's unit of account, at their worth in it. */
type Unit = Readonly<{ cash: readonly string[] }>;

/** Several subaccounts, one an underlying, under one set of terms. */
export type Pmrm2Terms = Omit<DerivePmrm2Parameters, 'underlying' | 'collateral'> &
  Readonly<{
    underlyings: readonly string[];
    collateral: ReadonlyMap<string, Omit<CollateralTerms, 'isRiskCancelling'>>;
  }>;

/** The parameters of every rulebook; each may be replaced by an event, as a whole. */
export type RulebookParameters = Readonly<{
  house: RiskParameters;
  'derive-pmrm2': Unit & Pmrm2Terms;
  'derive-standard': Unit & DeriveStandardParameters;
  dydx: Unit & DydxParameters;
  drift: Unit & DriftParameters;
  mango: Unit & MangoParameters;
  paradex: Unit & ParadexParameters;
  okx: Unit & OkxParameters;
  deribit: Unit & DeribitParameters;
}>;

export type RulebookName = keyof RulebookParameters;

const DOLLARS: Unit = { cash: ['USDC', 'USD'] };
const ALL_DOLLARS: Unit = { cash: ['USDC', 'USD', 'USDT'] };

const pmrm2 = derivePmrm2Parameters('BTC', new Map());

const PMRM2: Unit & Pmrm2Terms = {
  ...DOLLARS,
  scenarios: pmrm2.scenarios,
  volatility: pmrm2.volatility,
  skew: pmrm2.skew,
  margin: pmrm2.margin,
  basis: pmrm2.basis,
  contingencies: pmrm2.contingencies,
  underlyings: [...MAJORS],
  collateral: new Map(byCoin(MAJORS, { maintenanceHaircut: 0.1, initialHaircut: 0.05 })),
};

const tier = (initialPpm: bigint, lower: bigint, upper: bigint): DydxMarketTerms => ({
  resolution: -9,
  tier: {
    initialPpm,
    maintenanceFractionPpm: 600_000n,
    openInterestLowerCap: lower * 1_000_000n,
    openInterestUpperCap: upper * 1_000_000n,
  },
  openInterest: 0,
});

/** The chain's tiers: large caps without open-interest caps, the others as mid caps. */
const DYDX: Unit & DydxParameters = {
  ...DOLLARS,
  markets: new Map([
    ...byCoin(MAJORS, tier(20_000n, 0n, 0n)),
    ...byCoin(OTHERS, tier(50_000n, 40_000_000n, 100_000_000n)),
  ]),
};

const driftSpot = (initial: bigint, imfFactor: bigint): DriftSpotTerms => ({
  asset: { initial: 10_000n - initial, maintenance: 10_000n - initial / 2n },
  liability: { initial: 10_000n + initial, maintenance: 10_000n + initial / 2n },
  imfFactor,
  depositValue: 0,
  scaleStart: 0,
});

const DRIFT: Unit & DriftParameters = {
  ...DOLLARS,
  spots: new Map([['USDT', driftSpot(1_000n, 0n)], ...byCoin([...MAJORS, 'SOL'], driftSpot(2_000n, 3_000n))]),
  perps: new Map([
    ...byCoin([...MAJORS, 'SOL'], {
      marginRatio: { initial: 500n, maintenance: 300n },
      imfFactor: 450n,
      profitWeight: { initial: 10_000n, maintenance: 10_000n },
    }),
    ...byCoin(
      OTHERS.filter((coin) => coin !== 'SOL'),
      {
        marginRatio: { initial: 1_000n, maintenance: 500n },
        imfFactor: 1_000n,
        profitWeight: { initial: 10_000n, maintenance: 10_000n },
      },
    ),
  ]),
  initialProfitMax: 1e9,
};

const token = (initial: number, maintenance: number, scale: number): MangoTokenTerms => ({
  asset: { init: 1 - initial, maint: 1 - maintenance },
  liability: { init: 1 + initial, maint: 1 + maintenance },
  deposits: 0,
  depositScaleStart: scale,
  borrows: 0,
  borrowScaleStart: scale,
});

const perp = (initial: number, maintenance: number): MangoPerpTerms => ({
  baseAsset: { init: 1 - initial, maint: 1 - maintenance },
  baseLiability: { init: 1 + initial, maint: 1 + maintenance },
  overallAsset: { init: 1, maint: 1 },
});

const MANGO: Unit & MangoParameters = {
  ...DOLLARS,
  settle: 'USDC',
  tokens: new Map([
    ['USDC', token(0, 0, 1e12)],
    ['USDT', token(0.05, 0.025, 250_000)],
    ...byCoin([...MAJORS, 'SOL'], token(0.2, 0.1, 250_000)),
  ]),
  perps: new Map([
    ...byCoin([...MAJORS, 'SOL'], perp(0.05, 0.025)),
    ...byCoin(
      OTHERS.filter((coin) => coin !== 'SOL'),
      perp(0.1, 0.05),
    ),
  ]),
};

const PARADEX: Unit & ParadexParameters = {
  ...DOLLARS,
  scenarios: PARADEX_SCENARIOS,
  terms: {
    shortTermPower: 0.3,
    longTermPower: 0.13,
    netDelta: 0.02,
    hedgedDelta: 0.01,
    maintenance: 0.5,
    funding: 0.0003,
    fee: 0.0003,
  },
  haircuts: new Map(),
};

const OKX: Unit & OkxParameters = {
  ...ALL_DOLLARS,
  terms: {
    volatilityMove: 0.25,
    decayDays: 1,
    vegaMove: 0.25,
    basisPerYear: 0.05,
    ratePerYear: 0.05,
    extremeMove: 0.24,
    extremeCounted: 0.5,
    cost: 0.0025,
    initial: 1.3,
  },
  moves: [0, 0.04, 0.08, 0.12],
  tiers: [
    { upTo: 250_000, factor: 1 },
    { upTo: 500_000, factor: 2 },
    { upTo: 1_000_000, factor: 4 },
    { upTo: 2_000_000, factor: 6 },
    { upTo: 3_000_000, factor: 8 },
    { upTo: 4_000_000, factor: 10 },
    { upTo: 1e15, factor: 12 },
  ],
  haircuts: new Map(byCoin(MAJORS, 0.05)),
};

const DERIBIT: Unit & DeribitParameters = {
  ...ALL_DOLLARS,
  terms: {
    priceRange: 0.16,
    steps: 4,
    volatilityUp: 0.5,
    volatilityDown: 0.25,
    shortTermPower: 0.3,
    longTermPower: 0.13,
    netShort: 0.01,
    offsetting: 0.01,
    future: 0.006,
    initial: 1.3,
  },
  extended: [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5],
  haircuts: new Map(byCoin(MAJORS, 0.05)),
};

/** What each rulebook starts with; sources and their strength: FORMULAS.md. */
export const DEFAULT_RULEBOOKS: RulebookParameters = {
  house: houseParameters,
  'derive-pmrm2': PMRM2,
  'derive-standard': { ...DOLLARS, ...DERIVE_STANDARD },
  dydx: DYDX,
  drift: DRIFT,
  mango: MANGO,
  paradex: PARADEX,
  okx: OKX,
  deribit: DERIBIT,
};
