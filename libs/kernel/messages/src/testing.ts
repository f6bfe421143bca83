export * from './testing/bad-values.ts';
export * from './testing/request-samples.ts';
export * from './testing/seeded.ts';
export * from './testing/wire-mutations.ts';
export * from './testing/wire-methods.ts';
export * from './testing/event-samples.ts';
