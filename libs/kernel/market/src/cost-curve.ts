/**
 * Cost of executing against books now: marginal price after fees as a step function of quantity. The router
 * makes it from order books; margin (concentration), liquidation (cheapest leg) and the router's own analysis
 * read it. Float64 world: quantities in units of the underlying, prices in USD.
 */
export type CostCurve = Readonly<{
  /** Cumulative quantity at the end of each step, strictly rising. */
  quantities: Float64Array;
  /** Price of each step, fees included: rising for buys, falling for sells. */
  prices: Float64Array;
}>;

export type ExecutionCost = Readonly<{
  /** Quantity that the curve can take, ≤ the one asked. */
  filled: number;
  /** Σ price × quantity over the filled part, USD. */
  notional: number;
  /** |notional − filled × mark|, signed: positive = worse than the mark. */
  cost: number;
}>;

/** Cost of trading `quantity` (> 0) along the curve. `sign` is +1 for buys, −1 for sells. */
export const executionCost = (
  curve: CostCurve,
  quantity: number,
  mark: number,
  sign: 1 | -1,
): ExecutionCost => {
  let done = 0;
  let notional = 0;
  for (let step = 0; step < curve.quantities.length && done < quantity; step += 1) {
    const end = Math.min(curve.quantities[step] as number, quantity);
    notional += (end - done) * (curve.prices[step] as number);
    done = end;
  }
  // cost = sign · (Σ price·quantity − mark·quantity)
  return { filled: done, notional, cost: sign * (notional - mark * done) };
};
