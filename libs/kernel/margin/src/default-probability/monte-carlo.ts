import { log, Random } from '@plinth/maths';
import { normalsFrom, uniformsFrom } from './normals.ts';
import { slackOf, type AccountFactors } from './factors.ts';

/** An estimate and its standard error. */
export type Estimate = Readonly<{ probability: number; error: number }>;

/** Half of the paths are drawn this many times as wide, and weigh less: far losses are met often enough. */
const WIDER = 3;

/** G ~ χ²(ν): −2·Σ ln U for pairs, and one square for an odd one. */
const chiSquare = (degrees: number, uniform: () => number, normal: () => number): number => {
  let sum = 0;
  for (let pair = 0; pair < Math.floor(degrees / 2); pair++) sum -= 2 * log(uniform());
  if (degrees % 2 === 1) {
    const z = normal();
    sum += z * z;
  }
  return sum;
};

const power = (base: number, exponent: number): number => {
  let value = 1;
  for (let n = 0; n < exponent; n++) value *= base;
  return value;
};

/**
 * The same probability by simulation, with the account revalued in full on every path, for several equities
 * at once: the reference for the saddlepoint. Half of the paths are drawn three times as wide; a path
 * weighs f/(½f + ½f₃), f the density of the Student t, so that the mean stays what it is.
 */
export const simulatedProbabilities = (
  factors: AccountFactors,
  equities: readonly number[],
  degreesOfFreedom: number,
  paths: number,
  seed: number,
): readonly Estimate[] => {
  const n = factors.revaluation.factorCount;
  const uniform = uniformsFrom(Random.of('default probability', seed));
  const normal = normalsFrom(uniform);
  const gain = slackOf(factors, 0);
  const sums = new Float64Array(equities.length);
  const squares = new Float64Array(equities.length);
  const z = new Float64Array(n);
  const nu = degreesOfFreedom;
  for (let path = 0; path < paths; path++) {
    const scale = Math.sqrt((nu - 2) / chiSquare(nu, uniform, normal)) * (path % 2 === 0 ? 1 : WIDER);
    let square = 0;
    for (let k = 0; k < n; k++) {
      z[k] = scale * normal();
      square += z[k]! * z[k]!;
    }
    const ratio = (nu - 2 + square) / (nu - 2 + square / (WIDER * WIDER));
    // f₃/f, of which the exponent (ν + n)/2 may be a half.
    const root = (nu + n) % 2 === 0 ? 1 : Math.sqrt(ratio);
    const wide = (power(ratio, Math.floor((nu + n) / 2)) * root) / power(WIDER, n);
    const weight = 2 / (1 + wide);
    const profit = gain(z);
    for (let e = 0; e < equities.length; e++) {
      if (!(equities[e]! + profit < 0)) continue;
      sums[e]! += weight;
      squares[e]! += weight * weight;
    }
  }
  return equities.map((_, e) => {
    const probability = sums[e]! / paths;
    const variance = squares[e]! / paths - probability * probability;
    return { probability, error: Math.sqrt(Math.max(0, variance) / paths) };
  });
};
