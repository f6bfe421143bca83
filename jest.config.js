import { base } from './jest.base.js';

/** Unit tests: `x.spec.ts` beside the code; no server, no network. */
const unit = {
  ...base,
  displayName: 'unit',
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '\\.int\\.spec\\.ts$'],
  // A core each: by default one would stay idle.
  maxWorkers: '100%',
};

export default unit;
