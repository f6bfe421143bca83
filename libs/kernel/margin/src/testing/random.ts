/** A small seeded generator (mulberry32): the same seed gives the same numbers on every machine. */
export type Random = () => number;

export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

/** Roughly normal with mean 0 and variance 1: the sum of twelve uniforms less six. */
export const roughNormal = (random: Random): number => {
  let sum = -6;
  for (let n = 0; n < 12; n++) sum += random();
  return sum;
};

export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
