import { riskParameters, type RiskParameters, type ShockParameters } from '@plinth/margin';
import { exp, log } from '@plinth/maths';
import { STYLES, type Style } from '../books/styles.ts';
import { judgeByHouse } from '../models/house.ts';
import type { Stage } from './world.ts';

/** The few numbers that a calibration moves; everything else of the set stays. */
export type Knobs = Readonly<{
  /** z of coins: volatilities that a shock covers. */
  volMultiplier: number;
  floorMajors: number;
  floorOthers: number;
  /** Most that a shock of them is: what follows a crash is not another one of its size. */
  capMajors: number;
  capOthers: number;
  /** Weights of the scan; the rest, 1 − all − group, is each underlying by itself. */
  all: number;
  group: number;
  /** Basis rate of majors; that of the others is a multiple of it. */
  basis: number;
  /** Least shock of stablecoins. */
  floorStables: number;
}>;

export const KNOBS = [
  'volMultiplier',
  'floorMajors',
  'floorOthers',
  'capMajors',
  'capOthers',
  'all',
  'group',
  'basis',
  'floorStables',
] as const satisfies readonly (keyof Knobs)[];

/** How far one step of the search moves each of them, and between which bounds. */
const STEPS: Readonly<Record<keyof Knobs, Readonly<{ by: number; low: number; high: number }>>> = {
  volMultiplier: { by: 0.25, low: 2, high: 10 },
  floorMajors: { by: 0.01, low: 0.03, high: 0.3 },
  floorOthers: { by: 0.01, low: 0.03, high: 0.3 },
  capMajors: { by: 0.01, low: 0.2, high: 0.5 },
  capOthers: { by: 0.01, low: 0.2, high: 0.5 },
  all: { by: 0.05, low: 0, high: 0.9 },
  group: { by: 0.05, low: 0, high: 0.9 },
  basis: { by: 0.0025, low: 0, high: 0.05 },
  floorStables: { by: 0.0025, low: 0.0025, high: 0.05 },
};
/** No line of an underlying is left without some weight of its own: netting would be trusted fully. */
const OWN_LEAST = 0.1;

/** Basis of coins that are no majors, as a multiple of that of majors. */
const OTHERS_BASIS = 1.25;

const majorsOf = ({ underlyings }: RiskParameters): ShockParameters =>
  underlyings.find(({ group }) => group === 'majors') as ShockParameters;

const stablesOf = ({ underlyings }: RiskParameters): ShockParameters | undefined =>
  underlyings.find(({ group }) => group === 'stables');

export const knobsOf = (p: RiskParameters): Knobs => ({
  volMultiplier: majorsOf(p).volMultiplier,
  floorMajors: majorsOf(p).shockFloor,
  floorOthers: p.otherUnderlyings.shockFloor,
  capMajors: majorsOf(p).shockCap,
  capOthers: p.otherUnderlyings.shockCap,
  all: p.blend.all,
  group: p.blend.group,
  basis: majorsOf(p).basisRate,
  floorStables: stablesOf(p)?.shockFloor ?? STEPS.floorStables.low,
});

/** The set with these numbers in it; undefined where it would break a bound of parameter sets. */
export const withKnobs = (p: RiskParameters, knobs: Knobs): RiskParameters | undefined => {
  const own = 1 - knobs.all - knobs.group;
  if (own < OWN_LEAST - 1e-9) return undefined;
  const apply = <T extends ShockParameters>(shock: T): T => {
    if (shock.group === 'stables') return { ...shock, shockFloor: knobs.floorStables };
    const { volMultiplier, basis } = knobs;
    if (shock.group === 'majors')
      return {
        ...shock,
        ...{ volMultiplier, basisRate: basis, shockFloor: knobs.floorMajors, shockCap: knobs.capMajors },
      };
    return {
      ...shock,
      ...{ volMultiplier, shockFloor: knobs.floorOthers, shockCap: knobs.capOthers },
      basisRate: basis * OTHERS_BASIS,
    };
  };
  try {
    return riskParameters({
      ...p,
      version: 'calibrated',
      blend: { all: knobs.all, group: knobs.group, own },
      underlyings: p.underlyings.map(apply),
      otherUnderlyings: apply(p.otherUnderlyings),
    });
  } catch {
    return undefined;
  }
};

export type Score = Readonly<{
  /**
   * What is asked for moves of prices over size, the geometric mean over styles: what a calibration makes
   * small. A tenth less counts alike for a style that asks little and for one that asks much.
   */
  requirement: number;
  /** Covered share of each style, over all data sets together. */
  shares: Readonly<Partial<Record<Style, number>>>;
  /** Σ over styles of what is missing to the goal: 0 when every style reaches it. */
  missing: number;
}>;

/** How a set does on some worlds. */
export const scoreOf = (stages: readonly Stage[], parameters: RiskParameters, goal: number): Score => {
  const sums = new Map(STYLES.map((style) => [style, { books: 0, covered: 0, asked: 0 }]));
  for (const stage of stages) {
    const { sample } = stage;
    const { maintenance, unwinding, placement } = judgeByHouse(stage, parameters);
    sample.books.forEach(({ style }, n) => {
      const sum = sums.get(style) as { books: number; covered: number; asked: number };
      const counted = (maintenance[n] as number) - (unwinding[n] as number);
      sum.books++;
      sum.asked += (counted - (placement[n] as number)) / (sample.gross[n] as number);
      if ((sample.worst[n] as number) <= counted) sum.covered++;
    });
  }
  const seen = [...sums].filter(([, { books }]) => books > 0);
  const shares = Object.fromEntries(seen.map(([style, { books, covered }]) => [style, covered / books]));
  const missing = Object.values(shares).reduce((sum, share) => sum + Math.max(0, goal - share), 0);
  const logs = seen.reduce((sum, [, { books, asked }]) => sum + log(asked / books), 0);
  const requirement = exp(logs / seen.length);
  return { requirement, shares, missing };
};

export type Trial = Readonly<{ knobs: Knobs; score: Score }>;
export type Calibration = Readonly<{
  start: Trial;
  best: Trial;
  parameters: RiskParameters;
  trials: number;
}>;

/** What a percent that is missing to the goal costs, in percent of a book's size: dearer than any margin. */
const PENALTY = 20;
const costOf = ({ requirement, missing }: Score): number => requirement + PENALTY * missing;

/** Where the search begins besides at the present set: single steps do not reach it. */
const startsFrom = (knobs: Knobs): readonly Knobs[] => [
  knobs,
  { ...knobs, capMajors: 0.28, capOthers: 0.35 },
];

/**
 * Coordinate descent: one number at a time, by four of its steps and by one, round after round until a round
 * changes nothing: the lowest average requirement at which every style reaches the goal on these worlds.
 */
export const calibrate = (
  stages: readonly Stage[],
  start: RiskParameters,
  goal: number,
  onTrial: (trial: Trial, n: number) => void = () => undefined,
): Calibration => {
  const seen = new Map<string, Trial | undefined>();
  const tryOut = (knobs: Knobs): Trial | undefined => {
    const key = KNOBS.map((knob) => knobs[knob].toFixed(6)).join(' ');
    if (seen.has(key)) return seen.get(key);
    const parameters = withKnobs(start, knobs);
    const trial = parameters && { knobs, score: scoreOf(stages, parameters, goal) };
    seen.set(key, trial);
    if (trial) onTrial(trial, seen.size);
    return trial;
  };
  const first = { knobs: knobsOf(start), score: scoreOf(stages, start, goal) };
  let best: Trial = first;
  for (const from of startsFrom(first.knobs)) {
    const found = tryOut(from);
    const reached = found && descend(found, tryOut);
    if (reached && costOf(reached.score) < costOf(best.score)) best = reached;
  }
  const parameters = withKnobs(start, best.knobs) ?? start;
  return { start: first, best, parameters, trials: seen.size };
};

const descend = (from: Trial, tryOut: (knobs: Knobs) => Trial | undefined): Trial => {
  let best = from;
  for (let isMoving = true; isMoving;) {
    const before = best;
    for (const knob of KNOBS)
      for (const times of [4, -4, 1, -1])
        for (;;) {
          const next = moved(best.knobs, knob, times);
          const trial = next && tryOut(next);
          if (trial === undefined || costOf(trial.score) >= costOf(best.score)) break;
          best = trial;
        }
    isMoving = best !== before;
  }
  return best;
};

const moved = (knobs: Knobs, knob: keyof Knobs, times: number): Knobs | undefined => {
  const { by, low, high } = STEPS[knob];
  const value = Math.round((knobs[knob] + times * by) * 1e6) / 1e6;
  return value >= low && value <= high ? { ...knobs, [knob]: value } : undefined;
};
