export * from './cost-curve.ts';
export * from './ids.ts';
export * from './ledger-account.ts';
export * from './limits.ts';
export * from './mark-tolerance.ts';
export * from './nouns.ts';
export * from './ports.ts';
export * from './settlement.ts';
