export * from './liquidation.ts';
export * from './weights.ts';
export { U128_MAX, U64_MAX } from './units.ts';
export * from './model.ts';
