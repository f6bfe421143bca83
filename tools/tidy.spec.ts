import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foreignNames, untidy, untidyName } from './house/tidy.ts';
import { listFiles, listProjects, listSources, readText, ROOT } from './house/workspace.ts';

const TEXT = /(^|\/)(plinth|run|Dockerfile)$|\.(js|json|md|ya?ml|proto|sql|sh|html|css|csv|toml)$|^\.[a-z]+$/;

describe('The house as it stands', () => {
  it('is tidy', () => {
    const sources = listSources().map((path) => ({ path, text: readText(path) }));
    expect(sources.flatMap((source) => untidy(source))).toEqual([]);
  });

  it('speaks of itself alone', () => {
    const texts = listFiles().filter((path) => TEXT.test(path));
    expect(texts).toEqual(expect.arrayContaining(['plinth', '.npmrc', 'package-lock.json']));
    expect(texts.flatMap((path) => foreignNames({ path, text: readText(path) }))).toEqual([]);
  });

  it('has files with names that say something', () => {
    const named = listFiles().filter(
      (path) =>
        /^(libs|tools|proto|docs)\//.test(path) &&
        !/\/gen\/|^proto\/google\/|(README|FORMULAS)\.md$/.test(path),
    );
    expect(named.flatMap((path) => untidyName(path).map((problem) => `${path} ${problem}`))).toEqual([]);
  });

  it('has a README in every library', () => {
    const roots = listProjects()
      .map(({ root }) => root)
      .filter((root) => root.startsWith('libs/'));
    expect(roots.filter((root) => !existsSync(join(ROOT, root, 'README.md')))).toEqual([]);
  });
});

const KERNEL = 'libs/kernel/margin/src/a.ts';
const DOMAIN = 'libs/contexts/risk/src/domain/a.ts';
const SERVICE = 'libs/contexts/risk/src/service/a.ts';
const RUNTIME = 'libs/edges/runtime/src/a.ts';
const SPEC = 'libs/kernel/margin/src/a.spec.ts';

const lines = (count: number): string => 'f();\n'.repeat(count);
const functionOf = (count: number): string => `const f = () => {\n${lines(count - 2)}};\n`;
const SILENCED =
  '/* eslint-disable no-explicit-any -- a reason */\ntype X = any;\n/* eslint-enable no-explicit-any */';

describe('What is planted is found', () => {
  const found = (path: string, text: string): readonly string[] => untidy({ path, text });

  it.each([
    ['a clock', KERNEL, 'const t = Date.now();', 'Date.now: Time is an argument.'],
    ['a clock in a domain', DOMAIN, 'const t = new Date();', 'Date: time is an argument'],
    ['a date as text', DOMAIN, 'const t = Date();', 'Date: time is an argument'],
    ['randomness', DOMAIN, 'const r = Math.random();', 'Math.random: Randomness'],
    ['Math.exp', KERNEL, 'const y = Math.exp(x);', 'Math.exp: Engines differ'],
    ['Math.log', KERNEL, 'const y = Math.log(x);', 'Math.log: Engines differ'],
    ['Math.pow', DOMAIN, 'const y = Math.pow(x, 2);', 'Math.pow: Engines differ'],
    ['a power of doubles', KERNEL, 'const y = x ** 2;', '** on doubles'],
    ['a Promise', KERNEL, 'type X = Promise<void>;', 'pure floors are synchronous'],
    ['an async function', DOMAIN, 'const f = async () => 1;', 'pure floors are synchronous'],
    ['a timer', DOMAIN, 'setTimeout(f, 1);', 'setTimeout: pure floors'],
    ['the environment', KERNEL, 'const p = process.env;', 'process: pure floors'],
    ['the environment at the edge', RUNTIME, "const p = process.env['X'];", 'the environment: only'],
    [
      'an option that reads the environment',
      'apps/plinth/src/commands/a.ts',
      "new Option('--key <file>').env('PLINTH_KEY');",
      'the environment: only',
    ],
    ['Number()', KERNEL, 'const n = Number(text);', 'Number(): only the border'],
    [
      'parseFloat() above the domain',
      SERVICE,
      'const n = parseFloat(text);',
      'parseFloat(): only the border',
    ],
    ['an enum', RUNTIME, 'enum Side { Buy }', 'enum: use a union'],
    ['a default export', RUNTIME, 'export default 1;', 'default export'],
    ['a default function', RUNTIME, 'export default function f() {}', 'default export'],
    ['a renamed default', RUNTIME, 'export { f as default };', 'default export'],
    ['any', RUNTIME, 'const x: any = 1;', 'any'],
    ['a long line', RUNTIME, `const x = '${'x'.repeat(110)}';`, 'columns, at most 110'],
    ['a long file', RUNTIME, lines(401), '401 lines, at most 400'],
    ['a long function', RUNTIME, functionOf(71), 'function of 71 lines'],
    ['a long test', SPEC, `it('x', () => {\n${lines(70)}});`, 'function of 72 lines'],
    ['a word for later', RUNTIME, `// ${'TO'}${'DO'} later`, 'unfinished'],
    ['a silenced rule', RUNTIME, '// eslint-disable-next-line eqeqeq', 'switched off without'],
    ['a silenced file', RUNTIME, '/* eslint-disable eqeqeq -- reason */', 'never on again'],
    ['any behind its reason', RUNTIME, `${SILENCED}\nconst y: any = 1;`, ':4 any'],
    ['a test alone', SPEC, "it.only('x', f);", 'every test runs'],
    ['a test left out', SPEC, "describe.skip('x', f);", 'every test runs'],
    ['a path of a machine', RUNTIME, `const path = '/${'tmp'}/x';`, 'names the path of one machine'],
    [
      'a registry',
      RUNTIME,
      `const url = 'https://registry.${'npmjs'}.org';`,
      'names the name of a package registry',
    ],
    ['an empty name', 'libs/edges/runtime/src/utils.ts', 'f();', 'name says nothing: utils'],
    ['an empty name as a suffix', 'libs/edges/runtime/src/order.impl.ts', 'f();', 'name says nothing: impl'],
    [
      'an empty name as a word',
      'libs/edges/runtime/src/order-manager.ts',
      'f();',
      'name says nothing: manager',
    ],
    ['an empty folder', 'libs/edges/runtime/src/common/a.ts', 'f();', 'name says nothing: common'],
    ['a name in another case', 'libs/edges/runtime/src/OrderBook.ts', 'f();', 'not in kebab-case'],
  ])('%s', (_what, path, text, expected) => {
    expect(found(path, text)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['a clock at the edge', RUNTIME, 'const t = Date.now();'],
    ['a date with its time', DOMAIN, 'const t = new Date(now);'],
    ['exact maths', KERNEL, 'const y = Math.max(Math.sqrt(x), 10n ** 2n, 2 ** x);'],
    ['a field with the name of a global', DOMAIN, 'const x = { fetch: 1 }; f(x.performance);'],
    ['a Promise in a port', 'libs/kernel/eventing/src/ports.ts', 'type X = Promise<void>;'],
    ['async at a service', SERVICE, 'const f = async () => 1;'],
    ['Number() at the border', 'libs/kernel/money/src/border.ts', 'const n = Number(text);'],
    ['the environment of a program', 'apps/plinth/src/cli/environment.ts', 'f(process.env);'],
    ['the environment in a test', SPEC, 'f(process.env);'],
    ['a clock in a test', SPEC, 'const t = Date.now();'],
    ['a file of 400 lines', RUNTIME, lines(400)],
    ['a function of 70 lines', RUNTIME, functionOf(70)],
    ['a long describe', SPEC, `describe('x', () => {\nit('y', f);\n${lines(100)}});`],
    ['a default in a switch', RUNTIME, 'switch (x) { default: f(); }'],
    ['a choice between running and not', SPEC, "(hasData ? it : it.skip)('x', f);"],
    [
      'any with its reason',
      RUNTIME,
      '// eslint-disable-next-line no-explicit-any -- the library says so\ntype X = any;',
    ],
  ])('and not %s', (_what, path, text) => {
    expect(found(path, text)).toEqual([]);
  });

  it('by its line', () => {
    expect(found(KERNEL, '\n\nconst t = Date.now();')[0]).toMatch(/^libs\/kernel\/margin\/src\/a\.ts:3 /);
  });
});
