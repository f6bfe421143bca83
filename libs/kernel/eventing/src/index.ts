export * from './decider.ts';
export * from './envelope.ts';
export * from './event-log.ts';
export * from './fold.ts';
export * from './ports.ts';
export * from './service.ts';
