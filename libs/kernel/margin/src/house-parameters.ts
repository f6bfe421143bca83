import { riskParameters, type RiskParameters, type ShockParameters } from './parameters.ts';

const major: Omit<ShockParameters, 'dailyVolumeUsd'> = {
  group: 'majors',
  volMultiplier: 6,
  horizonHours: 4,
  shockFloor: 0.06,
  shockCap: 0.28,
  volShockUp: 0.4,
  volShockDown: 0.25,
  basisRate: 0.0375,
};
const alternative = { ...major, group: 'alternatives', shockFloor: 0.08, shockCap: 0.35, basisRate: 0.047 };
const stable = {
  ...major,
  group: 'stables',
  volMultiplier: 4.5,
  shockFloor: 0.025,
  shockCap: 0.12,
  basisRate: 0.002,
};

/**
 * The set a fresh house starts with. z, bounds of shocks, weights and basis were searched on recorded crashes
 * for the lowest requirement that covers 99.5 % of the books of every style, and tested on others (`plinth
 * backtest`, `docs/adr/0016`). Volumes are orders of magnitude of all books together.
 */
export const houseParameters: RiskParameters = riskParameters({
  version: 'house-4',
  scenarios: { spotSteps: 11, tailMultiple: 2.5, tailCounted: 0.35 },
  depegs: [
    { id: 'USDC −12 %', shocks: [{ underlying: 'USDC', fraction: -0.12 }] },
    { id: 'USDT −12 %', shocks: [{ underlying: 'USDT', fraction: -0.12 }] },
    {
      id: 'USDC −12 %, DAI −10 %',
      shocks: [
        { underlying: 'USDC', fraction: -0.12 },
        { underlying: 'DAI', fraction: -0.1 },
      ],
    },
  ],
  blend: { all: 0.7, group: 0, own: 0.3 },
  imShockMultiplier: 1.25,
  shockStep: 0.0025,
  underlyings: [
    { underlying: 'BTC', ...major, dailyVolumeUsd: 20e9 },
    { underlying: 'ETH', ...major, dailyVolumeUsd: 10e9 },
    { underlying: 'USDC', ...stable, dailyVolumeUsd: 5e9 },
    { underlying: 'USDT', ...stable, dailyVolumeUsd: 20e9 },
    { underlying: 'DAI', ...stable, dailyVolumeUsd: 0.2e9 },
  ],
  otherUnderlyings: { ...alternative, dailyVolumeUsd: 0.2e9 },
  haircuts: {
    volMultiplier: 4.5,
    horizonHours: 24,
    assets: [{ asset: 'USD', min: 0, max: 0, dailyVolumeUsd: 1e15 }],
    otherAssets: { min: 0.1, max: 0.6, dailyVolumeUsd: 10e6 },
  },
  concentration: { participation: 0.1, impactCoefficient: 1, maxCostFraction: 0.15 },
  options: { shortMinimum: 0.005, volTwist: 0.2, volTerm: 1 },
  venues: [],
  otherVenues: {
    defaultProbability: 0.0005,
    lossGivenDefault: 0.6,
    requirementFraction: 0.05,
    transferableShare: 0.9,
    transferHours: 1,
  },
  custody: { transferableShare: 1, transferHours: 0.5 },
  coverage: { horizonHours: 4 },
  states: { callRatio: 1.1, hysteresis: 0.02 },
});
