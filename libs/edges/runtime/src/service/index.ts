export * from './command-executor.ts';
export * from './free-runner.ts';
export * from './ids.ts';
export * from './lockstep.ts';
export { ServiceHistory } from './service-history.ts';
export * from './service-host.ts';
export * from './snapshot-keeper.ts';
export { snapshotParts } from './snapshot-parts.ts';
export * from './state-hash.ts';
