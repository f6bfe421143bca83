export * from './cell-client.ts';
export * from './rpc-table.ts';
