export * from './decider-spec.ts';
export * from './fold-restores.ts';
export * from './log-requests.ts';
export * from './log-traffic.ts';
export * from './memory-snapshots.ts';
export * from './service-spec.ts';
