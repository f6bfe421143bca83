export * from './embedded-postgres.ts';
export * from './leader-lock.ts';
export * from './found-postgres.ts';
export * from './postgres-log.ts';
export * from './service-login.ts';
export * from './snapshot-store.ts';
export { STORAGE_FULL } from './pg-errors.ts';
