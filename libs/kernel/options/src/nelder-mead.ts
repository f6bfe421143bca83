/** A point of the simplex: coordinates and the value there. */
type Vertex = Readonly<{ at: readonly number[]; value: number }>;

const REFLECT = 1;
const EXPAND = 2;
const CONTRACT = 0.5;
const SHRINK = 0.5;

/**
 * Nelder and Mead's simplex: finds a low value of a function without its slopes. Deterministic. Ends when the
 * simplex is flat (relative spread below `tolerance`) or after `steps`.
 */
export const nelderMead = (
  f: (at: readonly number[]) => number,
  start: readonly number[],
  sizes: readonly number[],
  { steps, tolerance }: Readonly<{ steps: number; tolerance: number }>,
): Vertex => {
  const vertex = (at: readonly number[]): Vertex => ({ at, value: f(at) });
  let simplex: readonly Vertex[] = [
    vertex(start),
    ...start.map((_, i) => vertex(start.map((x, j) => (i === j ? x + sizes[j]! : x)))),
  ];
  for (let step = 0; step < steps; step++) {
    simplex = simplex.toSorted((a, b) => a.value - b.value);
    const [best, worst] = [simplex[0]!, simplex.at(-1)!];
    if (worst.value - best.value <= tolerance * Math.abs(best.value)) break;
    const centre = meanOf(simplex.slice(0, -1));
    const along = (share: number): Vertex => vertex(centre.map((x, i) => x + share * (x - worst.at[i]!)));
    const next = improved(simplex, worst, along);
    simplex = next
      ? [...simplex.slice(0, -1), next]
      : simplex.map((old, i) => (i === 0 ? old : vertex(between(best.at, old.at))));
  }
  return simplex.reduce((best, other) => (other.value < best.value ? other : best));
};

/** What replaces the worst vertex; undefined when the simplex has to shrink. */
const improved = (
  simplex: readonly Vertex[],
  worst: Vertex,
  along: (share: number) => Vertex,
): Vertex | undefined => {
  const best = simplex[0]!;
  const secondWorst = simplex.at(-2)!;
  const reflected = along(REFLECT);
  if (reflected.value < best.value) {
    const expanded = along(EXPAND);
    return expanded.value < reflected.value ? expanded : reflected;
  }
  if (reflected.value < secondWorst.value) return reflected;
  const contracted = reflected.value < worst.value ? along(CONTRACT) : along(-CONTRACT);
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined;
};

const meanOf = (vertices: readonly Vertex[]): readonly number[] =>
  vertices[0]!.at.map((_, i) => vertices.reduce((sum, { at }) => sum + at[i]!, 0) / vertices.length);

const between = (best: readonly number[], other: readonly number[]): readonly number[] =>
  best.map((x, i) => x + SHRINK * (other[i]! - x));
