import { houseParameters, type RiskParameters } from '@plinth/margin';
import { flatRatesFor, type FlatRates } from '../models/flat-rates.ts';
import { samplesOf, type BacktestOptions } from './backtest.ts';
import { calibrate, KNOBS, scoreOf, type Knobs, type Score } from './calibrate.ts';
import { stageOf, type Stage } from './world.ts';

const HOUR_MS = 3_600_000;

/** How one parameter set does on the sets that it may be fitted to, and on the others. */
export type SetScore = Readonly<{
  parameters: string;
  knobs: Knobs;
  calibration: Score;
  test: Score | undefined;
}>;

export type CalibrationFigures = Readonly<{
  goal: number;
  calibrationSets: readonly string[];
  testSets: readonly string[];
  trials: number;
  present: SetScore;
  found: SetScore;
  /** Flat rates that are as safe on the hourly calibration sets: those of `cross-simple`. */
  flatRates: FlatRates;
  /** The set found, to be published or tested as it is. */
  parameters: RiskParameters;
}>;

/** Searches the few numbers on the calibration sets and tests what it found on all others. */
export const calibrateOn = async (
  options: BacktestOptions,
  onTrial: (trials: number, cost: string) => void = () => undefined,
): Promise<CalibrationFigures> => {
  const start = options.parameters ?? houseParameters;
  const fitted: Stage[] = [];
  const tested: Stage[] = [];
  for await (const { folder, sample } of samplesOf(options)) {
    if (sample === undefined || sample.horizonSteps * sample.history.stepMs < options.horizonMs) continue;
    (options.calibrationSets.includes(folder.name) ? fitted : tested).push(stageOf(sample));
  }
  const { goal } = options;
  const {
    best,
    start: first,
    parameters,
    trials,
  } = calibrate(fitted, start, goal, ({ knobs, score }, n) =>
    onTrial(n, `${KNOBS.map((knob) => `${knob} ${knobs[knob]}`).join(' ')}: ${score.requirement.toFixed(4)}`),
  );
  const hourly = fitted.map(({ sample }) => sample.history).filter(({ stepMs }) => stepMs >= HOUR_MS);
  const testOf = (set: RiskParameters): Score | undefined =>
    tested.length === 0 ? undefined : scoreOf(tested, set, goal);
  return {
    goal,
    calibrationSets: fitted.map(({ sample }) => sample.history.name),
    testSets: tested.map(({ sample }) => sample.history.name),
    trials,
    present: { parameters: start.version, knobs: first.knobs, calibration: first.score, test: testOf(start) },
    found: {
      parameters: parameters.version,
      knobs: best.knobs,
      calibration: best.score,
      test: testOf(parameters),
    },
    flatRates: flatRatesFor(hourly, options.horizonMs, goal),
    parameters,
  };
};
