export * from './auth/key-directory.ts';
export * from './auth/nonce-store.ts';
export * from './auth/secret-seal.ts';
export * from './auth/signing.ts';
export * from './client/index.ts';
export * from './policy/rate-limits.ts';
export * from './proofs/proof-source.ts';
export * from './server/gateway-server.ts';
export { runGateway } from './run-gateway.ts';
