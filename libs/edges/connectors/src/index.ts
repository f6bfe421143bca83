export * from './files/index.ts';
export * from './venues/index.ts';
export { bookMidSource } from './sources/book-mid.ts';
