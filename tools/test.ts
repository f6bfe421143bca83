import type { Suite } from './checks/jest.ts';
import { runJest } from './checks/jest.ts';
import { checkFormat, checkLint, checkTypes } from './checks/sources.ts';
import type { Tally } from './checks/tally.ts';
import { sum } from './checks/tally.ts';

const USAGE = `Usage: plinth test [unit|int] [pattern]

Checks format, types and lint, then runs the unit tests and the tests against real servers.
With unit or int, only those tests; with a pattern, only the spec files whose path matches it.
The last line is "N passed, N failed".
Exit codes: 0 when nothing failed, 1 when something did, 2 on wrong usage.`;

const isTerminal = process.stderr.isTTY;

/** A line that is overwritten, on a terminal only: a pipe gets results, not progress. */
const progress = (text: string): void => {
  if (isTerminal) process.stderr.write(`\r\x1b[2K${text}`);
};

const report = (check: string, tally: Tally, startedMs: number): void => {
  progress('');
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
  console.log(`${check}: ${tally.passed} ok, ${tally.failures.length} not ok${skipped} (${seconds} s)`);
  for (const { name, details } of tally.failures)
    console.log(`\n✗ ${name}\n${details.replace(/^/gm, '    ')}\n`);
  for (const name of tally.skipped) console.log(`  skipped: ${name}`);
};

const check = async (name: string, run: () => Promise<Tally>): Promise<Tally> => {
  progress(`${name} …`);
  const startedMs = performance.now();
  const tally = await run();
  report(name, tally, startedMs);
  return tally;
};

const runSuite = (suite: Suite, pattern?: string): Promise<Tally> => {
  let files = 0;
  return check(suite, () =>
    runJest(suite, pattern, () => {
      files += 1;
      progress(`${suite}: ${files} spec files …`);
    }),
  );
};

const runAll = async (): Promise<Tally> => {
  const sources = await Promise.all([
    check('format', checkFormat),
    check('typecheck', checkTypes),
    check('lint', checkLint),
  ]);
  return sum([...sources, await runSuite('unit'), await runSuite('int')]);
};

const main = async (args: readonly string[]): Promise<number> => {
  const [suite, pattern, ...rest] = args;
  if (suite === '--help' || suite === '-h') {
    console.log(USAGE);
    return 0;
  }
  const isKnown = suite === undefined || suite === 'unit' || suite === 'int';
  if (!isKnown || rest.length > 0) {
    console.error(`Expected unit or int and at most one pattern, was: ${args.join(' ')}\n\n${USAGE}`);
    return 2;
  }
  const total = suite === undefined ? await runAll() : await runSuite(suite, pattern);
  const hasRun = total.passed + total.failures.length + total.skipped.length > 0;
  if (!hasRun) console.log(`No spec file matches ${pattern ?? suite ?? ''}.`);
  console.log(`${total.passed} passed, ${total.failures.length} failed`);
  return hasRun && total.failures.length === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
