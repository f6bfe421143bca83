import type { QuadraticForm } from './saddlepoint.ts';
import { eigenOf, solvePositive } from './symmetric-matrix.ts';

/** What is left of something at a point z of independent standard factors; positive at 0, default below 0. */
export type Slack = (z: Float64Array) => number;

/** Farthest distance looked at, in standard deviations: a Student t of 4 degrees is beyond it once in 10⁸. */
export const FARTHEST = 200;
const FIRST = 0.25;
const GROWTH = 1.3;
const TOLERANCE = 1e-6;

/** Distance along a direction at which the slack first turns negative, if it does before `farthest`. */
export const crossingAlong = (
  slack: Slack,
  direction: Float64Array,
  farthest: number,
): number | undefined => {
  const z = new Float64Array(direction.length);
  const at = (distance: number): number => {
    for (let k = 0; k < z.length; k++) z[k] = distance * direction[k]!;
    return slack(z);
  };
  let safe = 0;
  for (let next = FIRST; safe < farthest; next *= GROWTH) {
    const tried = Math.min(next, farthest);
    if (at(tried) < 0) return bisected(at, safe, tried);
    safe = tried;
  }
  return undefined;
};

/** Where the slack is lowest on a ray that does not breach, on the same grid of distances. */
const lowestAlong = (
  slack: Slack,
  ray: Float64Array,
  farthest: number,
): Readonly<{ distance: number; slack: number }> => {
  let lowest = { distance: farthest, slack: slack(ray.map((x) => farthest * x)) };
  for (let distance = FIRST; distance < farthest; distance *= GROWTH) {
    const left = slack(ray.map((x) => distance * x));
    if (left < lowest.slack) lowest = { distance, slack: left };
  }
  return lowest;
};

/** Regula falsi (Illinois): as sure as halving, and fast where the slack is nearly straight. */
const bisected = (at: (distance: number) => number, from: number, to: number): number => {
  let [safe, broken] = [from, to];
  let [fromSafe, fromBroken] = [at(safe), at(broken)];
  for (let step = 0; step < 60 && broken - safe > TOLERANCE * broken; step++) {
    const guess = (safe * fromBroken - broken * fromSafe) / (fromBroken - fromSafe);
    const middle = guess > safe && guess < broken ? guess : 0.5 * (safe + broken);
    const value = at(middle);
    if (value < 0) {
      [broken, fromBroken] = [middle, value];
      fromSafe *= 0.5;
    } else {
      [safe, fromSafe] = [middle, value];
      fromBroken *= 0.5;
    }
    if (Math.abs(value) < 1e-12 * Math.abs(fromSafe - fromBroken)) break;
  }
  return 0.5 * (safe + broken);
};

export const gradientAt = (slack: Slack, z: Float64Array, step: number): Float64Array =>
  Float64Array.from(z, (_, k) => {
    const moved = z.slice();
    moved[k] = z[k]! + step;
    const up = slack(moved);
    moved[k] = z[k]! - step;
    return (up - slack(moved)) / (2 * step);
  });

const unitOf = (v: Float64Array): Float64Array => {
  const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return length > 0 ? v.map((x) => x / length) : v;
};

export type NearestBreach = Readonly<{ direction: Float64Array; distance: number }>;

const IMPROVEMENTS = 25;

/**
 * The breach nearest to 0 in standard deviations: from every start, step towards where the slack falls
 * fastest at the breach found, as long as that is nearer.
 */
export const nearestBreach = (
  slack: Slack,
  n: number,
  starts: readonly Float64Array[] = [],
): NearestBreach | undefined => {
  const downhill = unitOf(gradientAt(slack, new Float64Array(n), 0.5).map((x) => -x));
  let best: NearestBreach | undefined;
  for (const start of [downhill, ...axes(n), ...starts]) {
    const found = improved(slack, start, best?.distance ?? FARTHEST);
    if (found !== undefined && (best === undefined || found.distance < best.distance)) best = found;
  }
  return best;
};

/** Nothing when the start does not breach within half again of the best: others are nearer. */
const improved = (slack: Slack, start: Float64Array, best: number): NearestBreach | undefined => {
  const first = crossingAlong(slack, start, Math.min(FARTHEST, 1.5 * best));
  if (first === undefined) return undefined;
  let [direction, distance] = [start, first];
  for (let step = 0; step < IMPROVEMENTS; step++) {
    const z = direction.map((x) => distance * x);
    const downhill = unitOf(gradientAt(slack, z, 0.02 * distance).map((x) => -x));
    const next = turned(slack, direction, downhill, distance);
    if (next === undefined) break;
    const gained = distance - next.distance;
    [direction, distance] = [next.direction, next.distance];
    if (gained < 1e-7 * distance) break;
  }
  return { direction, distance };
};

/** The way to the new direction is halved until the breach is nearer. */
const turned = (
  slack: Slack,
  from: Float64Array,
  to: Float64Array,
  distance: number,
): NearestBreach | undefined => {
  for (let share = 1; share > 0.01; share *= 0.4) {
    const direction = unitOf(from.map((x, k) => (1 - share) * x + share * to[k]!));
    const found = crossingAlong(slack, direction, distance);
    if (found !== undefined && found < distance * (1 - 1e-9)) return { direction, distance: found };
  }
  return undefined;
};

/** ± every axis. */
export const axes = (n: number): readonly Float64Array[] =>
  Array.from({ length: 2 * n }, (_, m) => {
    const axis = new Float64Array(n);
    axis[m >> 1] = m % 2 === 0 ? 1 : -1;
    return axis;
  });

/** Farther breaches than this multiple of the nearest weigh nothing. */
const REACH = 6;
const FULL_UP_TO = 10;
const RIDGE = 1e-4;

/**
 * The quadratic whose zero lies where the slack's does. Only the place of the boundary counts for a
 * probability, so it is fitted there and not at the centre: along the axes and diagonals of a frame turned to
 * the nearest breach, q(0) = slack(0) and q = 0 at each first breach, weighed by (nearest/distance)⁴ squared;
 * where a ray does not breach within six times the nearest, q is the slack where that is lowest. Derivatives
 * at 0 (delta and gamma over one standard deviation) are the prior, and decide what no ray tells.
 */
export const boundaryQuadratic = (slack: Slack, nearest: NearestBreach): QuadraticForm => {
  const n = nearest.direction.length;
  const frame = frameAlong(nearest.direction);
  const turnedSlack: Slack = (y) => slack(apply(frame, y));
  const pairs: (readonly [number, number])[] = [];
  for (let j = 0; j < n; j++)
    for (let k = j; k < n; k++) if (n <= FULL_UP_TO || j === 0 || j === k) pairs.push([j, k]);
  const centre = slack(new Float64Array(n));
  const prior = taylor(turnedSlack, n, pairs, centre);
  const farthest = Math.min(FARTHEST, REACH * nearest.distance);
  const normal = new Float64Array(prior.length * prior.length);
  const right = new Float64Array(prior.length);
  for (const ray of rays(n, pairs)) {
    const breach = crossingAlong(turnedSlack, ray, farthest);
    const { distance, slack: left } =
      breach === undefined ? lowestAlong(turnedSlack, ray, farthest) : { distance: breach, slack: 0 };
    const target = left - centre;
    const share = (nearest.distance * nearest.distance) / (distance * distance);
    const weight = share * share * share * share;
    addRow(normal, right, rowOf(ray, distance, pairs), target / centre, weight);
  }
  // In units of the coefficients at the nearest breach, so that the prior weighs the same for all.
  const unit = rowOf(new Float64Array(n).fill(1), nearest.distance, pairs);
  prior.forEach((value, at) => {
    const weight = RIDGE * unit[at]! * unit[at]!;
    normal[at * prior.length + at]! += weight;
    right[at]! += (weight * value) / centre;
  });
  const fitted = solvePositive(normal, right);
  return diagonal(n, pairs, centre, fitted);
};

/** Tangents of the angles at which the boundary beside the nearest breach is looked at. */
const TILTS = [0.2, 0.5] as const;

const tilted = (n: number): readonly Float64Array[] =>
  Array.from({ length: 4 * (n - 1) }, (_, m) => {
    const ray = new Float64Array(n);
    ray[0] = 1;
    ray[1 + (m >> 2)] = TILTS[m & 1]! * ((m & 2) === 0 ? 1 : -1);
    return unitOf(ray);
  });

/** Axes, the surroundings of the nearest breach, and diagonals of the pairs that have a coefficient. */
const rays = (n: number, pairs: readonly (readonly [number, number])[]): readonly Float64Array[] => [
  ...axes(n),
  ...tilted(n),
  ...pairs
    .filter(([j, k]) => j !== k)
    .flatMap(([j, k]) =>
      [0, 1, 2, 3].map((m) => {
        const ray = new Float64Array(n);
        ray[j] = m < 2 ? Math.SQRT1_2 : -Math.SQRT1_2;
        ray[k] = m % 2 === 0 ? Math.SQRT1_2 : -Math.SQRT1_2;
        return ray;
      }),
    ),
];

/** Coefficients' factors at a point: yⱼ, then yⱼ·yₖ. */
const rowOf = (
  ray: Float64Array,
  distance: number,
  pairs: readonly (readonly [number, number])[],
): Float64Array =>
  Float64Array.from([
    ...ray.map((x) => distance * x),
    ...pairs.map(([j, k]) => distance * distance * ray[j]! * ray[k]!),
  ]);

const addRow = (
  normal: Float64Array,
  right: Float64Array,
  row: Float64Array,
  target: number,
  weight: number,
): void => {
  for (let a = 0; a < row.length; a++) {
    if (row[a] === 0) continue;
    right[a]! += weight * row[a]! * target;
    for (let b = 0; b < row.length; b++) normal[a * row.length + b]! += weight * row[a]! * row[b]!;
  }
};

/** Delta and gamma by differences over one standard deviation, in the order of `rowOf`. */
const taylor = (
  slack: Slack,
  n: number,
  pairs: readonly (readonly [number, number])[],
  centre: number,
): Float64Array => {
  const at = (...steps: readonly (readonly [number, number])[]): number => {
    const y = new Float64Array(n);
    for (const [k, by] of steps) y[k]! += by;
    return slack(y);
  };
  const slopes = Array.from({ length: n }, (_, k) => 0.5 * (at([k, 1]) - at([k, -1])));
  return Float64Array.from([
    ...slopes,
    ...pairs.map(([j, k]) =>
      j === k
        ? 0.5 * (at([j, 1]) + at([j, -1]) - 2 * centre)
        : 0.25 * (at([j, 1], [k, 1]) - at([j, 1], [k, -1]) - at([j, -1], [k, 1]) + at([j, -1], [k, -1])),
    ),
  ]);
};

/** The form in the frame of its own curvatures: a turn changes no law of independent normals. */
const diagonal = (
  n: number,
  pairs: readonly (readonly [number, number])[],
  centre: number,
  fitted: Float64Array,
): QuadraticForm => {
  const matrix = new Float64Array(n * n);
  pairs.forEach(([j, k], at) => {
    const value = centre * fitted[n + at]!;
    if (j === k) matrix[j * n + j] = value;
    else {
      matrix[j * n + k] = 0.5 * value;
      matrix[k * n + j] = 0.5 * value;
    }
  });
  const { values, vectors } = eigenOf(matrix, n);
  const slopes = Float64Array.from({ length: n }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += vectors[j * n + k]! * centre * fitted[j]!;
    return sum;
  });
  return { offset: centre, slopes, curvatures: values };
};

/** An orthonormal frame whose first axis is the direction: one reflection. */
const frameAlong = (direction: Float64Array): Float64Array => {
  const n = direction.length;
  const v = direction.map((x, k) => x - (k === 0 ? 1 : 0));
  const square = v.reduce((sum, x) => sum + x * x, 0);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [j, k] = [Math.floor(at / n), at % n];
    const mirrored = square > 1e-24 ? (2 * v[j]! * v[k]!) / square : 0;
    return (j === k ? 1 : 0) - mirrored;
  });
};

export const apply = (matrix: Float64Array, y: Float64Array): Float64Array => {
  const n = y.length;
  const z = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += matrix[j * n + k]! * y[k]!;
    z[j] = sum;
  }
  return z;
};
