export * from './follow-cell.ts';
export * from './take-over.ts';
