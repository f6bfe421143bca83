import { InvalidArgumentError } from 'commander';
import { readFileSync, statSync } from 'node:fs';

/** One scenario as the wire has it. */
type Scenario = Readonly<{
  id: string;
  source: string;
  moves: readonly Readonly<{ underlying: string; move: string }>[];
  otherMove: string;
  volatilityMove: string;
  failedVenues: readonly string[];
}>;

const BYTES_MAX = 1_000_000;
const FIELDS = ['id', 'source', 'moves', 'otherMove', 'volatilityMove', 'failedVenues'];

const wrong = (path: string, field: string, expected: string): never => {
  throw new InvalidArgumentError(`${path}: ${field}: Expected ${expected}.`);
};

/**
 * A file of stress scenarios: a JSON list of
 * `{"id": "x", "moves": {"BTC": -0.3}, "otherMove": -0.4, "volatilityMove": 1, "failedVenues": ["alpha"]}`,
 * of which only the id must be there. Fractions are relative: −0.3 is a fall by 30 %.
 */
export const scenarioFile = (path: string): readonly Scenario[] => {
  const value = parsed(path);
  if (!Array.isArray(value) || value.length === 0) return wrong(path, 'file', 'a list of scenarios');
  return value.map((one: unknown, n) => scenarioOf(path, one, `scenarios[${n}]`));
};

/** The same with exactly one. */
export const oneScenario = (path: string): Scenario => {
  const [first, ...others] = scenarioFile(path);
  return first === undefined || others.length > 0 ? wrong(path, 'file', 'a list of one scenario') : first;
};

const parsed = (path: string): unknown => {
  try {
    if (statSync(path).size > BYTES_MAX) wrong(path, 'file', `at most ${BYTES_MAX} bytes`);
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    throw new InvalidArgumentError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const scenarioOf = (path: string, value: unknown, at: string): Scenario => {
  if (!isRecord(value)) return wrong(path, at, 'an object');
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return wrong(path, `${at}.${unknown}`, `one of ${FIELDS.join(', ')}`);
  const { id, source = '', moves = {}, failedVenues = [] } = value;
  if (typeof id !== 'string') return wrong(path, `${at}.id`, 'a text');
  if (typeof source !== 'string') return wrong(path, `${at}.source`, 'a text');
  if (!isRecord(moves)) return wrong(path, `${at}.moves`, 'an object like {"BTC": -0.3}');
  const isNames = Array.isArray(failedVenues) && failedVenues.every((one) => typeof one === 'string');
  if (!isNames) return wrong(path, `${at}.failedVenues`, 'a list of venue ids');
  return {
    ...{ id, source, failedVenues },
    moves: Object.entries(moves).map(([underlying, move]) => ({
      underlying,
      move: fraction(path, move, `${at}.moves.${underlying}`),
    })),
    otherMove: fraction(path, value['otherMove'] ?? 0, `${at}.otherMove`),
    volatilityMove: fraction(path, value['volatilityMove'] ?? 0, `${at}.volatilityMove`),
  };
};

/** As the wire wants it, without an exponent; the broker checks its bounds. */
const fraction = (path: string, value: unknown, field: string): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !(Math.abs(value) <= 1_000)) return wrong(path, field, 'a number');
  return value.toFixed(8);
};
