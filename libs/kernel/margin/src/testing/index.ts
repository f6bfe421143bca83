export * from './random.ts';
export * from './random-book.ts';
