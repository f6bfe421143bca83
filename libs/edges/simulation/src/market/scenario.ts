/**
 * A made market: prices, depth and faults as functions of time, calibrated to figures of real crashes. All
 * numbers are float64 inputs of a simulation; what enters the log is decimal text.
 */
export type Phase = Readonly<{
  name: string;
  hours: number;
  /** Move of BTC over the phase, log return. */
  drift: number;
  /** Of BTC, per √year. */
  volatility: number;
  /** Depth of the books against their normal. */
  depth: number;
}>;

export type Jump = Readonly<{ hour: number; asset: string; logReturn: number }>;

export type UnderlyingSpec = Readonly<{
  asset: string;
  price: number;
  /** Price tick in USD, and lot in units of the asset. */
  tick: string;
  lot: string;
  scale: number;
  /** Exposure to BTC's move, and own volatility as a multiple of BTC's. */
  beta: number;
  own: number;
  /** Resting value on each side within 1 % of the mid at the deepest venue, USD. */
  depthUsd: number;
}>;

export type VenueSpec = Readonly<{
  venueId: string;
  depth: number;
  halfSpreadBps: number;
  makerFeePpm: number;
  takerFeePpm: number;
  /** Most that an option is charged, parts per million of its premium; 0 for no cap. */
  optionFeeCapPpm: number;
  creditLimit: string;
  defaultProbabilityPpm: number;
  /** Hours in which it does not answer, or answers too late. */
  faults: readonly Readonly<{ fromHour: number; toHour: number; condition: 'down' | 'timeouts' }>[];
  /** Prints far from the market on some ticks (a thin venue): chance per tick and size. */
  strays: Readonly<{ chance: number; size: number }>;
}>;

export type DatedSpec = Readonly<{
  /** After the start, on the hour; of two on one day only one can be named. */
  expiryHours: readonly number[];
  underlyings: number;
  /** Strikes as parts of the first price. */
  strikes: readonly number[];
  /** Volatility that the market maker quotes around, against that of the phase. */
  volatilityShare: number;
  /** Half of the maker's spread, in volatility. */
  halfSpreadVolatility: number;
}>;

export type Scenario = Readonly<{
  name: string;
  sources: readonly string[];
  startsAtMs: number;
  tickMs: number;
  /** Time from one tick to the next when it is shown faster or slower than it happens. */
  paceMs?: number;
  phases: readonly Phase[];
  jumps: readonly Jump[];
  underlyings: readonly UnderlyingSpec[];
  venues: readonly VenueSpec[];
  /** The stablecoin's price over time: straight lines between the points. */
  peg: readonly Readonly<{ hour: number; price: number }>[];
  fundingEveryHours: number;
  /** Futures and options on the first underlyings that expire inside the run. */
  dated: DatedSpec | undefined;
  /** When these were listed, from where their expiries count, if not at the start. */
  listedAtMs?: number;
}>;

/** An eighth of the premium, as Deribit, OKX and Derive have it. */
const OPTION_FEE_CAP_PPM = 125_000;

/**
 * One made crash out of several real ones:
 * - BTC −46.4 % in 24 h with a worst hour of −20 %, ETH −47.8 % and −23 % (12 March 2020; volatility of the
 * day 590 to 620 %),
 * - BNB −40.1 % and ADA −38.4 % in 24 h (19 May 2021), LINK −32.8 % and AAVE −32.9 % (May 2022),
 * - USDC down to 0.874 on one exchange and 0.88 on others (11 March 2023), back within two days.
 * Calm volatility 70 %, aftermath 160 % (May 2021 over 13 days).
 */
export const CRASH: Scenario = {
  name: 'crash',
  sources: ['2020-03-12 BTC, ETH', '2021-05-19 BNB, ADA', '2022-05 LINK, AAVE', '2023-03-11 USDC'],
  startsAtMs: 1_767_225_600_000,
  tickMs: 300_000,
  phases: [
    { name: 'calm', hours: 10, drift: 0.01, volatility: 0.7, depth: 1 },
    { name: 'slide', hours: 6, drift: -0.12, volatility: 1.6, depth: 0.7 },
    { name: 'crash', hours: 8, drift: -0.3, volatility: 3.2, depth: 0.35 },
    { name: 'bounce', hours: 6, drift: 0.14, volatility: 2.6, depth: 0.5 },
    { name: 'aftermath', hours: 10, drift: 0.02, volatility: 1.6, depth: 0.8 },
  ],
  jumps: [
    { hour: 18.5, asset: 'BTC', logReturn: -0.09 },
    { hour: 20.25, asset: 'ETH', logReturn: -0.07 },
    { hour: 21, asset: 'ADA', logReturn: -0.12 },
  ],
  underlyings: [
    {
      asset: 'BTC',
      price: 60_000,
      tick: '0.1',
      lot: '0.0001',
      scale: 8,
      beta: 1,
      own: 0,
      depthUsd: 12_000_000,
    },
    {
      asset: 'ETH',
      price: 3_000,
      tick: '0.01',
      lot: '0.001',
      scale: 18,
      beta: 1.05,
      own: 0.5,
      depthUsd: 8_000_000,
    },
    {
      asset: 'BNB',
      price: 550,
      tick: '0.01',
      lot: '0.001',
      scale: 18,
      beta: 0.9,
      own: 0.7,
      depthUsd: 2_000_000,
    },
    {
      asset: 'ADA',
      price: 0.6,
      tick: '0.0001',
      lot: '1',
      scale: 6,
      beta: 0.95,
      own: 0.8,
      depthUsd: 1_000_000,
    },
    {
      asset: 'LINK',
      price: 15,
      tick: '0.001',
      lot: '0.01',
      scale: 18,
      beta: 0.85,
      own: 0.8,
      depthUsd: 900_000,
    },
    {
      asset: 'AAVE',
      price: 110,
      tick: '0.01',
      lot: '0.01',
      scale: 18,
      beta: 0.85,
      own: 0.9,
      depthUsd: 600_000,
    },
  ],
  venues: [
    {
      venueId: 'alpha',
      depth: 1,
      halfSpreadBps: 1,
      makerFeePpm: 100,
      takerFeePpm: 400,
      optionFeeCapPpm: OPTION_FEE_CAP_PPM,
      creditLimit: '60000000',
      defaultProbabilityPpm: 5_000,
      faults: [],
      strays: { chance: 0, size: 0 },
    },
    {
      venueId: 'bravo',
      depth: 0.7,
      halfSpreadBps: 1.5,
      makerFeePpm: 50,
      takerFeePpm: 350,
      optionFeeCapPpm: OPTION_FEE_CAP_PPM,
      creditLimit: '50000000',
      defaultProbabilityPpm: 8_000,
      faults: [],
      strays: { chance: 0, size: 0 },
    },
    {
      venueId: 'charlie',
      depth: 0.5,
      halfSpreadBps: 2,
      makerFeePpm: -20,
      takerFeePpm: 450,
      optionFeeCapPpm: OPTION_FEE_CAP_PPM,
      creditLimit: '30000000',
      defaultProbabilityPpm: 20_000,
      faults: [
        { fromHour: 18, toHour: 19, condition: 'timeouts' },
        { fromHour: 19, toHour: 22, condition: 'down' },
      ],
      strays: { chance: 0, size: 0 },
    },
    {
      venueId: 'delta',
      depth: 0.06,
      halfSpreadBps: 12,
      makerFeePpm: 100,
      takerFeePpm: 600,
      optionFeeCapPpm: OPTION_FEE_CAP_PPM,
      creditLimit: '5000000',
      defaultProbabilityPpm: 40_000,
      faults: [],
      strays: { chance: 0.02, size: 0.4 },
    },
  ],
  peg: [
    { hour: 0, price: 1 },
    { hour: 16, price: 0.9995 },
    { hour: 17.5, price: 0.955 },
    { hour: 19, price: 0.88 },
    { hour: 21, price: 0.91 },
    { hour: 26, price: 0.965 },
    { hour: 34, price: 0.995 },
    { hour: 40, price: 0.999 },
  ],
  fundingEveryHours: 8,
  dated: {
    expiryHours: [30],
    underlyings: 2,
    strikes: [0.97, 1.03],
    volatilityShare: 0.8,
    halfSpreadVolatility: 0.03,
  },
};

/** A quiet market without end to speak of: what a broker trades on that has no exchange connected. */
export const CALM: Scenario = {
  ...CRASH,
  name: 'calm',
  sources: ['volatility 60 % a year'],
  tickMs: 5_000,
  phases: [{ name: 'calm', hours: 720, drift: 0, volatility: 0.6, depth: 1 }],
  jumps: [],
  venues: CRASH.venues.map((venue) => ({ ...venue, faults: [], strays: { chance: 0, size: 0 } })),
  peg: [{ hour: 0, price: 1 }],
  dated: {
    expiryHours: [2, 48, 168, 672],
    underlyings: 2,
    strikes: [0.9, 0.95, 1, 1.05, 1.1],
    volatilityShare: 0.95,
    halfSpreadVolatility: 0.01,
  },
};

/** The same scenario at another length: phases, jumps and faults keep their order and shape. */
export const stretched = (scenario: Scenario, ticks: number): Scenario => {
  const hours = hoursOf(scenario);
  return { ...scenario, tickMs: Math.round((hours * 3_600_000) / ticks) };
};

export const hoursOf = (scenario: Scenario): number =>
  scenario.phases.reduce((sum, { hours }) => sum + hours, 0);

export const ticksOf = (scenario: Scenario): number =>
  Math.round((hoursOf(scenario) * 3_600_000) / scenario.tickMs);

export const phaseAt = (scenario: Scenario, hour: number): Phase => {
  let end = 0;
  for (const phase of scenario.phases) {
    end += phase.hours;
    if (hour < end) return phase;
  }
  return scenario.phases.at(-1) as Phase;
};

export const pegAt = (scenario: Scenario, hour: number): number => {
  const { peg } = scenario;
  const next = peg.findIndex((point) => point.hour > hour);
  if (next < 0) return (peg.at(-1) as { price: number }).price;
  const b = peg[next] as { hour: number; price: number };
  const a = peg[next - 1] ?? b;
  return b.hour === a.hour ? b.price : a.price + ((b.price - a.price) * (hour - a.hour)) / (b.hour - a.hour);
};
