import ts from 'typescript';
import * as bans from './bans.ts';
import type { Source } from './imports.ts';
import { isPure, placeOf } from './rooms.ts';

type Report = (where: ts.Node | number, problem: string) => void;

/** All that is untidy in one source, one line each: `path:line problem`. */
export const untidy = (source: Source): readonly string[] => {
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report: Report = (where, problem) => {
    const line =
      typeof where === 'number' ? where : file.getLineAndCharacterOfPosition(where.getStart(file)).line + 1;
    found.push(`${source.path}:${line} ${problem}`);
  };
  for (const problem of untidyName(source.path)) report(1, problem);
  judgeText(source.text.split('\n'), report);
  judgeTree(file, rulesFor(source), report);
  return [...found, ...foreignNames(source)];
};

const BANNED_NAMES = /^(utils?|helpers?|common|shared|manager|impl)$/;

/** What is wrong with the name of a file. */
export const untidyName = (path: string): readonly string[] => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const words = path.split('/').flatMap((part) => part.split(/[.-]/));
  const banned = words.find((word) => BANNED_NAMES.test(word));
  return [
    ...(banned === undefined ? [] : [`name says nothing: ${banned}`]),
    ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(name) ? [] : ['name is not in kebab-case']),
  ];
};

const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/(^|[\s'"`(=:])\/(work|tmp|home|Users|root)\//, 'path of one machine'],
  [
    /\b(registry\.(npmjs|yarnpkg|npmmirror)|npmjs\.(org|com)|npm\.pkg\.github)\b/,
    'name of a package registry',
  ],
];

/** Places outside the project that no file of it may name. */
export const foreignNames = ({ path, text }: Source): readonly string[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      FOREIGN.filter(([pattern]) => pattern.test(line)).map(
        ([, what]) => `${path}:${index + 1} names the ${what}`,
      ),
    );

const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);
const DISABLES = /eslint-disable|@ts-(ignore|nocheck|expect-error)/;
const DISABLES_WITH_REASON = /eslint-disable(-next-line)? \S+ -- \S|@ts-expect-error \S/;
const SWITCH = /eslint-(disable|enable) (\S+)/;

const judgeText = (lines: readonly string[], report: Report): void => {
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (count > bans.LIMITS.linesPerFile) report(1, `${count} lines, at most ${bans.LIMITS.linesPerFile}`);
  lines.forEach((line, index) => {
    if (line.length > bans.LIMITS.columns) {
      report(index + 1, `${line.length} columns, at most ${bans.LIMITS.columns}`);
    }
    if (UNFINISHED.test(line)) report(index + 1, 'unfinished: do it or leave it out');
    if (/^\s*(\/\/|\/\*)/.test(line) && DISABLES.test(line) && !DISABLES_WITH_REASON.test(line)) {
      report(index + 1, 'a rule is switched off without naming the rule and the reason');
    }
  });
  for (const rule of rulesLeftOff(lines)) report(1, `${rule} is switched off and never on again`);
};

/** Rules that are off at the end of these lines. */
const rulesLeftOff = (lines: readonly string[]): ReadonlySet<string> => {
  const off = new Set<string>();
  for (const line of lines) {
    const [, turn, rule = ''] = /^\s*(\/\/|\/\*)/.test(line) ? (SWITCH.exec(line) ?? []) : [];
    if (turn === 'disable') off.add(rule);
    if (turn === 'enable') off.delete(rule);
  }
  return off;
};

type Rule = (node: ts.Node, report: Report) => void;

const rulesFor = ({ path, text }: Source): readonly Rule[] => {
  const place = placeOf(path);
  const lines = text.split('\n');
  const rules: Rule[] = [noEnum, noDefaultExport, noLongFunction, noAny(lines)];
  if (place?.isTest) rules.push(noSingledOutTest);
  if (!place || place.isTest) return rules;
  const hasOwnEnvironment = place.type === 'tool' || bans.ENVIRONMENT_ROOMS.test(path);
  if (!isPure(place) && !hasOwnEnvironment) rules.push(noEnvironment);
  if (isPure(place)) rules.push(noImpureName, noNewDate, noEnginePower);
  if (isPure(place) && !bans.ASYNC_ROOMS.some((room) => path.startsWith(room))) rules.push(noPromise);
  const isInside = place.type === 'kernel' || place.type === 'context';
  if (isInside && !path.startsWith(bans.BORDER_ROOM)) rules.push(noBorderCall);
  return rules;
};

const judgeTree = (node: ts.Node, rules: readonly Rule[], report: Report): void => {
  for (const rule of rules) rule(node, report);
  ts.forEachChild(node, (child) => {
    judgeTree(child, rules, report);
  });
};

const noEnum: Rule = (node, report) => {
  if (ts.isEnumDeclaration(node)) report(node, 'enum: use a union of string literals');
};

const noDefaultExport: Rule = (node, report) => {
  const isDefault = node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
  const isNamedDefault = ts.isExportSpecifier(node) && node.name.text === 'default';
  if (ts.isExportAssignment(node) || isDefault || isNamedDefault)
    report(node, 'default export: name what you export');
};

/** `any` stands only under a comment that switches the linter's rule off and says why. */
const noAny =
  (lines: readonly string[]): Rule =>
  (node, report) => {
    if (node.kind !== ts.SyntaxKind.AnyKeyword) return;
    const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
    const isSwitchedOff =
      /eslint-disable-next-line \S*no-explicit-any -- /.test(lines[line - 1] ?? '') ||
      [...rulesLeftOff(lines.slice(0, line))].some((rule) => rule.endsWith('no-explicit-any'));
    if (!isSwitchedOff) report(node, 'any');
  };

/** Lines of a function from its first to its last; a chapter of tests is no function. */
const noLongFunction: Rule = (node, report) => {
  if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
  const file = node.getSourceFile();
  const first = file.getLineAndCharacterOfPosition(node.getStart()).line;
  const length = file.getLineAndCharacterOfPosition(node.end).line - first + 1;
  const most = bans.LIMITS.linesPerFunction;
  if (length > most && !isChapter(node.body)) report(node, `function of ${length} lines, at most ${most}`);
};

/** A body that registers tests: what `describe` is given, or a contract suite. */
const isChapter = (body: ts.Node): boolean =>
  placeOf(body.getSourceFile().fileName)?.isTest === true &&
  ts.isBlock(body) &&
  body.statements.some((statement) => /^(describe|it|test)\b/.test(statement.getText()));

/** A test may be skipped on a condition only, e.g. without the data that it reads. */
const noSingledOutTest: Rule = (node, report) => {
  if (!ts.isCallExpression(node)) return;
  const callee = node.expression.getText();
  const isSkipped = /^((it|test|describe)\.(skip|todo)|x(it|describe))$/.test(callee) && !isConditional(node);
  if (isSkipped || /^((it|test|describe)\.only|f(it|describe))$/.test(callee)) {
    report(node, `${callee}: every test runs, but for a condition that says why not`);
  }
};

const isConditional = (node: ts.Node): boolean =>
  ts.findAncestor(node, (each) => ts.isIfStatement(each) || ts.isConditionalExpression(each)) !== undefined;

const noImpureName: Rule = (node, report) => {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const object = node.expression.text;
    const property = node.name.text;
    const ban = bans.PURE_BANNED_PROPERTIES.find(
      (each) => each.object === object && each.properties.includes(property),
    );
    if (ban) report(node, `${object}.${property}: ${ban.instead}`);
  }
  if (ts.isIdentifier(node) && bans.PURE_BANNED_GLOBALS.includes(node.text) && isReference(node)) {
    report(node, `${node.text}: pure floors have no such global`);
  }
};

/** A name that is used as a value, and not as the name of a field or of something declared here. */
const isReference = (node: ts.Identifier): boolean => {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return ts.isCallExpression(parent) || ts.isNewExpression(parent);
};

/** Neither `process.env` nor an option of the command line that reads it by itself: `.env('NAME')`. */
const noEnvironment: Rule = (node, report) => {
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== 'env') return;
  const isCalled = ts.isCallExpression(node.parent) && node.parent.expression === node;
  if (isCalled || node.expression.getText() === 'process')
    report(node, 'the environment: only the typed configuration of a program reads it');
};

const noNewDate: Rule = (node, report) => {
  const isCreated = ts.isNewExpression(node) && !node.arguments?.length;
  const isCalled = ts.isCallExpression(node);
  if ((isCreated || isCalled) && node.expression.getText() === 'Date')
    report(node, 'Date: time is an argument');
};

/**
 * Engines differ in `**` on doubles as they do in Math.pow; on big integers and for powers of two it is
 * exact.
 */
const noEnginePower: Rule = (node, report) => {
  if (!ts.isBinaryExpression(node)) return;
  if (node.operatorToken.kind !== ts.SyntaxKind.AsteriskAsteriskToken) return;
  const isExact = [node.left, node.right].some(
    (side) =>
      ts.isBigIntLiteral(side) || (ts.isCallExpression(side) && side.expression.getText() === 'BigInt'),
  );
  if (isExact || node.left.getText() === '2') return;
  report(node, '** on doubles: engines differ in the last bits (write a bigint as 10n ** BigInt(n))');
};

const noPromise: Rule = (node, report) => {
  const isPromise = ts.isIdentifier(node) && node.text === 'Promise';
  const isAsync = node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node);
  if (isPromise || isAsync) report(node, 'Promise or async: pure floors are synchronous');
};

const noBorderCall: Rule = (node, report) => {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
  const name = node.expression.text;
  if (bans.BORDER_CALLS.includes(name))
    report(node, `${name}(): only the border of money turns text into numbers`);
};
