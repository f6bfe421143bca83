import type { StressScenario } from './scenario.ts';

/** Stands for the venue where most of the clients' money is, whichever that is. */
export const LARGEST_VENUE = 'largest';

const moves = (of: Readonly<Record<string, number>>): StressScenario['moves'] =>
  Object.entries(of).map(([underlying, fraction]) => ({ underlying, fraction }));

const calm = { otherMove: 0, volatilityMove: 0, failedVenues: [] } as const;

/**
 * The set that a house without one of its own is stressed with. Historical moves are the worst 24 hours of
 * one asset in a recorded data set (`plinth stress derive FOLDER --by ASSET`, hourly closes, the middle
 * series): facts of that day. Volatilities are not in those data; where they move it is an assumption.
 */
export const STRESS_SCENARIOS: readonly StressScenario[] = [
  {
    id: '2020-03-12',
    source: 'crash-2020-03-12 by BTC, 24 h from 2020-03-12 02:00 UTC; others as ETH; volatility assumed',
    moves: moves({ BTC: -0.4645, ETH: -0.4778 }),
    otherMove: -0.4778,
    volatilityMove: 1,
    failedVenues: [],
  },
  {
    id: '2021-05-19',
    source: 'crash-2021-05-19 by BTC, 24 h from 2021-05-18 13:00 UTC; others as LINK; volatility assumed',
    moves: moves({ BTC: -0.2142, ETH: -0.3075, ADA: -0.3838, BNB: -0.3472, UNI: -0.2797, AAVE: -0.1513 }),
    otherMove: -0.2062,
    volatilityMove: 0.5,
    failedVenues: [],
  },
  {
    id: '2022-05 luna',
    source: 'crash-2022-05-luna by WBTC, 24 h from 2022-05-11 06:02 UTC; others as LINK; UST at its lowest',
    moves: moves({ BTC: -0.1446, ETH: -0.2354, CRV: -0.3826, AAVE: -0.2911, UNI: -0.2772, UST: -0.52 }),
    otherMove: -0.2847,
    volatilityMove: 0.5,
    failedVenues: [],
  },
  {
    id: '2022-06',
    source: 'crash-2022-06 by BTC, 24 h from 2022-06-13 02:00 UTC; others as MKR; volatility assumed',
    moves: moves({ BTC: -0.1912, ETH: -0.1528, CRV: -0.1682, YFI: -0.1755 }),
    otherMove: -0.1278,
    volatilityMove: 0.5,
    failedVenues: [],
  },
  {
    id: '2022-11 venue default',
    source: 'crash-2022-11-ftx by WBTC, 24 h from 2022-11-08 17:04 UTC; others as LINK; venue assumed',
    moves: moves({ BTC: -0.1702, ETH: -0.2532, AAVE: -0.2472, CRV: -0.3072, UNI: -0.229, MKR: -0.1702 }),
    otherMove: -0.2964,
    volatilityMove: 0.5,
    failedVenues: [LARGEST_VENUE],
  },
  {
    ...calm,
    id: '2023-03 USDC 0.88',
    source: 'usdc-depeg-2023-03 by USDC, 24 h from 2023-03-10 07:16 UTC; DAI, backed by it, assumed',
    moves: moves({ BTC: 0.0248, USDC: -0.126, DAI: -0.1 }),
  },
  { ...calm, id: 'USDT 0.90', source: 'hypothetical', moves: moves({ USDT: -0.1 }) },
  { ...calm, id: 'volatility +100 %', source: 'hypothetical', moves: [], volatilityMove: 1 },
  { ...calm, id: 'everything −30 %', source: 'hypothetical', moves: [], otherMove: -0.3 },
  { ...calm, id: 'everything +30 %', source: 'hypothetical', moves: [], otherMove: 0.3 },
  { ...calm, id: 'ETH −40 % against BTC', source: 'hypothetical', moves: moves({ ETH: -0.4 }) },
  { ...calm, id: 'largest venue fails', source: 'hypothetical', moves: [], failedVenues: [LARGEST_VENUE] },
];
