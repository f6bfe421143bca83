import { log, type Random } from '@plinth/maths';

/** In (0, 1), never 0. */
export const uniformsFrom = (random: Random) => (): number => random.uniform() + 0.5 / 4_294_967_296;

/** Standard normals by Marsaglia's polar method: only log and root. */
export const normalsFrom = (uniform: () => number): (() => number) => {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const s = x * x + y * y;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * log(s)) / s);
      spare = y * scale;
      return x * scale;
    }
  };
};
