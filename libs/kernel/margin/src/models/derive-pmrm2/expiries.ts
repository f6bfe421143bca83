import { exp, log, logRatio } from '@plinth/maths';
import { emptyColumns, priceGrid, scenarioGrid, type ScenarioGrid } from '@plinth/options';
import { refuse } from '../../checks.ts';
import {
  expiryMarket,
  fixedForwardOf,
  SECONDS_PER_YEAR,
  volatilityOf,
  type ExpiryMarket,
  type UnderlyingMarket,
} from '../market.ts';
import type { OptionHolding } from '../portfolio.ts';
import type { DerivePmrm2Parameters, Pmrm2Scenario } from './parameters.ts';

const SECONDS_PER_DAY = 86_400;
const DAYS_30 = 30 * SECONDS_PER_DAY;

/** The options of one expiry and what they are worth, in every column of the risk array. */
export type ExpiryValues = Readonly<{
  options: readonly OptionHolding[];
  market: ExpiryMarket;
  years: number;
  markToMarket: number;
  /** At the price shocks of the basis charge, volatility as it is. */
  basisUp: number;
  basisDown: number;
  /** One value for each scenario, before discount and damping. */
  shocked: Float64Array;
  longDiscount: number;
  shortDiscount: number;
}>;

/** Columns of the risk array: the scenarios, then the basis up, the basis down, and the market as it is. */
const extraColumns = ({ basis }: DerivePmrm2Parameters): readonly Pmrm2Scenario[] =>
  [basis.spotUp, basis.spotDown, 1].map((spot) => ({ spot, volatility: 'none', damping: 1 }));

/** Values the options of a portfolio expiry by expiry, in the order in which the expiries appear. */
export const valueExpiries = (
  options: readonly OptionHolding[],
  market: UnderlyingMarket,
  parameters: DerivePmrm2Parameters,
): readonly ExpiryValues[] => {
  const groups = new Map<number, OptionHolding[]>();
  for (const option of options) {
    const group = groups.get(option.secondsToExpiry);
    if (group) group.push(option);
    else groups.set(option.secondsToExpiry, [option]);
  }
  return [...groups.values()].map((group) => valueExpiry(group, market, parameters));
};

const valueExpiry = (
  options: readonly OptionHolding[],
  underlying: UnderlyingMarket,
  parameters: DerivePmrm2Parameters,
): ExpiryValues => {
  const market = expiryMarket(underlying, options[0]!);
  const years = market.secondsToExpiry / SECONDS_PER_YEAR;
  const discount = exp(-Math.max(market.rate, 0) * years);
  const columns = [...parameters.scenarios, ...extraColumns(parameters)];
  const width = columns.length;
  const units = unitValues(options, market, years, discount, parameters, columns);
  const totals = new Float64Array(width);
  options.forEach(({ size }, i) => {
    for (let s = 0; s < width; s++) totals[s] = totals[s]! + size * units[i * width + s]!;
  });
  return {
    options,
    market,
    years,
    markToMarket: totals[width - 1]!,
    basisUp: totals[width - 3]!,
    basisDown: totals[width - 2]!,
    shocked: totals.subarray(0, width - 3),
    ...staticDiscounts(market.rate, years, discount, parameters),
  };
};

/** The risk array: one unit of each option in every column, by full revaluation. */
const unitValues = (
  options: readonly OptionHolding[],
  market: ExpiryMarket,
  years: number,
  discount: number,
  parameters: DerivePmrm2Parameters,
  columns: readonly Pmrm2Scenario[],
): Float64Array => {
  const rows = emptyColumns(options.length);
  rows.years.fill(years);
  rows.discount.fill(discount);
  const grid = scenarioGrid(options.length, columns.length);
  const fixed = fixedForwardOf(market);
  const moves = volatilityMoves(market.secondsToExpiry, parameters);
  options.forEach((option, i) => {
    rows.isCall[i] = option.isCall ? 1 : 0;
    rows.strike[i] = option.strike;
    rows.volatility[i] = volatilityOf(market, option);
    columns.forEach(({ spot, volatility }, s) => {
      const place = i * columns.length + s;
      grid.forward[place] = (market.forward - fixed) * spot + fixed;
      writeMove(grid, place, volatility, option.strike, market.forward, years, moves, parameters);
    });
  });
  const out = new Float64Array(options.length * columns.length);
  priceGrid(rows, Int32Array.from(options.keys()), grid, out);
  return out;
};

type Moves = Readonly<{ up: number; down: number }>;

/** Factors on every volatility: 1 ± range · (30 days / max(T, floor))^power; never below 0. */
const volatilityMoves = (seconds: number, { volatility }: DerivePmrm2Parameters): Moves => {
  const effective = Math.max(seconds, volatility.floorDays * SECONDS_PER_DAY);
  if (!(effective > 0))
    refuse('volatility.floorDays', 'Expected more than 0 for an option that has expired, was 0');
  const power = seconds <= DAYS_30 ? volatility.shortTermPower : volatility.longTermPower;
  const multiplier = exp(power * log(DAYS_30 / effective));
  return {
    up: 1 + volatility.rangeUp * multiplier,
    down: Math.max(0, 1 - volatility.rangeDown * multiplier),
  };
};

const writeMove = (
  grid: ScenarioGrid,
  place: number,
  move: Pmrm2Scenario['volatility'],
  strike: number,
  forward: number,
  years: number,
  moves: Moves,
  parameters: DerivePmrm2Parameters,
): void => {
  switch (move) {
    case 'none':
      return;
    case 'up':
      grid.volatilityFactor[place] = moves.up;
      grid.volatilityFloor[place] = parameters.volatility.minimumUp;
      return;
    case 'down':
      grid.volatilityFactor[place] = moves.down;
      return;
    case 'linear':
    case 'abs':
      grid.volatilityFactor[place] = skewFactor(move, strike, forward, years, parameters);
      return;
  }
};

/**
 * 1 + clamp(k·cap/k*, −cap, cap) with k = ln(K/F) or its size, cap = slope·√T + base cap and
 * k* = max(minimum, √T·widthScale·(static + √T·scale)): the moneyness where the smile is flat.
 */
const skewFactor = (
  move: 'linear' | 'abs',
  strike: number,
  forward: number,
  years: number,
  { skew }: DerivePmrm2Parameters,
): number => {
  const root = Math.sqrt(years);
  const cap =
    move === 'linear' ? skew.linearSlope * root + skew.linearCap : skew.absSlope * root + skew.absCap;
  const sloped = root * skew.widthScale * (skew.volatilityStatic + root * skew.volatilityScale);
  const width = Math.max(skew.minimumWidth, sloped);
  const moneyness = logRatio(strike, forward);
  const k = move === 'linear' ? moneyness : Math.abs(moneyness);
  const slope = cap === 0 ? 0 : (k * cap) / width;
  return Math.max(0, 1 + (k >= 0 ? Math.min(cap, slope) : Math.max(-cap, slope)));
};

/**
 * Long: base·e^(−T·(r·mult + add)). Short: base/e^(−T·(r·mult + add)), at most 1/df, so that a discounted
 * loss is never larger than the undiscounted one.
 */
const staticDiscounts = (
  rate: number,
  years: number,
  discount: number,
  { margin }: DerivePmrm2Parameters,
): Pick<ExpiryValues, 'longDiscount' | 'shortDiscount'> => {
  const r = Math.max(rate, 0);
  const long = exp(-years * (r * margin.longRateMultiplier + margin.longRateAdd));
  const short = exp(-years * (r * margin.shortRateMultiplier + margin.shortRateAdd));
  return {
    longDiscount: margin.longDiscount * long,
    shortDiscount: Math.min(1 / discount, margin.shortDiscount / short),
  };
};
