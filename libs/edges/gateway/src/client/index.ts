export * from './gateway-client.ts';
export * from './key-file.ts';
export { gatewayCell } from './gateway-cell.ts';
export { backoffMs } from './backoff.ts';
export * from './sign-call.ts';
export * from './signing-fetch.ts';
