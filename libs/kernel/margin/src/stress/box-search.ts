/** Largest shock looked at, in units of x. */
export const LARGEST = 25;
const SMALLEST = 0.05;
const GROWTH = 1.25;
const TOLERANCE = 1e-6;
/** Places tried on every edge: its ends, its middle, and halfway between. */
const PLACES = [-1, -0.5, 0, 0.5, 1] as const;
const PASSES = 4;

/**
 * The smallest k for which some point of the cube [−k, k]ⁿ has no slack left, and that point. For one k the
 * lowest slack is sought coordinate by coordinate from the two corners where everything moves together and
 * from the centre, until nothing improves: exact where the slack is a sum of functions of one coordinate that
 * are lowest at a place tried, as for linear contracts; else an upper bound, which the caller samples.
 */
export const smallestShock = (
  slack: (s: Float64Array) => number,
  n: number,
  largest: number,
): Readonly<{ size: number; shock: Float64Array }> | undefined => {
  let safe = 0;
  let broken: Lowest | undefined;
  let size = SMALLEST;
  for (; size <= largest; size *= GROWTH) {
    broken = lowestIn(slack, n, size);
    if (broken.slack < 0) break;
    safe = size;
  }
  if (broken === undefined || !(broken.slack < 0)) return undefined;
  while (size - safe > TOLERANCE * size) {
    const middle = 0.5 * (safe + size);
    // The last point that had no slack, drawn in, is as good a start as any.
    const lowest = lowestIn(
      slack,
      n,
      middle,
      broken.shock.map((x) => (x * middle) / size),
    );
    if (lowest.slack < 0) [broken, size] = [lowest, middle];
    else safe = middle;
  }
  return { size, shock: broken.shock };
};

type Lowest = Readonly<{ slack: number; shock: Float64Array }>;

const lowestIn = (
  slack: (s: Float64Array) => number,
  n: number,
  size: number,
  start?: Float64Array,
): Lowest => {
  const starts: Float64Array[] = [-size, 0, size].map((value) => new Float64Array(n).fill(value));
  if (start !== undefined) starts.unshift(start);
  let best: Lowest | undefined;
  for (const from of starts) {
    const found = descended(slack, from, size);
    if (best === undefined || found.slack < best.slack) best = found;
    if (best.slack < 0) break;
  }
  return best!;
};

const descended = (slack: (s: Float64Array) => number, from: Float64Array, size: number): Lowest => {
  const shock = from.slice();
  let lowest = slack(shock);
  for (let pass = 0; pass < PASSES; pass++) {
    const before = lowest;
    for (let k = 0; k < shock.length; k++) {
      let kept = shock[k]!;
      for (const place of PLACES) {
        shock[k] = place * size;
        const value = slack(shock);
        if (value < lowest) [lowest, kept] = [value, shock[k]!];
      }
      shock[k] = kept;
    }
    if (!(lowest < before)) break;
  }
  return { slack: lowest, shock };
};
