/** A bug or corrupt data: say where and stop. Never caught to go on. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stays on in production. Pass a function when building the message would cost something on a hot path. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (condition) return;
  throw new AssertionError(typeof message === 'string' ? message : message());
}
