import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/workspace.ts';
import { runNode } from './process.ts';
import type { Failure, Tally } from './tally.ts';
import { broken, sum } from './tally.ts';

export type Suite = 'unit' | 'int';

type Assertion = Readonly<{ fullName: string; status: string; failureMessages: readonly string[] }>;
type SpecFile = Readonly<{
  name: string;
  status: string;
  message: string;
  assertionResults: readonly Assertion[];
}>;

const CONFIG: Readonly<Record<Suite, string>> = { unit: 'jest.config.js', int: 'jest.int.config.js' };
const BUILD_MS = 600_000;
const TIMEOUT_MS: Readonly<Record<Suite, number>> = { unit: 1_200_000, int: 2_400_000 };

/**
 * Runs the specs of a suite whose path matches `pattern`; `onFile` hears of each spec file that has ended.
 * All of the integration tests run in two rows side by side: those that share the Kafka of the run, which
 * some of them kill, one after the other, and the others, which have servers of their own.
 */
export const runJest = async (
  suite: Suite,
  pattern: string | undefined,
  onFile: () => void,
): Promise<Tally> => {
  if (suite === 'unit' || pattern !== undefined)
    return runOne(suite, suite, pattern === undefined ? [] : [pattern], onFile);
  // Once, before: two rows that build the same at the same time would read each other's halves.
  const built = await runNode(['tools/build.ts'], { timeoutMs: BUILD_MS });
  if (built.code !== 0) return broken('build', built.stderr || built.stdout);
  const specs = globSync('{apps,libs}/**/src/**/*.int.spec.ts', { cwd: ROOT, exclude: isOfPackages });
  const [shared, own] = [specs.filter(usesKafka), specs.filter((path) => !usesKafka(path))];
  const rows = [
    runOne(suite, 'int-kafka', ['--runTestsByPath', ...shared], onFile),
    runOne(suite, 'int-own', ['--runTestsByPath', ...own], onFile),
  ];
  return sum(await Promise.all(rows));
};

const isOfPackages = (path: string): boolean => path.endsWith('node_modules');

/** Compose has a Kafka of its own; a cluster of processes takes the one of the run. */
const usesKafka = (path: string): boolean =>
  !path.includes('compose') && /kafka|testing\/cluster\.ts/i.test(readFileSync(join(ROOT, path), 'utf8'));

const runOne = async (
  suite: Suite,
  name: string,
  chosen: readonly string[],
  onFile: () => void,
): Promise<Tally> => {
  mkdirSync(join(ROOT, '.plinth/test'), { recursive: true });
  const report = join(ROOT, `.plinth/test/${name}.json`);
  rmSync(report, { force: true });
  const ended = await runNode(
    [
      ...[
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        'node_modules/jest/bin/jest.js',
      ],
      ...['--config', CONFIG[suite], '--json', '--outputFile', report, '--silent', '--passWithNoTests'],
      // A test that fails may leave something running: what the others found is told all the same.
      '--forceExit',
      ...chosen,
    ],
    {
      timeoutMs: TIMEOUT_MS[suite],
      onError: (text) => {
        for (const _ of text.matchAll(/^(PASS|FAIL) /gm)) onFile();
      },
    },
  );
  if (ended.code === undefined)
    return broken(name, `did not end in ${TIMEOUT_MS[suite] / 60_000} minutes\n${ended.stderr}`);
  const files = readReport(report);
  if (!files) return broken(name, ended.stderr || ended.stdout);
  const tally = tallyOf(files);
  if (ended.code !== 0 && tally.failures.length === 0) return broken(name, ended.stderr);
  return tally;
};

const readReport = (path: string): readonly SpecFile[] | undefined => {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { testResults: readonly SpecFile[] }).testResults;
  } catch {
    return undefined;
  }
};

const tallyOf = (files: readonly SpecFile[]): Tally => {
  const failures: Failure[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const file of files) {
    const path = file.name.slice(ROOT.length + 1);
    for (const { fullName, status, failureMessages } of file.assertionResults) {
      if (status === 'passed') passed += 1;
      else if (status === 'failed')
        failures.push({
          name: `${path} › ${fullName}`,
          details: failureMessages.map(withoutPackages).join('\n'),
        });
      else skipped.push(`${path} › ${fullName}`);
    }
    // A file that could not be loaded has no tests to fail.
    const hasFailed = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !hasFailed) failures.push({ name: path, details: file.message });
  }
  return { passed, failures, skipped };
};

/** A stack without the lines of the test runner and other packages. */
const withoutPackages = (message: string): string =>
  message
    .split('\n')
    .filter((line) => !/^\s+at .*(node_modules|node:internal|<anonymous>)/.test(line))
    .join('\n');
