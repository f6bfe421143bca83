import { base } from './jest.base.js';

/** Tests against real servers: `x.int.spec.ts`. One worker, so that servers do not fight for the machine. */
const integration = {
  ...base,
  displayName: 'int',
  testMatch: ['**/*.int.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  maxWorkers: 1,
  testTimeout: 120_000,
};

export default integration;
