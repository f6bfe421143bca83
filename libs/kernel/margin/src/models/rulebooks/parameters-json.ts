import { MarginInputError, refuse } from '../../checks.ts';

/** Bounds of one list or table of a parameter set, and of its texts. */
const ENTRIES_MAX = 1_024;
const TEXT_MAX = 64;
const WHOLE = /^-?\d{1,40}$/;

/** Tables become objects by key and whole numbers of a chain become text, so that nothing is rounded. */
export const toPlain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map)
    return Object.fromEntries([...(value as Map<string, unknown>)].map(([key, one]) => [key, toPlain(one)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toPlain(one)]));
};

/**
 * The inverse of `toPlain`, built like the pattern: every field of it and no other. Items of lists and tables
 * are built like the pattern's first. What is built otherwise is refused by its path.
 */
export const fromPlain = <T>(value: unknown, pattern: T, field: string): T =>
  revive(value, pattern, field) as T;

const revive = (value: unknown, pattern: unknown, field: string): unknown => {
  switch (typeof pattern) {
    case 'bigint':
      return typeof value === 'string' && WHOLE.test(value)
        ? BigInt(value)
        : refuse(field, `Expected a whole number as text, was ${said(value)}`);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
        ? value
        : refuse(field, `Expected a finite number, was ${said(value)}`);
    case 'string':
      return typeof value === 'string' && value.length > 0 && value.length <= TEXT_MAX
        ? value
        : refuse(field, `Expected a text of 1 to ${TEXT_MAX} characters, was ${said(value)}`);
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(field, `Expected true or false, was ${said(value)}`);
    default:
      return reviveMany(value, pattern as object, field);
  }
};

const reviveMany = (value: unknown, pattern: object, field: string): unknown => {
  if (Array.isArray(pattern)) {
    if (!Array.isArray(value)) return refuse(field, `Expected a list, was ${said(value)}`);
    bound(field, value.length);
    return value.map((item, n) => revive(item, pattern[0], `${field}[${n}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(field, `Expected an object, was ${said(value)}`);
  const given = value as Readonly<Record<string, unknown>>;
  if (pattern instanceof Map) {
    const first: unknown = (pattern as Map<string, unknown>).values().next().value;
    bound(field, Object.keys(given).length);
    return new Map(
      Object.entries(given).map(([key, one]) => [key, revive(one, first ?? 0, `${field}.${key}`)] as const),
    );
  }
  for (const key of Object.keys(given))
    if (!Object.hasOwn(pattern, key)) refuse(`${field}.${key}`, 'Expected no such field');
  return Object.fromEntries(
    Object.entries(pattern).map(([key, own]) => [key, revive(given[key], own, `${field}.${key}`)]),
  );
};

const bound = (field: string, count: number): void => {
  if (count > ENTRIES_MAX) refuse(field, `Expected at most ${ENTRIES_MAX} entries, was ${count}`);
};

const said = (value: unknown): string =>
  value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value;

export type ParametersProblem = Readonly<{ field: string; message: string }>;

/** Runs what refuses; a refusal becomes an answer. */
export const problemOf = (check: () => void): ParametersProblem | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof MarginInputError)) throw error;
    return { field: error.field, message: error.message.slice(error.field.length + 2) };
  }
};
