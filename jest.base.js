/** What unit and integration tests have in common. Relative imports carry `.ts` and resolve as they stand. */
export const base = {
  rootDir: import.meta.dirname,
  roots: ['libs', 'apps', 'tools'].map((root) => `<rootDir>/${root}`),
  testEnvironment: '<rootDir>/tools/checks/fast-environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^fast-check$': '<rootDir>/tools/checks/seeded-fast-check.js' },
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/\\.plinth/', '<rootDir>/\\.nx/'],
  cacheDirectory: '<rootDir>/.plinth/cache/jest',
};
