export * from './charges.ts';
export * from './paradex-grid.ts';
