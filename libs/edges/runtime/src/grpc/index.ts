export * from './deadline.ts';
export * from './health.ts';
export * from './limits.ts';
export * from './reflection.ts';
export * from './server.ts';
export * from './status.ts';
