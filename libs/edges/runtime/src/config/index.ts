export * from './cells.ts';
export * from './config.ts';
export * from './settings.ts';
export * from './process-files.ts';
