export * from './chart.ts';
export * from './number-text.ts';
export * from './page.ts';
export * from './svg.ts';
export { writePage } from './write-page.ts';
