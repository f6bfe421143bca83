import { listProjects, ROOT } from '../house/workspace.ts';
import type { Ended } from './process.ts';
import { runNode } from './process.ts';
import type { Tally } from './tally.ts';
import { broken } from './tally.ts';

const TIMEOUT_MS = 600_000;
const COMPLAINTS_SHOWN = 100;

/** One complaint about a file; the path starts at the root of the workspace. */
type Complaint = Readonly<{ path: string; text: string }>;

/** Every project passes or fails as one test; a file outside all projects belongs to the workspace. */
const judge = (check: string, complaints: readonly Complaint[]): Tally => {
  const roots = [...listProjects().map(({ root }) => root), 'tools', 'workspace'];
  const byRoot = Map.groupBy(
    complaints,
    ({ path }) => roots.find((root) => path.startsWith(`${root}/`)) ?? 'workspace',
  );
  const failures = [...byRoot].map(([root, found]) => ({
    name: `${check} ${root}`,
    details: [
      ...found.slice(0, COMPLAINTS_SHOWN).map(({ text }) => text),
      ...(found.length > COMPLAINTS_SHOWN ? [`… ${found.length - COMPLAINTS_SHOWN} more`] : []),
    ].join('\n'),
  }));
  return { passed: roots.length - failures.length, failures, skipped: [] };
};

/**
 * A program that says nothing about a file although it ended badly has broken down: that is a failure of its
 * own.
 */
const judgeEnd = (check: string, ended: Ended, complaints: readonly Complaint[]): Tally => {
  const isBroken = ended.code === undefined || (ended.code !== 0 && complaints.length === 0);
  return isBroken
    ? broken(check, `${ended.stdout}${ended.stderr}` || 'out of time')
    : judge(check, complaints);
};

export const checkTypes = async (): Promise<Tally> => {
  const cache = '.plinth/cache/typecheck.tsbuildinfo';
  const ended = await runNode(
    [
      'node_modules/typescript/bin/tsc',
      '--noEmit',
      '--pretty',
      'false',
      '--incremental',
      '--tsBuildInfoFile',
      cache,
    ],
    { timeoutMs: TIMEOUT_MS },
  );
  const complaints: Complaint[] = [];
  for (const line of ended.stdout.split('\n')) {
    const place = /^(\S[^(]*)\(\d+,\d+\): error/.exec(line);
    if (place || /^error TS/.test(line)) complaints.push({ path: place?.[1] ?? '', text: line });
  }
  return judgeEnd('typecheck', ended, complaints);
};

type LintResult = Readonly<{
  filePath: string;
  messages: readonly Readonly<{ line?: number; column?: number; message: string; ruleId: string | null }>[];
}>;

export const checkLint = async (): Promise<Tally> => {
  const ended = await runNode(['node_modules/eslint/bin/eslint.js', '--format', 'json', '.'], {
    timeoutMs: TIMEOUT_MS,
  });
  const report = /^\[.*\]$/m.exec(ended.stdout)?.[0];
  if (report === undefined) return broken('lint', `${ended.stdout}${ended.stderr}` || 'out of time');
  const complaints = (JSON.parse(report) as readonly LintResult[]).flatMap(({ filePath, messages }) => {
    const path = filePath.slice(ROOT.length + 1);
    return messages.map(({ line = 0, column = 0, message, ruleId }) => ({
      path,
      text: `${path}:${line}:${column} ${message.split('\n')[0] ?? ''} (${ruleId ?? 'parser'})`,
    }));
  });
  return judgeEnd('lint', ended, complaints);
};

export const checkFormat = async (): Promise<Tally> => {
  const ended = await runNode(['node_modules/prettier/bin/prettier.cjs', '--list-different', '.'], {
    timeoutMs: TIMEOUT_MS,
  });
  const paths = ended.stdout.split('\n').filter((path) => path !== '');
  const complaints = paths.map((path) => ({ path, text: `${path} is not formatted: run npm run format` }));
  return judgeEnd('format', ended, complaints);
};
