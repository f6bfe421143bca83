import { base } from './jest.base.js';

/** Unit tests: `x.spec.ts` beside the code; no server, no network. */
const unit = {
  ...base,
  displayName: 'unit',
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '\\.int\\.spec\\.ts$'],
  // A core each: by default one would stay idle.
  maxWorkers: '100%',
  // For a machine that has other work as well: no specification of time stands here.
  testTimeout: 60_000,
};

export default unit;
