export * from './gateway-client.ts';
export * from './key-file.ts';
