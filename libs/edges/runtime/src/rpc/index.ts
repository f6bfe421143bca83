export * from './callers.ts';
export * from './cell-client.ts';
export * from './inner-metadata.ts';
export * from './remote-cell.ts';
export * from './rpc-table.ts';
