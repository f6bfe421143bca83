export * from './testing/routing-workload.ts';
