import type { Envelope, Fold } from '@plinth/eventing';
import { checkParameters, houseParameters, type RiskParameters, type StressScenario } from '@plinth/margin';
import { assert } from '@plinth/money';
import { canonicalJson, shapeProblems, type ShapeProblem } from './canonical-json.ts';
import { LIMITS } from './limits.ts';
import { optionalProblems, withOptionalShapes, type CallProbability } from './optional-parameters.ts';

/** The whole versioned set that a cell runs on; the payload of RiskParametersSet. */
export type CellParameters = Readonly<{
  margin: RiskParameters;
  call: Readonly<{
    /** From a margin call to its deadline, milliseconds. */
    graceMs: number;
    /** Earlier deadlines for accounts that are likely to default; absent: the same for all. */
    probability?: CallProbability;
  }>;
  /** What accounts and the house are stressed with; absent: the set that comes with the house. */
  stress?: readonly StressScenario[];
}>;

const SHOCK = {
  group: '',
  volMultiplier: 0,
  horizonHours: 0,
  shockFloor: 0,
  shockCap: 0,
  volShockUp: 0,
  volShockDown: 0,
  basisRate: 0,
  dailyVolumeUsd: 0,
};
const HAIRCUT = { min: 0, max: 0, dailyVolumeUsd: 0 };
const VENUE = {
  defaultProbability: 0,
  lossGivenDefault: 0,
  requirementFraction: 0,
  transferableShare: 0,
  transferHours: 0,
};

/** How the JSON is built: one item per list. */
const SHAPE: CellParameters = {
  margin: {
    version: '',
    scenarios: { spotSteps: 0, tailMultiple: 0, tailCounted: 0 },
    depegs: [{ id: '', shocks: [{ underlying: '', fraction: 0 }] }],
    blend: { all: 0, group: 0, own: 0 },
    imShockMultiplier: 0,
    shockStep: 0,
    underlyings: [{ underlying: '', ...SHOCK }],
    otherUnderlyings: SHOCK,
    haircuts: {
      volMultiplier: 0,
      horizonHours: 0,
      assets: [{ asset: '', ...HAIRCUT }],
      otherAssets: HAIRCUT,
    },
    concentration: { participation: 0, impactCoefficient: 0, maxCostFraction: 0 },
    options: { shortMinimum: 0, volTwist: 0, volTerm: 0 },
    venues: [{ venue: '', ...VENUE }],
    otherVenues: VENUE,
    custody: { transferableShare: 0, transferHours: 0 },
    coverage: { horizonHours: 0 },
    states: { callRatio: 0, hysteresis: 0 },
  },
  call: { graceMs: 0 },
};

const GRACE_MS = { min: 1_000, max: 7 * 24 * 3_600_000 } as const;

export const formatCellParameters = (parameters: CellParameters): string => canonicalJson(parameters);

export type ParsedParameters =
  | Readonly<{ parameters: CellParameters; problems?: undefined }>
  | Readonly<{ parameters?: undefined; problems: readonly [ShapeProblem, ...ShapeProblem[]] }>;

/** Reads a set from JSON; every bound that it breaks is named. */
export const parseCellParameters = (json: string): ParsedParameters => {
  const max = LIMITS.parametersJsonCharsMax;
  if (json.length > max) return refused(`Expected at most ${max} characters, was ${json.length}`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refused('Expected JSON');
  }
  value = withOptions(value);
  const [first, ...more] = shapeProblems(value, withOptionalShapes(SHAPE, value), '');
  if (first !== undefined) return { problems: [first, ...more] };
  const parameters = value as CellParameters;
  const [broken, ...others] = [
    ...checkParameters(parameters.margin).map(({ field, message }) => ({
      field: `margin.${field}`,
      message,
    })),
    ...checkGrace(parameters.call.graceMs),
    ...optionalProblems(parameters),
  ];
  return broken === undefined ? { parameters } : { problems: [broken, ...others] };
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A set from before there were charges for options has those of the house; one that charged matched vega
 * (`vegaTerm`) has the house's twists in its place.
 */
const withOptions = (value: unknown): unknown => {
  if (!isObject(value) || !isObject(value.margin)) return value;
  const { options } = value.margin;
  if (options !== undefined && !(isObject(options) && 'vegaTerm' in options)) return value;
  const minimum = isObject(options) ? { shortMinimum: options.shortMinimum } : {};
  return { ...value, margin: { ...value.margin, options: { ...houseParameters.options, ...minimum } } };
};

const refused = (message: string): ParsedParameters => ({ problems: [{ field: 'parametersJson', message }] });

const checkGrace = (graceMs: number): readonly ShapeProblem[] =>
  Number.isSafeInteger(graceMs) && graceMs >= GRACE_MS.min && graceMs <= GRACE_MS.max
    ? []
    : [
        {
          field: 'call.graceMs',
          message: `Expected an integer from ${GRACE_MS.min} to ${GRACE_MS.max}, was ${graceMs}`,
        },
      ];

const parsed = (json: string): CellParameters => {
  const { parameters, problems } = parseCellParameters(json);
  assert(
    parameters !== undefined,
    () => `Expected parameters, ${problems?.[0].field}: ${problems?.[0].message}`,
  );
  return parameters;
};

/** The parameters in force. */
export class ParametersView implements Fold {
  readonly name = 'parameters';
  readonly revision = 1;
  version = 0;
  json = '';
  position = 0n;
  current: CellParameters | undefined;

  apply(event: Envelope): void {
    if (event.type !== 'RiskParametersSet') return;
    const parameters = parsed(event.data.parametersJson);
    this.version = event.data.version;
    this.json = event.data.parametersJson;
    this.position = event.position;
    this.current = parameters;
  }

  *entries(): Iterable<readonly [string, string]> {
    if (this.version > 0) yield [`version:${this.version}`, this.json];
  }

  dump() {
    return { version: this.version, json: this.json, position: this.position };
  }

  load(state: ReturnType<ParametersView['dump']>): void {
    this.version = state.version;
    this.json = state.json;
    this.position = state.position;
    if (state.version > 0) this.current = parsed(state.json);
  }

  reset(): void {
    this.version = 0;
    this.json = '';
    this.position = 0n;
    this.current = undefined;
  }
}
