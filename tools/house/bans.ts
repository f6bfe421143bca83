/**
 * What a pure floor must not call or name, and what to do instead. Read by the linter and by the tidy test.
 */
export type Ban = Readonly<{ object: string; properties: readonly string[]; instead: string }>;

const ENGINE_MATHS = [
  ...[
    'acos',
    'acosh',
    'asin',
    'asinh',
    'atan',
    'atan2',
    'atanh',
    'cbrt',
    'cos',
    'cosh',
    'exp',
    'expm1',
    'hypot',
  ],
  ...['log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh'],
];

export const PURE_BANNED_PROPERTIES: readonly Ban[] = [
  { object: 'Date', properties: ['now'], instead: 'Time is an argument.' },
  { object: 'Math', properties: ['random'], instead: 'Randomness is an argument.' },
  {
    object: 'Math',
    properties: ENGINE_MATHS,
    instead: 'Engines differ in the last bits: use the deterministic functions.',
  },
];

export const PURE_BANNED_GLOBALS: readonly string[] = [
  ...['console', 'crypto', 'fetch', 'performance', 'process', 'queueMicrotask'],
  ...['setImmediate', 'setInterval', 'setTimeout'],
];

/** Calls of these turn text or big integers into doubles; only the border of `money` may. */
export const BORDER_CALLS: readonly string[] = ['Number', 'parseFloat', 'parseInt'];

/** Where a process hands its environment on, or reads it with a schema: once for every program. */
export const ENVIRONMENT_ROOMS = /^apps\/[a-z-]+\/src\/(main|cli\/environment)\.ts$/;

/** Where `BORDER_CALLS` are at home inside the kernel and the contexts. */
export const BORDER_ROOM = 'libs/kernel/money/';

/** Files of the kernel that speak of Promises because they declare or implement the ports of the outside. */
export const ASYNC_ROOMS: readonly string[] = ['libs/kernel/eventing/src/', 'libs/kernel/market/src/ports'];

export const LIMITS = { linesPerFile: 400, linesPerFunction: 70, columns: 110 } as const;
