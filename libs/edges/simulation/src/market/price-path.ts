import { exp, Random } from '@plinth/maths';
import { hoursOf, pegAt, phaseAt, ticksOf, type Scenario } from './scenario.ts';

const HOURS_PER_YEAR = 8_760;

/** Mid prices of every asset at every tick, in USD: `prices.get('BTC')[tick]`. */
export type PricePath = Readonly<{ ticks: number; prices: ReadonlyMap<string, Float64Array> }>;

/**
 * Draws the path: log returns of one common factor (BTC) and one own factor per asset, the phase's drift and
 * volatility, and the named jumps. A function of scenario and seed alone.
 */
export const drawPath = (scenario: Scenario, seed: number): PricePath => {
  const ticks = ticksOf(scenario);
  const hoursPerTick = hoursOf(scenario) / ticks;
  const rootDt = Math.sqrt(hoursPerTick / HOURS_PER_YEAR);
  const common = Random.of('path', seed, 'common');
  const own = new Map(scenario.underlyings.map(({ asset }) => [asset, Random.of('path', seed, asset)]));
  const logs = new Map(scenario.underlyings.map(({ asset }) => [asset, 0]));
  const prices = new Map(scenario.underlyings.map(({ asset }) => [asset, new Float64Array(ticks)]));
  const stable = new Float64Array(ticks);
  for (let tick = 0; tick < ticks; tick += 1) {
    const hour = tick * hoursPerTick;
    const phase = phaseAt(scenario, hour);
    const factor = (phase.drift * hoursPerTick) / phase.hours + phase.volatility * rootDt * common.normal();
    for (const { asset, beta, own: share, price } of scenario.underlyings) {
      const noise = phase.volatility * share * rootDt * (own.get(asset) as Random).normal();
      const jump = jumpBetween(scenario, asset, hour, hour + hoursPerTick);
      const log = (logs.get(asset) as number) + beta * factor + noise + jump;
      logs.set(asset, log);
      (prices.get(asset) as Float64Array)[tick] = price * exp(log);
    }
    stable[tick] = pegAt(scenario, hour);
  }
  prices.set('USDC', stable);
  return { ticks, prices };
};

const jumpBetween = (scenario: Scenario, asset: string, from: number, to: number): number => {
  let sum = 0;
  for (const jump of scenario.jumps)
    if (jump.asset === asset && jump.hour >= from && jump.hour < to) sum += jump.logReturn;
  return sum;
};
