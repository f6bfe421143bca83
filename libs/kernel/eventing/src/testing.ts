export * from './decider-spec.ts';
export * from './log-requests.ts';
export * from './log-traffic.ts';
