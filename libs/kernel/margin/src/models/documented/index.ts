export * from './charges.ts';
export { deribit, type DeribitParameters, type DeribitTerms } from './deribit.ts';
export { okx, type OkxParameters, type OkxTerms } from './okx.ts';
export { paradex, type ParadexParameters, type ParadexTerms } from './paradex.ts';
export * from './paradex-grid.ts';
