import { MarginInputError } from './checks.ts';
import type { VenueRule } from './venue-rule.ts';

/**
 * How hard an underlying is shocked: x = clamp(z · σ · √(horizon), floor, cap), rounded up to `shockStep`.
 */
export type ShockParameters = Readonly<{
  /** Name of the group inside which losses offset in the second scan measure. */
  group: string;
  /** z: how many volatilities the scan covers, 1 to 10. */
  volMultiplier: number;
  /** Liquidation horizon τ₀, hours. */
  horizonHours: number;
  /** Bounds of x as fractions of the price. */
  shockFloor: number;
  shockCap: number;
  /** Relative moves of implied volatility in the up and down scenarios, for options. */
  volShockUp: number;
  volShockDown: number;
  /**
   * What lines of this underlying that are fully matched cost, a share of what is matched: each line moves by
   * half of it against the others.
   */
  basisRate: number;
  /**
   * What trades per day in all books together, USD: the base of the impact law where no cost curve is known.
   */
  dailyVolumeUsd: number;
}>;
export type UnderlyingParameters = Readonly<{ underlying: string }> & ShockParameters;

/** Bounds of the haircut of an asset that is not shocked. */
export type HaircutParameters = Readonly<{ min: number; max: number; dailyVolumeUsd: number }>;

/** A scenario of its own: these prices move by these fractions, all others stand still. */
export type DepegScenario = Readonly<{
  id: string;
  shocks: readonly Readonly<{ underlying: string; fraction: number }>[];
}>;

export type VenueParameters = Readonly<{
  /** Probability that the venue defaults within the horizon of margin, and the share lost if it does. */
  defaultProbability: number;
  lossGivenDefault: number;
  /**
   * Its own margin requirement as a fraction of gross notional, for all that no rulebook of it margins.
   */
  requirementFraction: number;
  /** Share of the excess there that can be withdrawn, and how long that takes. */
  transferableShare: number;
  transferHours: number;
  /**
   * The rulebook that it asks margin by; made of the rulebooks' own parameters, never a part of a stored
   * set.
   */
  rule?: VenueRule;
}>;

/**
 * Every number a margin figure depends on besides book and market. Arrives as an event; never changed in
 * place.
 */
export type RiskParameters = Readonly<{
  version: string;
  scenarios: Readonly<{
    /** Shocks from −x to +x, an odd number so that "nothing moves" is one of them. */
    spotSteps: number;
    /** Spot shock of the tails in units of x, and the share of their loss that counts. */
    tailMultiple: number;
    tailCounted: number;
  }>;
  depegs: readonly DepegScenario[];
  /** Weights of the three measures of the scan; they sum to 1. */
  blend: Readonly<{ all: number; group: number; own: number }>;
  imShockMultiplier: number;
  /** x is rounded up to a multiple of this, so that it changes rarely and by known amounts. */
  shockStep: number;
  underlyings: readonly UnderlyingParameters[];
  /** For an underlying that has no entry of its own. */
  otherUnderlyings: ShockParameters;
  haircuts: Readonly<{
    volMultiplier: number;
    horizonHours: number;
    assets: readonly (Readonly<{ asset: string }> & HaircutParameters)[];
    otherAssets: HaircutParameters;
  }>;
  concentration: Readonly<{
    /** Share of daily volume that a liquidation takes; larger positions get a longer horizon. */
    participation: number;
    /** Cost fraction of unwinding V: impactCoefficient · x · √(V / dailyVolume). */
    impactCoefficient: number;
    /** No unit costs more than this fraction of its mark. */
    maxCostFraction: number;
  }>;
  /** Contingencies of options (finance §6.3). */
  options: Readonly<{
    /** Charge per unit of notional of every contract that is short, all venues together. */
    shortMinimum: number;
    /** Relative move of the nearest and of the farthest volatilities against each other, in the twists. */
    volTwist: number;
    /** 0: shocks of volatility are the same for all expiries; 1: they grow with (30 d / T)^¼. */
    volTerm: number;
  }>;
  venues: readonly (Readonly<{ venue: string }> & VenueParameters)[];
  otherVenues: VenueParameters;
  custody: Readonly<{ transferableShare: number; transferHours: number }>;
  /** Cash that needs longer than this to arrive does not count. */
  coverage: Readonly<{ horizonHours: number }>;
  states: Readonly<{
    /** A margin call starts below callRatio × MM. */
    callRatio: number;
    /** A state improves only when equity is above its threshold by this fraction of it. */
    hysteresis: number;
  }>;
}>;

export type ParameterProblem = Readonly<{ field: string; message: string }>;

class Problems {
  readonly list: ParameterProblem[] = [];

  within(field: string, value: number, low: number, high: number): void {
    if (!(value >= low && value <= high))
      this.list.push({ field, message: `Expected ${low} to ${high}, was ${value}` });
  }

  that(holds: boolean, field: string, message: string): void {
    if (!holds) this.list.push({ field, message });
  }

  unique(field: string, ids: readonly string[]): void {
    this.that(ids.length <= 1024, field, `Expected at most 1024 entries, was ${ids.length}`);
    ids.forEach((id, n) => {
      this.that(id.length > 0 && id.length <= 128, `${field}[${n}]`, 'Expected an id of 1 to 128 characters');
      this.that(ids.indexOf(id) === n, `${field}[${n}]`, `Expected one entry per id, "${id}" is repeated`);
    });
  }
}

const checkShock = (problems: Problems, field: string, p: ShockParameters): void => {
  problems.that(
    p.group.length > 0 && p.group.length <= 128,
    `${field}.group`,
    'Expected 1 to 128 characters',
  );
  problems.within(`${field}.volMultiplier`, p.volMultiplier, 1, 10);
  problems.within(`${field}.horizonHours`, p.horizonHours, 0.25, 168);
  problems.within(`${field}.shockFloor`, p.shockFloor, 0.0001, 0.5);
  problems.within(`${field}.shockCap`, p.shockCap, p.shockFloor, 0.7);
  problems.within(`${field}.volShockUp`, p.volShockUp, 0, 3);
  problems.within(`${field}.volShockDown`, p.volShockDown, 0, 0.95);
  problems.within(`${field}.dailyVolumeUsd`, p.dailyVolumeUsd, 1, 1e15);
  problems.within(`${field}.basisRate`, p.basisRate, 0, 0.2);
};

const checkVenue = (problems: Problems, field: string, p: VenueParameters): void => {
  problems.within(`${field}.defaultProbability`, p.defaultProbability, 0, 0.5);
  problems.within(`${field}.lossGivenDefault`, p.lossGivenDefault, 0, 1);
  problems.within(`${field}.requirementFraction`, p.requirementFraction, 0, 1);
  problems.within(`${field}.transferableShare`, p.transferableShare, 0, 1);
  problems.within(`${field}.transferHours`, p.transferHours, 0, 720);
};

const checkScenarios = (problems: Problems, p: RiskParameters): void => {
  const { spotSteps, tailMultiple, tailCounted } = p.scenarios;
  problems.within('scenarios.spotSteps', spotSteps, 3, 31);
  problems.that(spotSteps % 2 === 1, 'scenarios.spotSteps', `Expected an odd number, was ${spotSteps}`);
  problems.within('scenarios.tailMultiple', tailMultiple, 1, 10);
  problems.within('scenarios.tailCounted', tailCounted, 0, 1);
  problems.unique(
    'depegs',
    p.depegs.map((depeg) => depeg.id),
  );
  problems.that(p.depegs.length <= 24, 'depegs', `Expected at most 24, was ${p.depegs.length}`);
  p.depegs.forEach((depeg, n) => {
    const field = `depegs[${n}].shocks`;
    problems.that(depeg.shocks.length > 0, field, 'Expected at least one shock');
    problems.unique(
      field,
      depeg.shocks.map((shock) => shock.underlying),
    );
    depeg.shocks.forEach((shock, m) => problems.within(`${field}[${m}].fraction`, shock.fraction, -0.7, 0.7));
  });
};

/**
 * The largest share of its own price that one more unit of collateral may cost in IM must stay below 1.
 */
const checkCollateralCounts = (problems: Problems, p: RiskParameters): void => {
  const caps = [...p.underlyings, p.otherUnderlyings].map((u) => u.shockCap);
  const depegs = p.depegs.flatMap((depeg) => depeg.shocks.map((shock) => shock.fraction));
  const cap = Math.max(...caps);
  const tail = Math.min(1, cap * p.scenarios.tailMultiple * p.imShockMultiplier) * p.scenarios.tailCounted;
  const shock = Math.max(cap * p.imShockMultiplier, tail, ...depegs.map((f) => -f * p.imShockMultiplier));
  const rates = [...p.underlyings, p.otherUnderlyings].map((u) => u.basisRate);
  // The basis competes with what the weight of the underlying by itself gives.
  const basis = 0.5 * Math.max(...rates) * p.imShockMultiplier;
  const scanned = (1 - p.blend.own) * shock + Math.max(p.blend.own * shock, basis);
  const haircut = Math.max(p.haircuts.otherAssets.max, ...p.haircuts.assets.map((a) => a.max));
  const credit = Math.max(
    ...[...p.venues, p.otherVenues].map((v) => v.defaultProbability * v.lossGivenDefault),
  );
  // Costs that grow with √size cost 1.5 × their average for the last unit.
  const worst = Math.max(scanned + 1.5 * p.concentration.maxCostFraction, 1.5 * haircut) + credit;
  problems.that(
    worst < 1,
    'parameters',
    'Expected shock cap × IM multiplier + 1.5 × maxCostFraction + venue credit below 1, and 1.5 × the ' +
      'largest haircut + venue credit below 1, so that more collateral never costs more than it is worth, ' +
      `was ${worst}`,
  );
};

/** All bounds that a parameter set breaks; empty when it may be used. */
export const checkParameters = (p: RiskParameters): readonly ParameterProblem[] => {
  const problems = new Problems();
  problems.that(p.version.length > 0 && p.version.length <= 64, 'version', 'Expected 1 to 64 characters');
  checkScenarios(problems, p);
  for (const key of ['all', 'group', 'own'] as const) problems.within(`blend.${key}`, p.blend[key], 0, 1);
  const sum = p.blend.all + p.blend.group + p.blend.own;
  problems.that(Math.abs(sum - 1) <= 1e-12, 'blend', `Expected weights that sum to 1, was ${sum}`);
  problems.within('imShockMultiplier', p.imShockMultiplier, 1.25, 3);
  problems.within('shockStep', p.shockStep, 0.00001, 0.05);
  problems.unique(
    'underlyings',
    p.underlyings.map((u) => u.underlying),
  );
  p.underlyings.forEach((u, n) => checkShock(problems, `underlyings[${n}]`, u));
  checkShock(problems, 'otherUnderlyings', p.otherUnderlyings);
  checkHaircuts(problems, p);
  problems.within('concentration.participation', p.concentration.participation, 0.001, 1);
  problems.within('concentration.impactCoefficient', p.concentration.impactCoefficient, 0, 10);
  problems.within('concentration.maxCostFraction', p.concentration.maxCostFraction, 0, 0.3);
  problems.within('options.shortMinimum', p.options.shortMinimum, 0, 0.2);
  problems.within('options.volTwist', p.options.volTwist, 0, 0.9);
  problems.within('options.volTerm', p.options.volTerm, 0, 1);
  problems.unique(
    'venues',
    p.venues.map((v) => v.venue),
  );
  p.venues.forEach((v, n) => checkVenue(problems, `venues[${n}]`, v));
  checkVenue(problems, 'otherVenues', p.otherVenues);
  problems.within('custody.transferableShare', p.custody.transferableShare, 0, 1);
  problems.within('custody.transferHours', p.custody.transferHours, 0, 720);
  problems.within('coverage.horizonHours', p.coverage.horizonHours, 0.25, 720);
  problems.within('states.callRatio', p.states.callRatio, 1, 3);
  problems.within('states.hysteresis', p.states.hysteresis, 0, 0.5);
  checkCollateralCounts(problems, p);
  return problems.list;
};

const checkHaircuts = (problems: Problems, p: RiskParameters): void => {
  problems.within('haircuts.volMultiplier', p.haircuts.volMultiplier, 1, 10);
  problems.within('haircuts.horizonHours', p.haircuts.horizonHours, 0.25, 720);
  problems.unique(
    'haircuts.assets',
    p.haircuts.assets.map((a) => a.asset),
  );
  const entries = [...p.haircuts.assets.map((a, n) => [`assets[${n}]`, a] as const)];
  for (const [field, h] of [...entries, ['otherAssets', p.haircuts.otherAssets] as const]) {
    problems.within(`haircuts.${field}.min`, h.min, 0, 0.9);
    problems.within(`haircuts.${field}.max`, h.max, h.min, 0.9);
    problems.within(`haircuts.${field}.dailyVolumeUsd`, h.dailyVolumeUsd, 1, 1e15);
  }
};

/** Returns the set unchanged, or throws naming the first broken bound. */
export const riskParameters = (p: RiskParameters): RiskParameters => {
  const problem = checkParameters(p)[0];
  if (problem !== undefined) throw new MarginInputError(problem.field, problem.message);
  return p;
};
