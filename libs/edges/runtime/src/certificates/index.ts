export * from './authority.ts';
export * from './certificate-directory.ts';
