import { checkBounds, type Bounds } from '../bounds.ts';

/** Requirements of short options, as shares of the spot price unless said otherwise. */
export type StandardOptionTerms = Readonly<{
  /** Initial margin is max(maximum − how far out of the money, minimum). */
  maximumInitial: number;
  minimumInitial: number;
  callMaintenance: number;
  putMaintenance: number;
  /** Of the put's own value: the larger of both counts. */
  putMaintenanceOfValue: number;
  /** Factors on the forward for calls that no call covers. */
  unpairedInitial: number;
  unpairedMaintenance: number;
  /** A put's initial margin is at least this times its maintenance margin. */
  putInitialOverMaintenance: number;
}>;

export type StandardMarketTerms = Readonly<{
  perpetual: Readonly<{ initial: number; maintenance: number }>;
  option: StandardOptionTerms;
  /** Share of a coin's value that counts as collateral; initial is that times `initialScale`. */
  base: Readonly<{ factor: number; initialScale: number }>;
  oracle: Readonly<{
    perpetualThreshold: number;
    optionThreshold: number;
    baseThreshold: number;
    factor: number;
  }>;
}>;

export type DeriveStandardParameters = Readonly<{
  markets: ReadonlyMap<string, StandardMarketTerms>;
  /** Below the threshold a unit of account that loses its peg asks for more initial margin. */
  depeg: Readonly<{ threshold: number; factor: number }>;
}>;

/** Bounds that the rulebook itself sets on its numbers. */
const PERPETUAL: Bounds<StandardMarketTerms['perpetual']> = { initial: [0, 1], maintenance: [0, 1] };
const OPTION: Bounds<StandardOptionTerms> = {
  maximumInitial: [0, 1.2],
  minimumInitial: [0, 1.2],
  callMaintenance: [0, 1],
  putMaintenance: [0, 1],
  putMaintenanceOfValue: [0, 1],
  unpairedInitial: [1, 3],
  unpairedMaintenance: [1, 3],
  putInitialOverMaintenance: [1, 3],
};
const BASE: Bounds<StandardMarketTerms['base']> = { factor: [0, 1], initialScale: [0, 1] };
const ORACLE: Bounds<StandardMarketTerms['oracle']> = {
  perpetualThreshold: [0, 1],
  optionThreshold: [0, 1],
  baseThreshold: [0, 1],
  factor: [0, 1],
};
const DEPEG: Bounds<DeriveStandardParameters['depeg']> = { threshold: [0, 1], factor: [0, 3] };

export const checkStandard = ({ markets, depeg }: DeriveStandardParameters): void => {
  checkBounds('depeg', DEPEG, depeg);
  for (const [name, terms] of markets) {
    checkBounds(`${name} perpetual`, PERPETUAL, terms.perpetual);
    checkBounds(`${name} option`, OPTION, terms.option);
    checkBounds(`${name} base`, BASE, terms.base);
    checkBounds(`${name} oracle`, ORACLE, terms.oracle);
  }
};

const OPTION_TERMS: StandardOptionTerms = {
  maximumInitial: 0.15,
  minimumInitial: 0.13,
  callMaintenance: 0.09,
  putMaintenance: 0.09,
  putMaintenanceOfValue: 0.09,
  unpairedInitial: 1.2,
  unpairedMaintenance: 1.1,
  putInitialOverMaintenance: 1.05,
};
const ORACLE_TERMS: StandardMarketTerms['oracle'] = {
  perpetualThreshold: 0.4,
  optionThreshold: 0.4,
  baseThreshold: 0.4,
  factor: 0.4,
};
const PERPETUAL_TERMS: StandardMarketTerms['perpetual'] = { initial: 0.1, maintenance: 0.065 };

/** The numbers in production for BTC and ETH; the depeg and oracle terms are those of the published cases. */
export const DERIVE_STANDARD: DeriveStandardParameters = {
  markets: new Map([
    [
      'ETH',
      {
        perpetual: PERPETUAL_TERMS,
        option: OPTION_TERMS,
        base: { factor: 0.8, initialScale: 0.9375 },
        oracle: ORACLE_TERMS,
      },
    ],
    [
      'BTC',
      {
        perpetual: PERPETUAL_TERMS,
        option: OPTION_TERMS,
        base: { factor: 0.75, initialScale: 0.93 },
        oracle: ORACLE_TERMS,
      },
    ],
  ]),
  depeg: { threshold: 0.98, factor: 1.2 },
};
