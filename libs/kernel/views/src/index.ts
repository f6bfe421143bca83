export * from './canonical.ts';
export * from './ledger.ts';
export * from './limits.ts';
export * from './marks.ts';
export * from './orders.ts';
export * from './pools.ts';
export * from './positions.ts';
export * from './reference.ts';
