import type { RiskParameters } from './parameters.ts';

/** Volatilities of all expiries together, on every step of the price. */
const PARALLEL_MOVES = ['down', 'flat', 'up'] as const;
/** Near and far expiries against each other: near up and far down, and the reverse. */
const TWISTS = ['near up', 'near down'] as const;
export type VolatilityMove = (typeof PARALLEL_MOVES | typeof TWISTS)[number];

/** What happens in one scenario. Every underlying moves by `multiple` of its own x, or as its de-peg says. */
export type Scenario = Readonly<{
  id: string;
  /** Spot shock in units of x; 0 for de-peg scenarios. */
  multiple: number;
  volatility: VolatilityMove;
  /** Share of the loss that counts: 1, less for tails. */
  counted: number;
  /** Index into the de-peg scenarios of the parameters. */
  depeg?: number;
}>;

/**
 * finance §6.1: 11 spot × 3 volatility, two tails with volatility up, two twists of the volatilities over
 * expiries at unmoved prices, then the de-peg scenarios.
 */
export const scenarioSet = (parameters: RiskParameters): readonly Scenario[] => {
  const { spotSteps, tailMultiple, tailCounted } = parameters.scenarios;
  const half = (spotSteps - 1) / 2;
  const grid: Scenario[] = [];
  for (let step = -half; step <= half; step++) {
    const multiple = step / half;
    for (const volatility of PARALLEL_MOVES)
      grid.push({ id: `spot ${signed(multiple)}x, vol ${volatility}`, multiple, volatility, counted: 1 });
  }
  const tails = [-tailMultiple, tailMultiple].map((multiple): Scenario => ({
    id: `tail ${signed(multiple)}x, vol up, ${tailCounted} counted`,
    multiple,
    volatility: 'up',
    counted: tailCounted,
  }));
  const twists = TWISTS.map((volatility): Scenario => ({
    id: `spot 0x, vol ${volatility === 'near up' ? 'near up, far down' : 'near down, far up'}`,
    multiple: 0,
    volatility,
    counted: 1,
  }));
  const depegs = parameters.depegs.map((depeg, index): Scenario => ({
    id: `depeg ${depeg.id}`,
    multiple: 0,
    volatility: 'flat',
    counted: 1,
    depeg: index,
  }));
  return [...grid, ...tails, ...twists, ...depegs];
};

const signed = (multiple: number): string => (multiple > 0 ? `+${multiple}` : `${multiple}`);

/**
 * Columns actually computed. Where nothing in the catalogue depends on volatility, scenarios that differ only
 * in it have equal losses bit for bit and share a column; the first scenario of a column stands for it.
 */
export type ScenarioColumns = Readonly<{ first: readonly number[]; columnOf: readonly number[] }>;

export const scenarioColumns = (set: readonly Scenario[], volatilityMatters: boolean): ScenarioColumns => {
  const first: number[] = [];
  const columnOf: number[] = [];
  const seen = new Map<string, number>();
  set.forEach((scenario, index) => {
    const kind =
      scenario.depeg === undefined ? `${scenario.multiple}/${scenario.counted}` : `d${scenario.depeg}`;
    const key = volatilityMatters ? `${index}` : kind;
    const column = seen.get(key) ?? first.length;
    if (column === first.length) {
      first.push(index);
      seen.set(key, column);
    }
    columnOf.push(column);
  });
  return { first, columnOf };
};
