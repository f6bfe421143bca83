export * from './assert.ts';
export * from './border.ts';
export * from './decimal.ts';
export * from './interest.ts';
export * from './limits.ts';
export * from './money.ts';
export { InvalidNumber, canonicalText, formatUnits, powerOfTen, unitsOf } from './number-text.ts';
export * from './quantity.ts';
export * from './rounding.ts';
