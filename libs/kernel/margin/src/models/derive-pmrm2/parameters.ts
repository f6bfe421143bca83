import { checkBounds, type Bounds } from '../bounds.ts';
import { refuse } from '../../checks.ts';
import { LIMITS } from '../../limits.ts';

/**
 * How a scenario moves volatilities: all of them, or the wings against the middle (linear in ln K/F, or in
 * its size).
 */
export type VolatilityMove = 'up' | 'none' | 'down' | 'linear' | 'abs';

export type Pmrm2Scenario = Readonly<{
  /** Factor on the price: 0.82 is 18 % down. */
  spot: number;
  volatility: VolatilityMove;
  /** Share of the loss that counts. */
  damping: number;
}>;

export type VolatilityShock = Readonly<{
  rangeUp: number;
  rangeDown: number;
  /** Exponents of 30 days / days to expiry, up to 30 days and beyond. */
  shortTermPower: number;
  longTermPower: number;
  /** Days to expiry count as at least these. */
  floorDays: number;
  /** Lowest volatility after a move up. */
  minimumUp: number;
}>;

export type SkewShock = Readonly<{
  linearCap: number;
  linearSlope: number;
  absCap: number;
  absSlope: number;
  minimumWidth: number;
  widthScale: number;
  volatilityStatic: number;
  volatilityScale: number;
}>;

export type MarginFactors = Readonly<{
  initial: number;
  maintenance: number;
  /** Static discount of an expiry that is worth less than nothing, and of one that is worth something. */
  shortDiscount: number;
  shortRateMultiplier: number;
  shortRateAdd: number;
  longDiscount: number;
  longRateMultiplier: number;
  longRateAdd: number;
}>;

/**
 * Loss when the forward moves away from the price: share add + perYear · T of the loss at spotUp and
 * spotDown.
 */
export type BasisCharge = Readonly<{ spotUp: number; spotDown: number; add: number; perYear: number }>;

export type Contingencies = Readonly<{
  pegThreshold: number;
  pegFactor: number;
  confidenceThreshold: number;
  confidenceFactor: number;
  /**
   * Shares of the notional of perpetuals and of naked short options; `…Initial` come on top of maintenance.
   */
  perpetualMaintenance: number;
  perpetualInitial: number;
  optionMaintenance: number;
  optionInitial: number;
}>;

export type CollateralTerms = Readonly<{
  maintenanceHaircut: number;
  /** On top of the maintenance haircut. */
  initialHaircut: number;
  /** The same risk as the underlying's: it moves with the price in every scenario. */
  isRiskCancelling: boolean;
}>;

export type DerivePmrm2Parameters = Readonly<{
  underlying: string;
  scenarios: readonly Pmrm2Scenario[];
  volatility: VolatilityShock;
  skew: SkewShock;
  margin: MarginFactors;
  basis: BasisCharge;
  contingencies: Contingencies;
  collateral: ReadonlyMap<string, CollateralTerms>;
}>;

/** Bounds that the rulebook itself sets on its numbers. */
const BOUNDS: Readonly<{
  volatility: Bounds<VolatilityShock>;
  skew: Bounds<SkewShock>;
  margin: Bounds<MarginFactors>;
  basis: Bounds<BasisCharge>;
  contingencies: Bounds<Contingencies>;
}> = {
  volatility: {
    rangeUp: [0, 10],
    rangeDown: [0, 10],
    shortTermPower: [0, 10],
    longTermPower: [0, 10],
    floorDays: [0, 400],
    minimumUp: [0, 20],
  },
  skew: {
    linearCap: [0, 10],
    linearSlope: [-10, 10],
    absCap: [0, 10],
    absSlope: [-10, 10],
    minimumWidth: [0, 10],
    widthScale: [0, 10],
    volatilityStatic: [0, 10],
    volatilityScale: [-20, 20],
  },
  margin: {
    initial: [0.5, 10],
    maintenance: [0.5, 10],
    shortDiscount: [0, 4],
    shortRateMultiplier: [0, 10],
    shortRateAdd: [0, 10],
    longDiscount: [0, 4],
    longRateMultiplier: [0, 10],
    longRateAdd: [0, 10],
  },
  basis: { spotUp: [1, 3], spotDown: [0, 1], add: [0, 20], perYear: [0, 20] },
  contingencies: {
    pegThreshold: [0, 100],
    pegFactor: [0, 10],
    confidenceThreshold: [0, 1],
    confidenceFactor: [0, 20],
    perpetualMaintenance: [0, 3],
    perpetualInitial: [0, 3],
    optionMaintenance: [0, 2],
    optionInitial: [0, 2],
  },
};
const SCENARIO: Bounds<Omit<Pmrm2Scenario, 'volatility'>> = { spot: [0, 100], damping: [0, 10] };
const COLLATERAL: Bounds<Omit<CollateralTerms, 'isRiskCancelling'>> = {
  maintenanceHaircut: [0, 1],
  initialHaircut: [0, 1],
};

export const checkPmrm2 = (parameters: DerivePmrm2Parameters): void => {
  const { scenarios, volatility, skew, margin, basis, contingencies, collateral } = parameters;
  if (scenarios.length < 1 || scenarios.length > LIMITS.scenarios)
    refuse('scenarios', `Expected 1 to ${LIMITS.scenarios}, was ${scenarios.length}`);
  scenarios.forEach((scenario, i) => {
    checkBounds(`scenarios[${i}]`, SCENARIO, scenario);
    const isSkew = scenario.volatility === 'linear' || scenario.volatility === 'abs';
    if (isSkew && scenario.spot !== 1)
      refuse(`scenarios[${i}].spot`, `Expected 1 where the skew moves, was ${scenario.spot}`);
  });
  checkBounds('volatility', BOUNDS.volatility, volatility);
  checkBounds('skew', BOUNDS.skew, skew);
  checkBounds('margin', BOUNDS.margin, margin);
  checkBounds('basis', BOUNDS.basis, basis);
  checkBounds('contingencies', BOUNDS.contingencies, contingencies);
  for (const [asset, terms] of collateral) checkBounds(`collateral ${asset}`, COLLATERAL, terms);
};

const tail = (spot: number, damping: number): Pmrm2Scenario => ({ spot, volatility: 'up', damping });
const core = (spot: number): readonly Pmrm2Scenario[] =>
  (['down', 'none', 'up'] as const).map((volatility) => ({ spot, volatility, damping: 1 }));

/** The grid in production: ±18 % in steps of 4.5 %, eight damped tails, two skews. */
export const PMRM2_SCENARIOS: readonly Pmrm2Scenario[] = [
  tail(1.18, 1),
  ...[1.135, 1.09, 1.045, 1, 0.955, 0.91, 0.865].flatMap(core),
  tail(0.82, 1),
  tail(0.34, 0.21),
  tail(0.67, 0.42),
  tail(1.5, 0.2772),
  tail(2, 0.1386),
  tail(3, 0.0693),
  tail(4, 0.0462),
  tail(5, 0.03465),
  tail(6, 0.02772),
  { spot: 1, volatility: 'linear', damping: 1 },
  { spot: 1, volatility: 'abs', damping: 1 },
];

/** The numbers in production, with the collateral that the caller accepts. */
export const derivePmrm2Parameters = (
  underlying: string,
  collateral: ReadonlyMap<string, CollateralTerms>,
): DerivePmrm2Parameters => ({
  underlying,
  scenarios: PMRM2_SCENARIOS,
  volatility: {
    rangeUp: 0.5,
    rangeDown: 0.3,
    shortTermPower: 0.3,
    longTermPower: 0.13,
    floorDays: 1,
    minimumUp: 0.4,
  },
  skew: {
    linearCap: 0.25,
    linearSlope: -0.1,
    absCap: 0.25,
    absSlope: -0.1,
    minimumWidth: 0.01,
    widthScale: 4,
    volatilityStatic: 0.6,
    volatilityScale: 0,
  },
  margin: {
    initial: 1,
    maintenance: 0.8,
    shortDiscount: 1.04,
    shortRateMultiplier: 0.5,
    shortRateAdd: 0.08,
    longDiscount: 0.95,
    longRateMultiplier: 1,
    longRateAdd: 0.08,
  },
  basis: { spotUp: 1.045, spotDown: 0.955, add: 0.5, perYear: 2 },
  contingencies: {
    pegThreshold: 0.99,
    pegFactor: 4,
    confidenceThreshold: 0.55,
    confidenceFactor: 1,
    perpetualMaintenance: 0.03,
    perpetualInitial: 0.01,
    optionMaintenance: 0.003,
    optionInitial: 0.002,
  },
  collateral,
});
