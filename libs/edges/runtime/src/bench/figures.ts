/** One measured rate: the median of several rounds, with the slowest and the fastest. */
export type Figure = Readonly<{
  name: string;
  unit: string;
  median: number;
  min: number;
  max: number;
  rounds: number;
}>;

/** How one figure compares with another of the same run. */
export type Ratio = Readonly<{ name: string; ratio: number }>;

export type Figures = Readonly<{ bench: string; figures: readonly Figure[]; ratios: readonly Ratio[] }>;

export const figureOf = (name: string, unit: string, values: readonly number[]): Figure => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { name, unit, median: at(0.5), min: at(0), max: at(1), rounds: values.length };
};

export const ratioOf = (name: string, of: Figure, to: Figure): Ratio => ({
  name,
  ratio: of.median / to.median,
});

/** The value below which a share of the sample lies. */
export const quantile = (sample: readonly number[], share: number): number => {
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
};
