import { exp, log } from '@plinth/maths';
import { refuse } from './checks.ts';

const LN2 = 0.6931471805599453;

export type CovarianceParameters = Readonly<{
  halfLifeMs: number;
  /** Steps shorter than this are joined, as in the volatilities. */
  minStepMs: number;
  /** Correlation of two underlyings of which nothing is known; and how many observations it weighs. */
  priorCorrelation: number;
  priorObservations: number;
  /** Underlyings at most: a later one has the prior correlation with all others. */
  underlyingsMax: number;
}>;

export const houseCovariance: CovarianceParameters = {
  halfLifeMs: 7 * 24 * 3_600_000,
  minStepMs: 60_000,
  priorCorrelation: 0.5,
  priorObservations: 60,
  underlyingsMax: 64,
};

/** Sums of one pair: Σ w·rᵢ², Σ w·rⱼ², Σ w·rᵢ·rⱼ and Σ w, each w halving with the half-life. */
type Pair = { ii: number; jj: number; ij: number; weight: number };

/**
 * Exponentially weighted co-movement of log returns (finance §7). Both returns of a product are over the same
 * interval, the time between two samples at which both prices were known; an interval weighs by its count,
 * not by its length, since a correlation has no unit of time. Volatilities are not taken from here: they are
 * the market's own (`volatility.ts`), so that margin and probabilities of default rest on the same figures.
 */
export class EwmaCovariance {
  readonly #parameters: CovarianceParameters;
  readonly #prices = new Map<string, number>();
  readonly #pairs = new Map<string, Pair>();
  #sampledAtMs = -1;

  constructor(parameters: CovarianceParameters = houseCovariance) {
    for (const name of ['halfLifeMs', 'minStepMs'] as const)
      if (!(parameters[name] > 0)) refuse(name, `Expected more than 0, was ${parameters[name]}`);
    this.#parameters = parameters;
  }

  /** One sample of all prices that are known, USD. Samples too close to the last change nothing. */
  observe(prices: ReadonlyMap<string, number>, atMs: number): void {
    const { minStepMs, halfLifeMs } = this.#parameters;
    const stepMs = atMs - this.#sampledAtMs;
    if (this.#sampledAtMs >= 0 && !(stepMs >= minStepMs)) return;
    const returns = this.#sampledAtMs < 0 ? [] : this.#returnsOf(prices);
    const kept = exp((-LN2 * stepMs) / halfLifeMs);
    for (let n = 1; n < returns.length; n++)
      for (let m = 0; m < n; m++) this.#add(returns[m]!, returns[n]!, kept);
    this.#sampledAtMs = atMs;
    for (const [underlying, price] of prices) {
      const isNew = !this.#prices.has(underlying);
      if (price > 0 && !(isNew && this.#prices.size >= this.#parameters.underlyingsMax))
        this.#prices.set(underlying, price);
    }
  }

  /** In the order of names, so that the sums do not depend on the order of arrival. */
  #returnsOf(prices: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
    const names = [...this.#prices.keys()].filter((name) => (prices.get(name) ?? 0) > 0).sort();
    return names.map((name) => [name, log(prices.get(name)! / this.#prices.get(name)!)] as const);
  }

  #add([a, x]: readonly [string, number], [b, y]: readonly [string, number], kept: number): void {
    const key = `${a}|${b}`;
    const pair = this.#pairs.get(key) ?? { ii: 0, jj: 0, ij: 0, weight: 0 };
    pair.ii = kept * pair.ii + x * x;
    pair.jj = kept * pair.jj + y * y;
    pair.ij = kept * pair.ij + x * y;
    pair.weight = kept * pair.weight + 1;
    this.#pairs.set(key, pair);
  }

  /** (N·ρ̂ + N₀·ρ₀)/(N + N₀): what was seen, drawn to the prior while little was seen. */
  correlation(a: string, b: string): number {
    if (a === b) return 1;
    const { priorCorrelation, priorObservations } = this.#parameters;
    const pair = this.#pairs.get(a < b ? `${a}|${b}` : `${b}|${a}`);
    if (pair === undefined) return priorCorrelation;
    const scale = Math.sqrt(pair.ii * pair.jj);
    const seen = scale > 0 ? Math.max(-1, Math.min(1, pair.ij / scale)) : priorCorrelation;
    return (pair.weight * seen + priorObservations * priorCorrelation) / (pair.weight + priorObservations);
  }

  dump() {
    return { sampledAtMs: this.#sampledAtMs, prices: this.#prices, pairs: this.#pairs };
  }

  load({ sampledAtMs, prices, pairs }: ReturnType<EwmaCovariance['dump']>): void {
    this.reset();
    this.#sampledAtMs = sampledAtMs;
    for (const [name, price] of prices) this.#prices.set(name, price);
    for (const [key, pair] of pairs) this.#pairs.set(key, { ...pair });
  }

  reset(): void {
    this.#prices.clear();
    this.#pairs.clear();
    this.#sampledAtMs = -1;
  }
}
