export * from './audit/index.ts';
export * from './config/index.ts';
export * from './log/index.ts';
export * from './rpc/index.ts';
export * from './service/index.ts';
export * from './telemetry/export.ts';
export { observeLag } from './telemetry/instruments.ts';
export * from './telemetry/logger.ts';
export * from './transport/tail-transport.ts';
