import { houseTails, scenarioProblems, type StressScenario, type TailParameters } from '@plinth/margin';
import type { ShapeProblem } from './canonical-json.ts';

/**
 * How the probability of default shortens a margin call: up to `threshold` the deadline is what it is for
 * all; beyond it graceMs · threshold / probability, but not under `graceMsMin`.
 */
export type CallProbability = TailParameters &
  Readonly<{
    /** 0 to 1. */
    threshold: number;
    graceMsMin: number;
  }>;

/** What a fresh cell begins with: only accounts more likely to default than one in four hear earlier. */
export const houseCallProbability: CallProbability = {
  ...houseTails,
  threshold: 0.25,
  graceMsMin: 60_000,
};

const SCENARIO: StressScenario = {
  ...{ id: '', source: '', moves: [{ underlying: '', fraction: 0 }] },
  ...{ otherMove: 0, volatilityMove: 0, failedVenues: [''] },
};

type Blocks = Readonly<{
  call: Readonly<{ graceMs: number; probability?: CallProbability }>;
  stress?: readonly StressScenario[];
}>;

const has = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);

/** The shape of a set, with the blocks that it may have where it has them. */
export const withOptionalShapes = <T extends Blocks>(shape: T, value: unknown): T => {
  const call = has(value, 'call') ? (value as Readonly<Record<string, unknown>>)['call'] : undefined;
  return {
    ...shape,
    call: has(call, 'probability') ? { ...shape.call, probability: houseCallProbability } : shape.call,
    ...(has(value, 'stress') ? { stress: [SCENARIO] } : {}),
  };
};

/** Bounds of these blocks. */
export const optionalProblems = ({ call, stress }: Blocks): readonly ShapeProblem[] => [
  ...(call.probability === undefined ? [] : probabilityProblems(call.probability)),
  ...(stress === undefined ? [] : scenarioProblems(stress, 'stress')),
];

const probabilityProblems = (of: CallProbability): readonly ShapeProblem[] => {
  const within = (name: keyof CallProbability, min: number, max: number, isWhole = false): ShapeProblem[] =>
    of[name] >= min && of[name] <= max && (!isWhole || Number.isSafeInteger(of[name]))
      ? []
      : [
          {
            field: `call.probability.${name}`,
            message: `Expected ${isWhole ? 'an integer' : 'a number'} from ${min} to ${max}, was ${of[name]}`,
          },
        ];
  return [
    ...within('threshold', 1e-4, 1),
    ...within('graceMsMin', 1_000, 7 * 24 * 3_600_000, true),
    ...within('degreesOfFreedom', 3, 100, true),
    ...within('volatilityOfVolatility', 0, 20),
  ];
};
