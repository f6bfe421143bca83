/**
 * Sensitivities of the value V(F, σ, T, r) in settlement units. The forward and the rate move independently
 * of one another; the rate is −ln(discount)/years.
 */
export type Greeks = Readonly<{
  price: number;
  /** ∂V/∂F. */
  delta: number;
  /** ∂²V/∂F². */
  gamma: number;
  /** ∂V/∂σ, for a volatility higher by 1.00. */
  vega: number;
  /** Change of V in a year of passing time, −∂V/∂T. */
  theta: number;
  /** ∂V/∂r, for a rate higher by 1.00. */
  rho: number;
  /** ∂²V/∂F∂σ. */
  vanna: number;
  /** ∂²V/∂σ². */
  volga: number;
}>;

/** One array per figure, one place per option. */
export type GreekColumns = Readonly<Record<keyof Greeks, Float64Array>>;

export const greekColumns = (count: number): GreekColumns => ({
  price: new Float64Array(count),
  delta: new Float64Array(count),
  gamma: new Float64Array(count),
  vega: new Float64Array(count),
  theta: new Float64Array(count),
  rho: new Float64Array(count),
  vanna: new Float64Array(count),
  volga: new Float64Array(count),
});

export const greeksAt = (columns: GreekColumns, i: number): Greeks => ({
  price: columns.price[i]!,
  delta: columns.delta[i]!,
  gamma: columns.gamma[i]!,
  vega: columns.vega[i]!,
  theta: columns.theta[i]!,
  rho: columns.rho[i]!,
  vanna: columns.vanna[i]!,
  volga: columns.volga[i]!,
});

/** 1 above 0, 0 below, ½ at 0: delta where there is no volatility left. */
export const heaviside = (x: number): number => (x > 0 ? 1 : x < 0 ? 0 : 0.5);
