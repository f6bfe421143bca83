import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import * as bans from './tools/house/bans.ts';
import { importProblem, KERNEL_ORDER, TYPE_ORDER } from './tools/house/rooms.ts';
import { listProjects, ROOT, roomIndex } from './tools/house/workspace.ts';

const PURE = ['libs/kernel/**/*.ts', 'libs/contexts/*/src/domain/**/*.ts'];
const TESTS = ['**/*.spec.ts', '**/*.contract.ts', '**/testing.ts', '**/testing/**/*.ts'];
const ASYNC = bans.ASYNC_ROOMS.map((path) => `${path}**`);
const rooms = roomIndex(listProjects());

/** The judgement of tools/house/rooms.ts while one writes; tools/architecture.spec.ts asks the same for the whole tree. */
const imports = {
  meta: { type: 'problem', schema: [], messages: { wrong: '{{ problem }}' } },
  create: (context) => {
    const path = context.filename.slice(ROOT.length + 1).replaceAll('\\', '/');
    const judge = (node) => {
      if (node.source?.type !== 'Literal') return;
      const problem = importProblem(path, node.source.value, rooms);
      if (problem) context.report({ node: node.source, messageId: 'wrong', data: { problem } });
    };
    return {
      ImportDeclaration: judge,
      ExportNamedDeclaration: judge,
      ExportAllDeclaration: judge,
      ImportExpression: judge,
    };
  },
};

const EVERYWHERE = [
  { selector: 'ExportDefaultDeclaration', message: 'Name what you export: no default exports.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals: no enums.' },
];
const BORDER = bans.BORDER_CALLS.map((name) => ({
  selector: `CallExpression[callee.name='${name}']`,
  message: `${name}() belongs to the border of @plinth/money: use its helpers.`,
}));
const PURE_SYNTAX = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Time is an argument.' },
];
const SYNCHRONOUS = [
  { selector: ':function[async=true]', message: 'Pure floors are synchronous.' },
  { selector: 'AwaitExpression', message: 'Pure floors are synchronous.' },
  { selector: "Identifier[name='Promise']", message: 'Pure floors are synchronous.' },
];
const syntax = (...lists) => ({ 'no-restricted-syntax': ['error', ...lists.flat()] });

export default defineConfig(
  globalIgnores(['**/dist/', '.plinth/', '.nx/', 'coverage/', '**/gen/', '**/assembly/', '**/*.js']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { '@nx': nx, plinth: { rules: { imports } } },
    // One program for the whole tree: one per project holds the kernel in memory three dozen times.
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: ROOT } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'plinth/imports': 'error',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          banTransitiveDependencies: false,
          depConstraints: [
            ...Object.entries(TYPE_ORDER).map(([type, allowed]) => ({
              sourceTag: `type:${type}`,
              onlyDependOnLibsWithTags: allowed.map((tag) => `type:${tag}`),
            })),
            ...Object.entries(KERNEL_ORDER).map(([room, allowed]) => ({
              sourceTag: `room:${room}`,
              onlyDependOnLibsWithTags: allowed.map((tag) => `room:${tag}`),
            })),
          ],
        },
      ],
      ...syntax(EVERYWHERE),
      'max-lines': ['error', bans.LIMITS.linesPerFile],
      'max-lines-per-function': ['error', bans.LIMITS.linesPerFunction],
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        // A default is for folds that look at some events of the catalogue; a union of states names every case.
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: true },
      ],
      // An async method without await keeps the promise of its port: what it throws becomes a rejection.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['libs/kernel/**/*.ts', 'libs/contexts/**/*.ts'],
    ignores: [...TESTS, `${bans.BORDER_ROOM}**`],
    rules: syntax(EVERYWHERE, BORDER),
  },
  {
    files: PURE,
    ignores: TESTS,
    rules: {
      'no-restricted-properties': [
        'error',
        ...bans.PURE_BANNED_PROPERTIES.flatMap(({ object, properties, instead }) =>
          properties.map((property) => ({ object, property, message: instead })),
        ),
      ],
      'no-restricted-globals': ['error', ...bans.PURE_BANNED_GLOBALS],
    },
  },
  {
    files: PURE,
    ignores: [...TESTS, ...ASYNC, `${bans.BORDER_ROOM}**`],
    rules: syntax(EVERYWHERE, BORDER, PURE_SYNTAX, SYNCHRONOUS),
  },
  {
    files: [`${bans.BORDER_ROOM}**/*.ts`],
    ignores: TESTS,
    rules: syntax(EVERYWHERE, PURE_SYNTAX, SYNCHRONOUS),
  },
  {
    files: ASYNC,
    ignores: TESTS,
    rules: syntax(EVERYWHERE, BORDER, PURE_SYNTAX),
  },
  { files: TESTS, rules: { 'max-lines-per-function': 'off' } },
  { files: ['tools/**/*.ts', 'apps/**/*.ts'], rules: { 'no-console': 'off' } },
);
