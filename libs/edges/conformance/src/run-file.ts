import { caseId, CaseFileError, parseCaseFile, type Case, type CaseFile } from './case-file.ts';
import { compare, type Comparison, type Difference } from './comparison.ts';
import type { CaseFormat } from './format.ts';
import { FORMATS, REFUSED } from './formats/index.ts';
import { LIMITS } from './limits.ts';

export type CaseReport = Readonly<{
  id: string;
  passed: boolean;
  /** Why it could not be judged at all. */
  problem?: string;
  compared: number;
  notCompared: readonly string[];
  differences: readonly Difference[];
  worstRelativeError: number;
}>;

export type Failure = CaseReport & Readonly<{ input: unknown }>;

export type FileReport = Readonly<{
  file: string;
  format: string;
  cases: number;
  passed: number;
  failed: number;
  /** Figures that were compared. */
  compared: number;
  worstRelativeError: number;
  worstAbsoluteError: number;
  /** Case and key of the worst relative error. */
  worstAt: string;
  /** Keys of `expected` that nothing is computed for, with the number of cases. */
  notCompared: Readonly<Record<string, number>>;
  notes: readonly string[];
  results: readonly CaseReport[];
  /** The first of them, with their inputs. */
  failures: readonly Failure[];
}>;

/**
 * Judges every case of a file by the production code that its format names. Throws `CaseFileError` for
 * unknown formats.
 */
export const runCaseFile = (path: string, text: string): FileReport => {
  const file = parseCaseFile(path, text);
  const format = formatOf(file);
  const results: CaseReport[] = [];
  const failures: Failure[] = [];
  const notCompared: Record<string, number> = {};
  let [worstRelativeError, worstAbsoluteError, worstAt, compared] = [0, 0, '', 0];
  file.cases.forEach((item, i) => {
    const { comparison, report } = judge(caseId(item, i), item, file, format);
    results.push(report);
    if (!report.passed && failures.length < LIMITS.keptFailures)
      failures.push({ ...report, input: item['input'] ?? item });
    for (const key of new Set(report.notCompared.map(withoutPlaces)))
      notCompared[key] = (notCompared[key] ?? 0) + 1;
    if (!comparison) return;
    compared += comparison.compared;
    worstAbsoluteError = Math.max(worstAbsoluteError, comparison.worstAbsoluteError);
    if (comparison.worstRelativeError > worstRelativeError)
      [worstRelativeError, worstAt] = [comparison.worstRelativeError, `${report.id} ${comparison.worstPath}`];
  });
  const passed = results.filter((result) => result.passed).length;
  return {
    file: file.name,
    format: format.name,
    cases: results.length,
    passed,
    failed: results.length - passed,
    compared,
    worstRelativeError,
    worstAbsoluteError,
    worstAt,
    notCompared,
    notes: format.notes ?? [],
    results,
    failures,
  };
};

const withoutPlaces = (path: string): string => path.replaceAll(/\[\d+\]/g, '[]');

type Judgement = Readonly<{ comparison: Comparison | undefined; report: CaseReport }>;

const judge = (id: string, item: Case, file: CaseFile, format: CaseFormat): Judgement => {
  const nothing = { compared: 0, notCompared: [], differences: [], worstRelativeError: 0 };
  const expected = format.expected ? format.expected(item) : item['expected'];
  if (expected === undefined) {
    const problem = 'Expected a key "expected", was none';
    return { comparison: undefined, report: { id, passed: false, problem, ...nothing } };
  }
  let got: unknown;
  try {
    got = format.evaluate(item, file);
  } catch (error) {
    // A refusal of the production code is the answer of this case; the others are judged all the same.
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { comparison: undefined, report: { id, passed: false, problem, ...nothing } };
  }
  const comparison = compare(expected, got, format.tolerance(item, file));
  const { compared, notCompared, differences, worstRelativeError } = comparison;
  const report: CaseReport = {
    id,
    passed: compared > 0 && differences.length === 0,
    ...(compared === 0 ? { problem: 'No key of "expected" can be compared' } : {}),
    compared,
    notCompared,
    differences: differences.slice(0, LIMITS.keptDifferences),
    worstRelativeError,
  };
  return { comparison, report };
};

/** By the file's own name first, then by the keys of its cases; both have to agree with one format. */
export const formatOf = (file: CaseFile): CaseFormat => {
  const own = file.name.replace(/\.json$/i, '');
  const refused = REFUSED.find(({ name }) => own.startsWith(name));
  if (refused) throw new CaseFileError(`${file.name}: ${refused.why}`);
  const byName = FORMATS.filter(({ name }) => isNamed(own, name));
  const fitting = FORMATS.filter((format) => missingKeys(file, format).length === 0);
  const named = byName.find((format) => fitting.includes(format));
  if (named) return named;
  const [first] = byName;
  if (first)
    throw new CaseFileError(
      `${file.name}: Expected cases of ${first.name}; they lack ${missingKeys(file, first).join(', ')}`,
    );
  // Keys alone decide only between formats that name keys of the input.
  const [only, ...others] = fitting.filter(({ keys }) => keys.some((key) => key.includes('.')));
  if (only && others.length === 0) return only;
  const known = FORMATS.map(({ name }) => name).join(', ');
  throw new CaseFileError(`${file.name}: Unknown format. Expected the name of one of: ${known}`);
};

/**
 * `06-options-bsm-haug.json`, a part of it such as `06-options-bsm-haug-2.json`, or the same without its
 * number.
 */
const isNamed = (own: string, format: string): boolean =>
  own.startsWith(format) || own.includes(format.replace(/^\d+[a-z]?-/, ''));

const missingKeys = ({ cases }: CaseFile, { keys }: CaseFormat): readonly string[] =>
  keys.filter((key) => !cases.some((item) => hasPath(item, key.split('.'))));

const hasPath = (value: unknown, [key, ...rest]: readonly string[]): boolean => {
  if (key === undefined) return true;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? hasPath((value as Record<string, unknown>)[key], rest)
    : false;
};
