export * from './testing/routing-workload.ts';
export * from './testing/routing-world.ts';
export * from './testing/scripted-venue.ts';
